//! What the rules about gifts need from outside.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    CatalogueContext, CatalogueError, CatalogueGift, CatalogueOrder, CataloguePosting, CatalogueRefusal, GiftContext,
    GiftOrder, GiftPosting, GiftReceipt, GiftRefusal, SendGiftError,
};
use crate::{
    decision::Decision,
    id::{GiftId, UserId},
    money::Coins,
    page::{Page, PageRequest},
    store::StoreError,
    time::Span,
};

/// The rule that decides a gift, bound to one order.
pub type GiftDecision = Decision<GiftContext, GiftPosting, GiftRefusal>;

/// Settles gifts atomically.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait GiftLedger: Send + Sync {
    /// Loads the [`GiftContext`] of `order` under lock, calls `decide` once an attempt, and posts its
    /// [`GiftPosting`], all in one transaction, stamped `at`. Order and decision are owned, so that an adapter may collect several
    /// of them and decide them one after the other in one transaction.
    ///
    /// - MUST move no money when `decide` refuses, and keep the refusal under a key that the client
    ///   [chose](crate::idempotency::RequestKey::is_chosen), unless it is about the sender or the key himself: that may
    ///   change without another request being made.
    /// - MUST write everything or nothing when nobody waits for the answer any more, and nothing when it fails, but for
    ///   [`StoreError::OutcomeUnknown`]; failures roll back, refusals do not.
    /// - MUST settle the other orders that it has gathered when one of them fails.
    /// - MUST ask [`admit`](super::admit) before it answers from a key.
    /// - MUST answer the first outcome again for a repeated key with equal content, without calling `decide`, and
    ///   [`GiftRefusal::KeyReused`] for other content.
    /// - MUST let exactly one of several orders at once win where the balance suffices for one only.
    ///
    /// # Errors
    /// [`SendGiftError::Refused`] from `decide` or for a reused key, [`SendGiftError::Store`] otherwise.
    async fn settle(
        &self,
        order: GiftOrder,
        at: DateTime<Utc>,
        decide: GiftDecision,
    ) -> Result<GiftReceipt, SendGiftError>;
}

/// The rule that decides a change of the catalogue, bound to one order.
pub type CatalogueDecision = Decision<CatalogueContext, CataloguePosting, CatalogueRefusal>;

/// Keeps the catalogue. Whoever sends a gift reads its entry in his own transaction, so that a change holds for the next gift
/// on every server.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait GiftCatalogue: Send + Sync {
    /// What can be sent, in the catalogue's order.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn active(&self) -> Result<Vec<CatalogueGift>, StoreError>;

    /// Every entry, on sale or not, in the catalogue's order.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn all(&self) -> Result<Vec<CatalogueGift>, StoreError>;

    /// Loads the [`CatalogueContext`] of `order` under lock, calls `decide` once an attempt, and writes its
    /// [`CataloguePosting`], all in one transaction. Returns the posting.
    ///
    /// - MUST write the order's [line](CatalogueOrder::entry) of the audit log with the change, and nothing at all when `decide`
    ///   refuses, or when what it decides [changes nothing](CataloguePosting::is_change).
    /// - MUST let changes pass one after the other: none is decided on an entry that another is about to change.
    /// - MUST NOT make gifts wait, or wait for them.
    ///
    /// # Errors
    /// [`CatalogueError::Refused`] from `decide`, [`CatalogueError::Store`] otherwise.
    async fn edit(
        &self,
        order: CatalogueOrder,
        at: DateTime<Utc>,
        decide: CatalogueDecision,
    ) -> Result<CataloguePosting, CatalogueError>;
}

/// A gift that a host received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// The row of the gift.
    pub gift_id: GiftId,
    /// Its name at the time.
    pub gift_name: String,
    /// What its sender paid.
    pub total: Coins,
    /// The sender's name, now.
    pub sender_name: String,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
}

/// What a host received within a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contributions {
    /// A page of it, newest first.
    pub page: Page<Contribution>,
    /// The coins of the whole span, not of the page.
    pub total: Coins,
}

/// Reads what was sent.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait GiftHistory: Send + Sync {
    /// What `host` received within `span`; nothing for an unknown host.
    ///
    /// - MUST total the whole span whatever the page.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn contributions(&self, host: UserId, span: Span, page: PageRequest) -> Result<Contributions, StoreError>;
}
