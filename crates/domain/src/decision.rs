//! *Decide purely, post atomically*: how a rule reaches the transaction that it governs.
//!
//! A port that moves money has **one** method, which takes the wish and a [`Decision`]. The adapter opens a
//! transaction, locks and loads the facts `C`, calls the decision, and applies the posting `P` or keeps the refusal
//! `E`. Nothing above the adapter can forget to commit, and nothing inside it contains a rule. Because the decision is
//! an owned value, an adapter may also collect several wishes and decide them, one after the other, in one
//! transaction (docs/adr/0002-atomic-port-with-decision.md).

/// A rule to be applied while the facts it reads are locked. Pure; may be called again when a transaction is retried.
///
/// An alias and not spelled out in the traits: `async_trait` would tie the closure's borrow to the method's lifetime.
pub type Decision<C, P, E> = Box<dyn Fn(&C) -> Result<P, E> + Send + Sync>;
