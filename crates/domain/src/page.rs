//! Lists come in pages: newest first, bounded, continued by a cursor.

use chrono::{DateTime, TimeZone as _, Utc};

/// The most items of one page.
pub const PAGE_ITEMS_MAX: u32 = 100;

/// How many items a page may have: `1..=`[`PAGE_ITEMS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// The largest page.
    pub const MAX: Self = Self(PAGE_ITEMS_MAX);

    /// A limit that is known when the program is written; held within the bounds.
    #[must_use]
    pub const fn clamped(items: u32) -> Self {
        match items {
            0 => Self(1),
            1..=PAGE_ITEMS_MAX => Self(items),
            _ => Self::MAX,
        }
    }

    /// A limit from outside; `None` unless it lies within the bounds.
    #[must_use]
    pub const fn parse(items: u32) -> Option<Self> {
        if items >= 1 && items <= PAGE_ITEMS_MAX { Some(Self(items)) } else { None }
    }

    /// The number of items.
    #[must_use]
    pub const fn items(self) -> u32 {
        self.0
    }
}

/// Where the next page begins: just behind the row with this instant and id, in the order newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The instant of the last row of the page before.
    pub created_at: DateTime<Utc>,
    /// Its id, which decides between rows of the same instant.
    pub id: i64,
}

impl Cursor {
    /// Reads what [`Cursor::to_text`] wrote; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (micros, id) = text.split_once('-')?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(micros) || !digits(id) {
            return None;
        }
        let created_at = Utc.timestamp_micros(micros.parse().ok()?).single()?;
        Some(Self { created_at, id: id.parse().ok()? })
    }

    /// The cursor as an opaque word for the wire.
    #[must_use]
    pub fn to_text(self) -> String {
        format!("{}-{}", self.created_at.timestamp_micros(), self.id)
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many items.
    pub limit: Limit,
    /// Only what comes behind this place; everything when absent.
    pub after: Option<Cursor>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page from up to `limit + 1` rows: the surplus row only says that there is more.
    #[must_use]
    pub fn from_surplus(mut rows: Vec<T>, limit: Limit, place: impl Fn(&T) -> Cursor) -> Self {
        let wanted = usize::try_from(limit.items()).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = if more { rows.last().map(place) } else { None };
        Self { items: rows, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_wire() {
        let cursor = Cursor { created_at: Utc.timestamp_micros(1_795_415_920_512_345).unwrap(), id: 42 };
        assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
    }

    #[test]
    fn garbage_is_no_cursor() {
        for text in ["", "-", "1", "1-", "-1", "a-1", "1-a", "1-2-3", "+1-2", "99999999999999999999-1", " 1-2"] {
            assert_eq!(Cursor::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_surplus_row_only_tells_that_there_is_more() {
        let place = |id: &i64| Cursor { created_at: DateTime::UNIX_EPOCH, id: *id };
        let full = Page::from_surplus(vec![9, 8, 7], Limit::clamped(2), place);
        assert_eq!((full.items, full.next.map(|next| next.id)), (vec![9, 8], Some(8)));
        let last = Page::from_surplus(vec![9, 8], Limit::clamped(2), place);
        assert_eq!((last.items, last.next), (vec![9, 8], None));
    }

    #[test]
    fn limits_are_bounded() {
        assert_eq!((Limit::clamped(0).items(), Limit::clamped(1000).items()), (1, 100));
        assert_eq!([0, 1, 100, 101].map(|items| Limit::parse(items).is_some()), [false, true, true, false]);
    }
}
