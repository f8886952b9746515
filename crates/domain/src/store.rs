//! What the domain knows of failing infrastructure: whether it failed, and whether something may have happened.

use std::error::Error;

/// A cause that the domain carries along for the log and never looks into.
pub type Cause = Box<dyn Error + Send + Sync>;

/// The store failed. Never shown to a client beyond "try again".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached or is overloaded; surely nothing was written.
    #[error("the store is unavailable and nothing was written")]
    Unavailable(#[source] Cause),
    /// The connection was lost while a transaction was being committed: it may or may not have happened.
    #[error("the outcome of the transaction is unknown")]
    OutcomeUnknown(#[source] Cause),
    /// The store holds something that must not be there, or refused a statement that must not fail: a bug.
    #[error("the store answered something impossible")]
    Corrupt(#[source] Cause),
}
