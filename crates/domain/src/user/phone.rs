//! Phone numbers: many spellings, one account.

use std::fmt;

use phonenumber::{Metadata, metadata::DATABASE};

/// The region whose numbers are written without a country code, `0…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneRegion {
    id: String,
    country_code: u16,
}

/// Not the two letters of a region with a numbering plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a region such as ID")]
pub struct UnknownRegion(String);

impl PhoneRegion {
    /// The region with this ISO 3166 code, such as `ID`.
    ///
    /// # Errors
    /// [`UnknownRegion`] when it has no numbering plan.
    pub fn parse(id: &str) -> Result<Self, UnknownRegion> {
        let plan = DATABASE.by_id(id).ok_or_else(|| UnknownRegion(id.to_owned()))?;
        Ok(Self { id: id.to_owned(), country_code: plan.country_code() })
    }
}

/// A phone number in its one stored spelling: `0…` at home, `+CC…` elsewhere.
///
/// Neither `Debug` nor `Display` shows it: a phone number reaches its owner through [`PhoneNumber::reveal`] only.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// Not a possible phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a possible phone number")]
pub struct InvalidPhone;

impl PhoneNumber {
    /// Parses a number as people write it: white space, dots, dashes and brackets do not count; the home country's
    /// code and, in Indonesia, a missing trunk zero become `0`.
    ///
    /// # Errors
    /// [`InvalidPhone`] when what remains is not as long as a number of its country may be.
    pub fn parse(raw: &str, region: &PhoneRegion) -> Result<Self, InvalidPhone> {
        /// Far above any number, so that hostile input is refused before it is looked at.
        const RAW_CHARS_MAX: usize = 64;

        if raw.chars().take(RAW_CHARS_MAX.saturating_add(1)).count() > RAW_CHARS_MAX {
            return Err(InvalidPhone);
        }
        let written: String = raw.chars().filter(|character| !is_decoration(*character)).collect();
        let (international, digits) = match written.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, written.as_str()),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidPhone);
        }
        let home = region.country_code.to_string();
        let national = match (international, digits.strip_prefix(home.as_str())) {
            (true, None) => return Self::foreign(digits),
            // People also write the trunk zero behind the country code.
            (_, Some(rest)) if international || !digits.starts_with('0') => rest.trim_start_matches('0'),
            _ => match digits.strip_prefix('0') {
                Some(rest) => rest,
                None if region.id == "ID" && digits.starts_with('8') => digits,
                None => return Err(InvalidPhone),
            },
        };
        let plan = DATABASE.by_id(&region.id).ok_or(InvalidPhone)?;
        if has_possible_length(plan, national) { Ok(Self(format!("0{national}"))) } else { Err(InvalidPhone) }
    }

    /// A number with another country's code; the code is the prefix that a numbering plan has.
    fn foreign(digits: &str) -> Result<Self, InvalidPhone> {
        let possible = (1..=3).any(|code_digits| {
            let Some((code, national)) = digits.split_at_checked(code_digits) else { return false };
            let plans = code.parse::<u16>().ok().and_then(|code| DATABASE.by_code(&code));
            plans.is_some_and(|plans| plans.iter().any(|plan| has_possible_length(plan, national)))
        });
        if possible { Ok(Self(format!("+{digits}"))) } else { Err(InvalidPhone) }
    }

    /// A number that our own database holds.
    #[must_use]
    pub const fn from_stored(number: String) -> Self {
        Self(number)
    }

    /// The number in clear. For its owner, and for the database.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}

fn is_decoration(character: char) -> bool {
    let dash = matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    // Address books wrap numbers in invisible direction marks.
    let invisible = matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    character.is_whitespace() || dash || invisible || matches!(character, '.' | '(' | ')' | '[' | ']')
}

/// Whether a subscriber's number, mobile or fixed, may have so many digits. Stricter rules (which prefixes are in use)
/// change too often to lock somebody out by.
fn has_possible_length(plan: &Metadata, national: &str) -> bool {
    let Ok(digits) = u16::try_from(national.len()) else { return false };
    let kinds = [plan.descriptors().mobile(), plan.descriptors().fixed_line()];
    kinds.into_iter().flatten().any(|kind| kind.possible_length().contains(&digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: Option<&str>) {
        let region = PhoneRegion::parse("ID").unwrap();
        let number = PhoneNumber::parse(raw, &region).ok();
        assert_eq!(number.as_ref().map(PhoneNumber::reveal), expected, "{raw:?}");
    }

    #[test]
    fn many_spellings_are_one_account() {
        for raw in [
            "089123456789",
            "+6289123456789",
            "6289123456789",
            "89123456789",
            " +62 891-2345-6789 ",
            "(0891) 2345.6789",
            "+62 0891 2345 6789",
            "\u{202a}+62\u{a0}891\u{2011}2345\u{2011}6789\u{202c}",
        ] {
            check(raw, Some("089123456789"));
        }
        check("628555000111", Some("08555000111"));
    }

    #[test]
    fn other_countries_keep_their_code() {
        check("+60 12-345 6789", Some("+60123456789"));
        check("+1 (202) 555-0123", Some("+12025550123"));
        check("+966 50 123 4567", Some("+966501234567"));
    }

    #[test]
    fn impossible_numbers_are_refused() {
        for raw in [
            "",
            "   ",
            "+",
            "abc",
            "8111",
            "0",
            "62",
            "+62",
            "+999123456789",
            "08a123456789",
            "٠٨٩١٢٣٤٥٦٧٨٩",
            "1234567890",
            "+1202",
        ] {
            check(raw, None);
        }
        check(&"0".repeat(65), None);
        check(&"8".repeat(30), None);
    }

    #[test]
    fn a_number_does_not_show_in_debug_output() {
        let number = PhoneNumber::from_stored("089123456789".to_owned());
        assert_eq!(format!("{number:?}"), "PhoneNumber(…)");
    }

    #[test]
    fn unknown_regions_are_refused() {
        assert!(PhoneRegion::parse("XX").is_err());
        assert!(PhoneRegion::parse("id").is_err());
    }
}
