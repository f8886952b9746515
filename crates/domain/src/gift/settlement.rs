//! The rule that settles a gift: pure, decided on facts that do not move while it thinks.

use chrono::{DateTime, Utc};

use super::{CatalogueGift, Category, GiftKey, GiftOrder, Quantity, SizeClass, UnitPrice};
use crate::{
    id::{GiftId, UserId},
    money::{BasisPoints, Coins, Diamonds},
    store::StoreError,
};

/// What the ledger knows of a sender or receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    /// What he can spend.
    pub balance: Coins,
    /// Whether he is banned.
    pub is_banned: bool,
    /// Tokens of another epoch are no longer good.
    pub token_epoch: i32,
}

/// The facts that a gift is decided on. The sender's balance is locked until the decision is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftContext {
    /// The sender, if there is such a user.
    pub sender: Option<Party>,
    /// The receiver, if there is such a user.
    pub receiver: Option<Party>,
    /// The entry of the catalogue, if there is one, active or not.
    pub gift: Option<CatalogueGift>,
}

/// What a settled gift changes. The adapter applies it and adds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftPosting {
    /// Whose coins are taken.
    pub sender: UserId,
    /// Whose diamonds are given.
    pub receiver: UserId,
    /// The entry of the catalogue.
    pub gift: GiftKey,
    /// Its name at this time.
    pub gift_name: String,
    /// Its category at this time.
    pub category: Category,
    /// Its price at this time.
    pub price: UnitPrice,
    /// How many pieces.
    pub quantity: Quantity,
    /// The receiver's part at this time.
    pub host_share: BasisPoints,
    /// How large its animation is.
    pub size_class: SizeClass,
    /// What the sender pays.
    pub total: Coins,
    /// What the receiver earns.
    pub host_income: Diamonds,
    /// What the sender has left.
    pub balance_after: Coins,
}

/// The proof of a sent gift. A repeated request gets the same one again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiftReceipt {
    /// The row of the gift.
    pub gift_id: GiftId,
    /// How many pieces.
    pub quantity: Quantity,
    /// What the sender paid.
    pub total: Coins,
    /// What the receiver earned.
    pub host_income: Diamonds,
    /// What the sender had left at that time.
    pub balance_after: Coins,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
}

/// Why a gift is not sent, in the order in which the reasons are looked for: two at once give the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GiftRefusal {
    /// There is no such sender (any more).
    #[error("there is no such sender")]
    UnknownSender,
    /// The sender was banned meanwhile.
    #[error("the sender is banned")]
    SenderBanned,
    /// The sender has logged out everywhere, or changed his password, since he got the token that he asks with.
    #[error("the sender's token is no longer good")]
    SenderLoggedOut,
    /// The key was used for another content before.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// The catalogue has no such gift, or it is not on sale.
    #[error("the gift is not in the catalogue")]
    UnknownGift,
    /// The sender's screen showed another price.
    #[error("the gift costs {} coins", current.value())]
    PriceChanged {
        /// What it costs now.
        current: UnitPrice,
    },
    /// There is no such receiver, or he is banned.
    #[error("there is no such receiver")]
    UnknownReceiver,
    /// The sender cannot pay.
    #[error("{needed} coins are needed and {available} are there")]
    InsufficientBalance {
        /// What the gift costs.
        needed: Coins,
        /// What the sender has.
        available: Coins,
    },
}

/// Why no gift was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendGiftError {
    /// The domain said no; nothing moved.
    #[error(transparent)]
    Refused(#[from] GiftRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether the sender may ask at all, for a new gift or for the answer to an earlier request.
///
/// # Errors
/// [`GiftRefusal::UnknownSender`], [`GiftRefusal::SenderBanned`] or [`GiftRefusal::SenderLoggedOut`].
pub fn admit(order: &GiftOrder, sender: Option<Party>) -> Result<Party, GiftRefusal> {
    let sender = sender.ok_or(GiftRefusal::UnknownSender)?;
    if sender.is_banned {
        return Err(GiftRefusal::SenderBanned);
    }
    if order.token_epoch().is_some_and(|epoch| epoch != sender.token_epoch) {
        return Err(GiftRefusal::SenderLoggedOut);
    }
    Ok(sender)
}

/// Decides a gift.
///
/// # Errors
/// [`GiftRefusal`], in the order of its variants.
pub fn settle(order: &GiftOrder, facts: &GiftContext) -> Result<GiftPosting, GiftRefusal> {
    let sender = admit(order, facts.sender)?;
    let gift = facts.gift.as_ref().filter(|gift| gift.is_active).ok_or(GiftRefusal::UnknownGift)?;
    if order.stated_price().is_some_and(|stated| stated != gift.price) {
        return Err(GiftRefusal::PriceChanged { current: gift.price });
    }
    if facts.receiver.is_none_or(|receiver| receiver.is_banned) {
        return Err(GiftRefusal::UnknownReceiver);
    }
    let total = gift.price.times(order.quantity());
    let insufficient = GiftRefusal::InsufficientBalance { needed: total, available: sender.balance };
    let balance_after = sender.balance.checked_sub(total).ok_or(insufficient)?;
    Ok(GiftPosting {
        sender: order.sender(),
        receiver: order.receiver(),
        gift: gift.key.clone(),
        gift_name: gift.name.clone(),
        category: gift.category,
        price: gift.price,
        quantity: order.quantity(),
        host_share: gift.host_share,
        size_class: gift.size_class,
        total,
        host_income: total.share(gift.host_share),
        balance_after,
    })
}

#[cfg(test)]
mod tests;
