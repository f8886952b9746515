//! What the rules about coins need from outside.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    CoinContext, CoinError, CoinOrder, CoinPosting, CoinReceipt, CoinRefusal, ExchangeContext, ExchangeError,
    ExchangeOrder, ExchangePosting, ExchangeReceipt, ExchangeRefusal,
};
use crate::{
    decision::Decision,
    id::{ExchangeId, UserId},
    money::{Coins, Diamonds},
    page::{Page, PageRequest},
    store::StoreError,
};

/// The rule that decides a change of coins, bound to one wish.
pub type CoinDecision = Decision<CoinContext, CoinPosting, CoinRefusal>;

/// Moves coins atomically, other than by gifts.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait CoinLedger: Send + Sync {
    /// Loads the [`CoinContext`] of `wish` under lock, calls `decide` once an attempt, and posts its
    /// [`CoinPosting`] as one movement, all in one transaction, stamped `at`.
    ///
    /// - MUST move nothing when `decide` refuses, and keep the refusal under a key that the client
    ///   [chose](crate::idempotency::RequestKey::is_chosen).
    /// - MUST write the wish's [line](CoinOrder::entry) of the audit log with the movement.
    /// - MUST answer the first outcome again for a repeated key with equal content, without calling `decide`, and
    ///   [`CoinRefusal::KeyReused`] for other content.
    /// - MUST let exactly one of several wishes at once win where the balance suffices for one only.
    ///
    /// # Errors
    /// [`CoinError::Refused`] from `decide` or for a reused key, [`CoinError::Store`] otherwise.
    async fn change(&self, wish: CoinOrder, at: DateTime<Utc>, decide: CoinDecision) -> Result<CoinReceipt, CoinError>;
}

/// The rule that decides an exchange, bound to one order.
pub type ExchangeDecision = Decision<ExchangeContext, ExchangePosting, ExchangeRefusal>;

/// Turns diamonds into coins atomically.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait ExchangeLedger: Send + Sync {
    /// Loads the [`ExchangeContext`] of `order` with its host under lock, calls `decide` once an attempt, and posts its
    /// [`ExchangePosting`], diamonds and coins, all in one transaction, stamped `at`.
    ///
    /// - MUST move nothing when `decide` refuses, and keep the refusal under a key that the client
    ///   [chose](crate::idempotency::RequestKey::is_chosen), unless it is about the host or the key himself: that may
    ///   change without another request being made.
    /// - MUST write nothing when it is cancelled or fails, but for [`StoreError::OutcomeUnknown`]; failures roll back,
    ///   refusals do not.
    /// - MUST answer the first outcome again for a repeated key with equal content, without calling `decide`, and
    ///   [`ExchangeRefusal::KeyReused`] for other content.
    /// - MUST let exactly one of several orders at once win where the diamonds suffice for one only.
    ///
    /// # Errors
    /// [`ExchangeError::Refused`] from `decide` or for a reused key, [`ExchangeError::Store`] otherwise.
    async fn exchange(
        &self,
        order: ExchangeOrder,
        at: DateTime<Utc>,
        decide: ExchangeDecision,
    ) -> Result<ExchangeReceipt, ExchangeError>;
}

/// Diamonds that became coins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// Its row.
    pub id: ExchangeId,
    /// What was taken.
    pub diamonds: Diamonds,
    /// What was given.
    pub coins: Coins,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Reads what was exchanged.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait ExchangeHistory: Send + Sync {
    /// What `host` exchanged, newest first; nothing for an unknown host.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn exchanges(&self, host: UserId, page: PageRequest) -> Result<Page<Exchange>, StoreError>;
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
    ///   an exchange without exactly its diamonds and its coins, a kept receipt without its row, and a ledger whose entries do not
    ///   add up to zero.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn discrepancies(&self) -> Result<Vec<Discrepancy>, StoreError>;
}
