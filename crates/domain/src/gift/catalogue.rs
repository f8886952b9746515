//! What can be sent, and what it costs.

use crate::money::{AMOUNT_MAX, BasisPoints, Coins};

/// The longest key of a gift, in characters.
pub const GIFT_KEY_CHARS_MAX: usize = 64;

/// The highest price of one piece, in coins. With it and [`super::QUANTITY_MAX`] no total can leave the range of [`Coins`].
pub const UNIT_PRICE_MAX: i64 = 1_000_000_000;

#[expect(clippy::as_conversions, reason = "nothing else converts in a constant")]
const _: () = assert!(
    matches!(UNIT_PRICE_MAX.checked_mul(super::QUANTITY_MAX as i64), Some(total) if total <= AMOUNT_MAX),
    "the dearest order is an amount"
);

/// The name of a gift in the catalogue, such as `rose`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GiftKey(String);

/// Empty, too long, or with invisible characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a gift's key has 1 to {GIFT_KEY_CHARS_MAX} visible ASCII characters")]
pub struct InvalidGiftKey;

impl GiftKey {
    /// Parses a key. Whether the catalogue has it is another question.
    ///
    /// # Errors
    /// [`InvalidGiftKey`].
    pub fn parse(raw: &str) -> Result<Self, InvalidGiftKey> {
        let visible = raw.bytes().all(|byte| byte.is_ascii_graphic());
        if raw.is_empty() || raw.len() > GIFT_KEY_CHARS_MAX || !visible {
            return Err(InvalidGiftKey);
        }
        Ok(Self(raw.to_owned()))
    }

    /// The key itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What kind of gift it is; incomes are reported by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// `normal`
    Normal,
    /// `luxury`
    Luxury,
    /// `lucky`
    Lucky,
    /// `s-lucky`
    SuperLucky,
}

/// A word that names no category.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no category of gifts")]
pub struct UnknownCategory(String);

impl Category {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Luxury, Self::Lucky, Self::SuperLucky];

    /// The word that the wire and the database use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Luxury => "luxury",
            Self::Lucky => "lucky",
            Self::SuperLucky => "s-lucky",
        }
    }

    /// The category with this word.
    ///
    /// # Errors
    /// [`UnknownCategory`].
    pub fn parse(word: &str) -> Result<Self, UnknownCategory> {
        Self::ALL.into_iter().find(|category| category.word() == word).ok_or_else(|| UnknownCategory(word.to_owned()))
    }
}

/// How much room a gift's animation takes on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeClass {
    /// Up to 64 KiB.
    Normal,
    /// Above.
    Large,
}

/// A word that names no class of sizes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no size class")]
pub struct UnknownSizeClass(String);

impl SizeClass {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Normal, Self::Large];

    /// The word that the wire and the database use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Large => "large",
        }
    }

    /// The class with this word.
    ///
    /// # Errors
    /// [`UnknownSizeClass`].
    pub fn parse(word: &str) -> Result<Self, UnknownSizeClass> {
        Self::ALL.into_iter().find(|class| class.word() == word).ok_or_else(|| UnknownSizeClass(word.to_owned()))
    }
}

/// The price of one piece, `1..=`[`UNIT_PRICE_MAX`] coins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitPrice(i64);

impl UnitPrice {
    /// A price; `None` outside the range.
    #[must_use]
    pub const fn new(coins: i64) -> Option<Self> {
        if coins >= 1 && coins <= UNIT_PRICE_MAX { Some(Self(coins)) } else { None }
    }

    /// The number of coins.
    #[must_use]
    pub const fn value(self) -> i64 {
        self.0
    }

    /// The price of so many pieces.
    #[must_use]
    #[expect(clippy::expect_used, reason = "asserted above for the dearest order")]
    pub fn times(self, quantity: super::Quantity) -> Coins {
        let total = self.0.checked_mul(i64::from(quantity.value()));
        total.and_then(|total| Coins::new(total).ok()).expect("an order costs an amount")
    }
}

/// An entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueGift {
    /// Its key.
    pub key: GiftKey,
    /// The name that people see.
    pub name: String,
    /// The price of one piece.
    pub price: UnitPrice,
    /// Its kind.
    pub category: Category,
    /// The part of the price that the receiver gets, in diamonds.
    pub host_share: BasisPoints,
    /// Whether it can be sent.
    pub is_active: bool,
    /// Its place in lists; smaller comes first.
    pub sort_order: i32,
    /// How large its animation is.
    pub size_class: SizeClass,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gift::{QUANTITY_MAX, Quantity};

    #[test]
    fn the_dearest_order_is_still_an_amount() {
        let total = UnitPrice::new(UNIT_PRICE_MAX).unwrap().times(Quantity::parse(i64::from(QUANTITY_MAX)).unwrap());
        assert_eq!(total.value(), UNIT_PRICE_MAX * i64::from(QUANTITY_MAX));
        assert_eq!(UnitPrice::new(0), None);
        assert_eq!(UnitPrice::new(UNIT_PRICE_MAX + 1), None);
    }

    #[test]
    fn categories_and_size_classes_have_one_word_each() {
        for category in Category::ALL {
            assert_eq!(Category::parse(category.word()), Ok(category));
        }
        assert!(Category::parse("umum").is_err());
        for class in SizeClass::ALL {
            assert_eq!(SizeClass::parse(class.word()), Ok(class));
        }
        assert_eq!(SizeClass::parse("huge").unwrap_err().to_string(), "\"huge\" is no size class");
    }

    #[test]
    fn keys_are_short_and_visible() {
        assert_eq!(GiftKey::parse("s-lucky_7").unwrap().as_str(), "s-lucky_7");
        for refused in ["", " ", "a b", "é", &"k".repeat(65)] {
            assert_eq!(GiftKey::parse(refused), Err(InvalidGiftKey));
        }
    }
}
