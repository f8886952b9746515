//! What an agency says of itself.

use crate::user::is_printable;

/// The longest name of an agency, in characters.
pub const FAMILY_NAME_CHARS_MAX: usize = 50;
/// The longest name of a region, in characters.
pub const REGION_CHARS_MAX: usize = 50;

/// The name of an agency, which the app calls a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyName(String);

/// Where an agency works, such as `Indonesia`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region(String);

/// Empty, too long, or unprintable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} has 1 to {chars_max} printable characters")]
pub struct InvalidText {
    what: &'static str,
    chars_max: usize,
}

fn parse(raw: &str, what: &'static str, chars_max: usize) -> Result<String, InvalidText> {
    let text = raw.trim();
    if text.is_empty() || text.chars().count() > chars_max || !text.chars().all(is_printable) {
        return Err(InvalidText { what, chars_max });
    }
    Ok(text.to_owned())
}

impl FamilyName {
    /// Parses a name.
    ///
    /// # Errors
    /// [`InvalidText`].
    pub fn parse(raw: &str) -> Result<Self, InvalidText> {
        parse(raw, "an agency's name", FAMILY_NAME_CHARS_MAX).map(Self)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Region {
    /// Parses a region.
    ///
    /// # Errors
    /// [`InvalidText`].
    pub fn parse(raw: &str) -> Result<Self, InvalidText> {
        parse(raw, "a region", REGION_CHARS_MAX).map(Self)
    }

    /// The region.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_short_and_printable() {
        assert_eq!(FamilyName::parse(" Bintang 🌟 ").unwrap().as_str(), "Bintang 🌟");
        assert_eq!(Region::parse("Indonesia").unwrap().as_str(), "Indonesia");
        assert!(FamilyName::parse(&"é".repeat(FAMILY_NAME_CHARS_MAX)).is_ok());
        for refused in ["", "  ", "a\nb", "a\u{202e}b", &"é".repeat(51)] {
            assert!(FamilyName::parse(refused).is_err() && Region::parse(refused).is_err(), "{refused:?}");
        }
        assert_eq!(Region::parse("").unwrap_err().to_string(), "a region has 1 to 50 printable characters");
    }
}
