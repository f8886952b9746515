//! The wish to send a gift.

use super::{GiftKey, UnitPrice};
use crate::{id::UserId, idempotency::RequestKey};

/// The most pieces of one order.
pub const QUANTITY_MAX: u16 = 9_999;

/// How many pieces, `1..=`[`QUANTITY_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(u16);

/// Outside the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quantity lies between 1 and {QUANTITY_MAX}")]
pub struct InvalidQuantity;

impl Quantity {
    /// One piece.
    pub const ONE: Self = Self(1);

    /// A quantity.
    ///
    /// # Errors
    /// [`InvalidQuantity`] outside the range.
    pub fn parse(pieces: i64) -> Result<Self, InvalidQuantity> {
        u16::try_from(pieces).ok().filter(|pieces| (1..=QUANTITY_MAX).contains(pieces)).map(Self).ok_or(InvalidQuantity)
    }

    /// The number of pieces.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }
}

/// A parsed wish to send a gift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftOrder {
    sender: UserId,
    receiver: UserId,
    gift: GiftKey,
    quantity: Quantity,
    stated_price: Option<UnitPrice>,
    key: RequestKey,
    token_epoch: Option<i32>,
}

/// Why a wish is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrder {
    /// Nobody gives to himself.
    #[error("a gift to oneself")]
    SelfGift,
}

impl GiftOrder {
    /// A wish of `sender`; `stated_price` is the price of one piece that his screen showed.
    ///
    /// # Errors
    /// [`InvalidOrder::SelfGift`].
    pub fn new(
        sender: UserId,
        receiver: UserId,
        gift: GiftKey,
        quantity: Quantity,
        stated_price: Option<UnitPrice>,
        key: RequestKey,
    ) -> Result<Self, InvalidOrder> {
        if sender == receiver {
            return Err(InvalidOrder::SelfGift);
        }
        Ok(Self { sender, receiver, gift, quantity, stated_price, key, token_epoch: None })
    }

    /// The same wish, made with a token of this epoch: it is fulfilled only while such tokens of the sender are good.
    #[must_use]
    pub const fn with_token_epoch(mut self, epoch: i32) -> Self {
        self.token_epoch = Some(epoch);
        self
    }

    /// Who pays.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.sender
    }

    /// Who earns.
    #[must_use]
    pub const fn receiver(&self) -> UserId {
        self.receiver
    }

    /// What is given.
    #[must_use]
    pub const fn gift(&self) -> &GiftKey {
        &self.gift
    }

    /// How many pieces.
    #[must_use]
    pub const fn quantity(&self) -> Quantity {
        self.quantity
    }

    /// The price of one piece that the sender saw, if he stated one.
    #[must_use]
    pub const fn stated_price(&self) -> Option<UnitPrice> {
        self.stated_price
    }

    /// The epoch of the token that the wish was made with, where it was made with one.
    #[must_use]
    pub const fn token_epoch(&self) -> Option<i32> {
        self.token_epoch
    }

    /// The key under which this wish is fulfilled at most once.
    #[must_use]
    pub const fn key(&self) -> &RequestKey {
        &self.key
    }

    /// The content in one unambiguous line: two orders with the same key must have the same.
    #[must_use]
    pub fn content(&self) -> String {
        let price = self.stated_price.map_or_else(|| "-".to_owned(), |price| price.value().to_string());
        format!("gift to={} price={price} quantity={} key={}", self.receiver, self.quantity.value(), self.gift.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(sender: i64, receiver: i64) -> Result<GiftOrder, InvalidOrder> {
        GiftOrder::new(
            UserId::new(sender),
            UserId::new(receiver),
            GiftKey::parse("rose").unwrap(),
            Quantity::ONE,
            UnitPrice::new(10),
            RequestKey::parse("k").unwrap(),
        )
    }

    #[test]
    fn nobody_gives_to_himself() {
        assert_eq!(order(1, 1), Err(InvalidOrder::SelfGift));
        assert!(order(1, 2).is_ok());
    }

    #[test]
    fn quantities_are_bounded() {
        for (pieces, accepted) in
            [(i64::MIN, false), (-1, false), (0, false), (1, true), (9_999, true), (10_000, false), (65_537, false)]
        {
            assert_eq!(Quantity::parse(pieces).is_ok(), accepted, "{pieces}");
        }
    }

    #[test]
    fn the_content_names_everything_but_sender_and_key() {
        assert_eq!(order(1, 2).unwrap().content(), "gift to=2 price=10 quantity=1 key=rose");
    }
}
