//! Names that can be shown to strangers.

use std::fmt;

use crate::id::UserId;

/// The longest display name, in characters.
pub const NAME_CHARS_MAX: usize = 50;

/// A name as others see it: trimmed, 1 to [`NAME_CHARS_MAX`] characters, nothing that could disguise or break a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// Why a name was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing is left after trimming.
    #[error("a name has at least one character")]
    Empty,
    /// More than [`NAME_CHARS_MAX`] characters.
    #[error("a name has at most {NAME_CHARS_MAX} characters")]
    TooLong,
    /// A control or a bidirectional-override character.
    #[error("a name has no control characters")]
    Unprintable,
}

impl DisplayName {
    /// Parses a name.
    ///
    /// # Errors
    /// [`InvalidName`], in the order of its variants.
    pub fn parse(raw: &str) -> Result<Self, InvalidName> {
        let name = raw.trim();
        if name.is_empty() {
            return Err(InvalidName::Empty);
        }
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(InvalidName::TooLong);
        }
        if !name.chars().all(is_printable) {
            return Err(InvalidName::Unprintable);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name of a user who chose none: from his id, never from his phone number.
    #[must_use]
    pub fn default_for(id: UserId) -> Self {
        let last_four = id.value().checked_rem(10_000).unwrap_or_default();
        Self(format!("User-{last_four:04}"))
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a character neither controls a terminal nor reorders the text around it.
pub(crate) fn is_printable(character: char) -> bool {
    let reorders =
        matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks_line = matches!(character, '\u{2028}' | '\u{2029}');
    !character.is_control() && !reorders && !breaks_line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_short() {
        assert_eq!(DisplayName::parse("  Siti Nurhaliza 🌸 ").unwrap().as_str(), "Siti Nurhaliza 🌸");
        assert!(DisplayName::parse(&"é".repeat(NAME_CHARS_MAX)).is_ok());
        assert_eq!(DisplayName::parse(&"é".repeat(NAME_CHARS_MAX + 1)), Err(InvalidName::TooLong));
        assert_eq!(DisplayName::parse(" \t\u{a0} "), Err(InvalidName::Empty));
    }

    #[test]
    fn names_cannot_disguise_or_forge() {
        for hostile in [
            "a\nb",
            "a\rb",
            "a\0b",
            "\u{1b}[31mred",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{200f}b",
            "a\u{2028}b",
            "a\u{85}b",
        ] {
            assert_eq!(DisplayName::parse(hostile), Err(InvalidName::Unprintable), "{hostile:?}");
        }
    }

    #[test]
    fn the_default_name_comes_from_the_id() {
        assert_eq!(DisplayName::default_for(UserId::new(48_210_007)).as_str(), "User-0007");
    }
}
