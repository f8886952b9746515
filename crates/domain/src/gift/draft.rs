//! An entry of the catalogue as somebody writes it, and what it must be like.

use super::{Category, GiftChange, InvalidGiftKey, NewGift, SizeClass, UNIT_PRICE_MAX, UnitPrice};
use crate::{money::BasisPoints, user::is_printable};

/// The longest name of a gift, in characters.
pub const GIFT_NAME_CHARS_MAX: usize = 100;
/// The last place in lists.
pub const SORT_ORDER_MAX: i32 = 1_000_000;
/// The place of an entry for which none is named: behind those that the catalogue began with.
pub const SORT_ORDER_DEFAULT: SortOrder = SortOrder(1_000);

/// Why an entry is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGift {
    /// Something is missing that a new entry must have.
    #[error("a new gift has a key, a name, a price, a category and a host's share")]
    Missing,
    /// No key.
    #[error(transparent)]
    Key(#[from] InvalidGiftKey),
    /// An empty, too long, or unprintable name.
    #[error("a gift's name has 1 to {GIFT_NAME_CHARS_MAX} printable characters")]
    Name,
    /// No price.
    #[error("a gift costs 1 to {UNIT_PRICE_MAX} coins")]
    Price,
    /// No category.
    #[error("a gift's category is normal, luxury, lucky or s-lucky")]
    Category,
    /// More than the whole, or less than nothing.
    #[error("a host's share is 0 to {} basis points", BasisPoints::WHOLE.value())]
    HostShare,
    /// Neither on sale nor not.
    #[error("a gift is on sale, true, or not, false")]
    IsActive,
    /// No place in lists.
    #[error("a gift's place in lists is 0 to {SORT_ORDER_MAX}")]
    SortOrder,
    /// No size.
    #[error("a gift's size class is normal or large")]
    SizeClass,
}

/// The name of a gift that people see: trimmed, 1 to [`GIFT_NAME_CHARS_MAX`] printable characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftName(String);

