//! What the rules about coins need from outside.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{CoinGrant, GrantContext, GrantError, GrantPosting, GrantReceipt, GrantRefusal};
use crate::{decision::Decision, store::StoreError};

/// The rule that decides a grant, bound to one wish.
pub type GrantDecision = Decision<GrantContext, GrantPosting, GrantRefusal>;

/// Moves coins atomically, other than by gifts.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait CoinLedger: Send + Sync {
    /// Loads the [`GrantContext`] of `wish` under lock, calls `decide` once an attempt, and posts its
    /// [`GrantPosting`] as one movement, all in one transaction, stamped `at`.
    ///
    /// - MUST move nothing when `decide` refuses, and keep the refusal under the wish's key.
    /// - MUST answer the first outcome again for a repeated key with equal content, without calling `decide`, and
    ///   [`GrantRefusal::KeyReused`] for other content.
    ///
    /// # Errors
    /// [`GrantError::Refused`] from `decide` or for a reused key, [`GrantError::Store`] otherwise.
    async fn grant(
        &self,
        wish: CoinGrant,
        at: DateTime<Utc>,
        decide: GrantDecision,
    ) -> Result<GrantReceipt, GrantError>;
}

/// Something that must not be: a line of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discrepancy {
    /// Which proof failed.
    pub proof: String,
    /// What it failed on, such as `user 12345678`.
    pub subject: String,
    /// By how much; the unit depends on the proof.
    pub difference: i64,
}

/// Proves the books.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait MoneyAudit: Send + Sync {
    /// Everything in the books that must not be, in one consistent snapshot; nothing when all is well.
    ///
    /// - MUST find a balance that differs from the movements and gifts behind it, a gift without exactly its income,
    ///   and a ledger whose entries do not add up to zero.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn discrepancies(&self) -> Result<Vec<Discrepancy>, StoreError>;
}
