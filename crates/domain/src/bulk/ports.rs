//! What filling a database needs from outside.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    gift::{GiftContext, GiftOrder, GiftPosting, GiftRefusal, SendGiftError},
    store::StoreError,
    user::NewUser,
    wallet::{CoinChange, CoinContext, CoinError, CoinOrder, CoinPosting, CoinRefusal},
};

/// The rule that decides each of many gifts.
pub type GiftRule = fn(&GiftOrder, &GiftContext) -> Result<GiftPosting, GiftRefusal>;

/// The rule that decides each of many changes of coins.
pub type CoinRule = fn(CoinChange, &CoinContext) -> Result<CoinPosting, CoinRefusal>;

/// Writes what many wishes come to, the same rows as if they had been fulfilled one by one.
///
/// All or nothing: a method that fails wrote nothing, but for [`StoreError::OutcomeUnknown`]. It is never tried again.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait BulkBooks: Send + Sync {
    /// Whether there is no user, and so nothing that a user did.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn is_empty(&self) -> Result<bool, StoreError>;

    /// Stores new users. One whose id or phone number is taken is an error like any other.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn insert_users(&self, users: &[NewUser]) -> Result<(), StoreError>;

    /// Decides the wishes in their order, each on the balance that those before it left, and posts them in one
    /// transaction, each stamped with its own instant.
    ///
    /// - MUST write what a [`CoinLedger`](crate::wallet::CoinLedger) writes for the same wishes, and nothing when one is
    ///   refused.
    ///
    /// # Errors
    /// [`CoinError::Refused`] with the first refusal, [`CoinError::Store`] otherwise, also for a key that is taken.
    async fn change_coins(&self, wishes: &[(DateTime<Utc>, CoinOrder)], rule: CoinRule) -> Result<(), CoinError>;

    /// Decides the orders in their order, each on the balance that those before it left, and posts them in one
    /// transaction, each stamped with its own instant.
    ///
    /// - MUST write what a [`GiftLedger`](crate::gift::GiftLedger) writes for the same orders, and nothing when one is
    ///   refused; but for the totals, which are to be
    ///   [made anew](crate::ranking::GiftTotals::rebuild) when all is written.
    ///
    /// # Errors
    /// [`SendGiftError::Refused`] with the first refusal, [`SendGiftError::Store`] otherwise, also for a key that is taken.
    async fn settle(&self, orders: &[(DateTime<Utc>, GiftOrder)], rule: GiftRule) -> Result<(), SendGiftError>;

    /// Tells the store that all is written: it may look once through what it has, so that the first reports are as quick
    /// as the later ones.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn settle_down(&self) -> Result<(), StoreError>;
}