impl GiftName {
    /// Parses a name.
    ///
    /// # Errors
    /// [`InvalidGift::Name`].
    pub fn parse(raw: &str) -> Result<Self, InvalidGift> {
        let name = raw.trim();
        if name.is_empty() || name.chars().count() > GIFT_NAME_CHARS_MAX || !name.chars().all(is_printable) {
            return Err(InvalidGift::Name);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A place in lists, `0..=`[`SORT_ORDER_MAX`]; smaller comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortOrder(i32);

impl SortOrder {
    /// A place; `None` outside the range.
    #[must_use]
    pub fn new(place: i64) -> Option<Self> {
        i32::try_from(place).ok().filter(|place| (0..=SORT_ORDER_MAX).contains(place)).map(Self)
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> i32 {
        self.0
    }
}

/// What somebody says of an entry, not yet looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GiftDraft {
    /// The name that people see.
    pub name: Option<String>,
    /// The price of one piece, in coins.
    pub coin_value: Option<i64>,
    /// The word of its category.
    pub category: Option<String>,
    /// The receiver's part, in basis points.
    pub host_share_bp: Option<i64>,
    /// Whether it can be sent.
    pub is_active: Option<bool>,
    /// Its place in lists.
    pub sort_order: Option<i64>,
    /// The word of its size class.
    pub size_class: Option<String>,
}

impl GiftDraft {
    /// As a change of an entry: what is not said stays.
    ///
    /// # Errors
    /// [`InvalidGift`], in the order of its variants.
    pub fn change(&self) -> Result<GiftChange, InvalidGift> {
        let share = |points: i64| u16::try_from(points).ok().and_then(BasisPoints::new);
        Ok(GiftChange {
            name: self.name.as_deref().map(GiftName::parse).transpose()?,
            price: checked(self.coin_value, UnitPrice::new, InvalidGift::Price)?,
            category: checked(self.category.as_deref(), |word| Category::parse(word).ok(), InvalidGift::Category)?,
            host_share: checked(self.host_share_bp, share, InvalidGift::HostShare)?,
            is_active: self.is_active,
            sort_order: checked(self.sort_order, SortOrder::new, InvalidGift::SortOrder)?,
            size_class: checked(
                self.size_class.as_deref(),
                |word| SizeClass::parse(word).ok(),
                InvalidGift::SizeClass,
            )?,
        })
    }

    /// As an entry to be added: on sale, of normal size and [behind the others](SORT_ORDER_DEFAULT) where nothing else is said.
    ///
    /// # Errors
    /// [`InvalidGift`], in the order of its variants.
    pub fn entry(&self) -> Result<NewGift, InvalidGift> {
        if self.name.is_none() || self.coin_value.is_none() || self.category.is_none() || self.host_share_bp.is_none() {
            return Err(InvalidGift::Missing);
        }
        let said = self.change()?;
        Ok(NewGift {
            name: said.name.ok_or(InvalidGift::Missing)?,
            price: said.price.ok_or(InvalidGift::Missing)?,
            category: said.category.ok_or(InvalidGift::Missing)?,
            host_share: said.host_share.ok_or(InvalidGift::Missing)?,
            is_active: said.is_active.unwrap_or(true),
            sort_order: said.sort_order.unwrap_or(SORT_ORDER_DEFAULT),
            size_class: said.size_class.unwrap_or(SizeClass::Normal),
        })
    }
}

/// What was said, parsed; an error where it is said and wrong.
fn checked<R, T>(
    raw: Option<R>,
    parse: impl FnOnce(R) -> Option<T>,
    error: InvalidGift,
) -> Result<Option<T>, InvalidGift> {
    raw.map(|raw| parse(raw).ok_or(error)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_places_are_bounded() {
        assert_eq!(GiftName::parse(" Mawar 🌹 ").unwrap().as_str(), "Mawar 🌹");
        assert!(GiftName::parse(&"é".repeat(GIFT_NAME_CHARS_MAX)).is_ok());
        for refused in ["", "  ", "a\nb", "a\u{202e}b", &"é".repeat(GIFT_NAME_CHARS_MAX + 1)] {
            assert_eq!(GiftName::parse(refused), Err(InvalidGift::Name), "{refused:?}");
        }
        let places = [(0, Some(0)), (1_000_000, Some(1_000_000)), (1_000_001, None), (-1, None), (i64::MAX, None)];
        for (place, expected) in places {
            assert_eq!(SortOrder::new(place).map(SortOrder::value), expected);
        }
    }

    fn whole() -> GiftDraft {
        GiftDraft {
            name: Some("Tiara".to_owned()),
            coin_value: Some(900),
            category: Some("luxury".to_owned()),
            host_share_bp: Some(5_000),
            ..GiftDraft::default()
        }
    }

    #[test]
    fn a_new_entry_needs_no_more_than_what_it_is() {
        let entry = whole().entry().unwrap();
        assert_eq!((entry.is_active, entry.sort_order.value(), entry.size_class), (true, 1_000, SizeClass::Normal));
        for incomplete in [
            GiftDraft { name: None, ..whole() },
            GiftDraft { coin_value: None, ..whole() },
            GiftDraft { category: None, ..whole() },
            GiftDraft { host_share_bp: None, ..whole() },
        ] {
            assert_eq!(incomplete.entry(), Err(InvalidGift::Missing));
            assert!(incomplete.change().is_ok());
        }
        assert_eq!(GiftDraft::default().change(), Ok(GiftChange::default()));
    }

    #[test]
    fn what_an_entry_cannot_be_is_told() {
        let word = |text: &str| Some(text.to_owned());
        for (draft, expected, text) in [
            (
                GiftDraft { name: word(" "), ..whole() },
                InvalidGift::Name,
                "a gift's name has 1 to 100 printable characters",
            ),
            (GiftDraft { coin_value: Some(0), ..whole() }, InvalidGift::Price, "a gift costs 1 to 1000000000 coins"),
            (GiftDraft { coin_value: Some(1_000_000_001), ..whole() }, InvalidGift::Price, ""),
            (GiftDraft { category: word("umum"), ..whole() }, InvalidGift::Category, ""),
            (
                GiftDraft { host_share_bp: Some(10_001), ..whole() },
                InvalidGift::HostShare,
                "a host's share is 0 to 10000 basis points",
            ),
            (GiftDraft { host_share_bp: Some(-1), ..whole() }, InvalidGift::HostShare, ""),
            (GiftDraft { sort_order: Some(-1), ..whole() }, InvalidGift::SortOrder, ""),
            (GiftDraft { size_class: word("huge"), ..whole() }, InvalidGift::SizeClass, ""),
            // Two at once give the first.
            (GiftDraft { name: word(""), coin_value: Some(0), ..whole() }, InvalidGift::Name, ""),
        ] {
            assert_eq!((draft.change(), draft.entry()), (Err(expected), Err(expected)), "{draft:?}");
            assert!(expected.to_string().contains(text), "{expected}");
        }
    }
}
