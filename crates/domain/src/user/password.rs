//! Passwords: what a new one must be like. Hashing is an adapter's work.

use std::{collections::HashSet, fmt, sync::LazyLock};

use super::phone::{PhoneNumber, PhoneRegion};

/// The longest password, in characters.
pub const PASSWORD_CHARS_MAX: usize = 128;

/// The passwords of at least eight characters that people choose most, one a line, lower case.
///
/// Which words they are is taken from the frequency list that the zxcvbn strength estimator publishes.
pub const COMMON_PASSWORDS: &str = include_str!("common_passwords.txt");

static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON_PASSWORDS.lines().collect());

/// A password in clear. It has no `Debug`, no `Display`, and is dropped as soon as it was hashed.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainPassword(String);

/// Why a new password was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer characters than the policy asks for.
    #[error("a password has at least {chars_min} characters")]
    TooShort {
        /// What the policy asks for.
        chars_min: usize,
    },
    /// More than [`PASSWORD_CHARS_MAX`] characters.
    #[error("a password has at most {PASSWORD_CHARS_MAX} characters")]
    TooLong,
    /// The phone number of its owner, in whatever spelling.
    #[error("a password is not the phone number")]
    IsPhone,
    /// One of the most common ones (strict policy only).
    #[error("the password is one of the most common ones")]
    TooCommon,
}

/// What new passwords must be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub chars_min: usize,
    /// Whether at least 8 characters are asked for and [`COMMON_PASSWORDS`] refused.
    pub strict: bool,
}

impl PasswordPolicy {
    const STRICT_CHARS_MIN: usize = 8;

    /// Parses a new password of the user with this phone number.
    ///
    /// # Errors
    /// [`WeakPassword`], in the order of its variants.
    pub fn accept(self, raw: String, phone: &PhoneNumber, region: &PhoneRegion) -> Result<PlainPassword, WeakPassword> {
        let chars = raw.chars().count();
        let chars_min = if self.strict { self.chars_min.max(Self::STRICT_CHARS_MIN) } else { self.chars_min };
        if chars < chars_min {
            return Err(WeakPassword::TooShort { chars_min });
        }
        if chars > PASSWORD_CHARS_MAX {
            return Err(WeakPassword::TooLong);
        }
        if PhoneNumber::parse(&raw, region).is_ok_and(|number| number == *phone) {
            return Err(WeakPassword::IsPhone);
        }
        if self.strict && COMMON.contains(raw.to_lowercase().as_str()) {
            return Err(WeakPassword::TooCommon);
        }
        Ok(PlainPassword(raw))
    }
}

impl PlainPassword {
    /// A password that somebody tries; `None` when it is longer than any password can be.
    #[must_use]
    pub fn attempt(raw: String) -> Option<Self> {
        if raw.chars().count() > PASSWORD_CHARS_MAX { None } else { Some(Self(raw)) }
    }

    /// The password in clear, for the hasher.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A password's hash in the text form that the database keeps.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash that a hasher made or the database holds.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENIENT: PasswordPolicy = PasswordPolicy { chars_min: 6, strict: false };
    const STRICT: PasswordPolicy = PasswordPolicy { chars_min: 6, strict: true };

    fn check(policy: PasswordPolicy, raw: &str, expected: Result<(), WeakPassword>) {
        let region = PhoneRegion::parse("ID").unwrap();
        let phone = PhoneNumber::parse("089123456789", &region).unwrap();
        assert_eq!(policy.accept(raw.to_owned(), &phone, &region).map(drop), expected, "{raw:?}");
    }

    #[test]
    fn the_default_policy_takes_what_the_apps_users_have() {
        check(LENIENT, "test123", Ok(()));
        check(LENIENT, "12345", Err(WeakPassword::TooShort { chars_min: 6 }));
        check(LENIENT, &"é".repeat(PASSWORD_CHARS_MAX), Ok(()));
        check(LENIENT, &"é".repeat(PASSWORD_CHARS_MAX + 1), Err(WeakPassword::TooLong));
    }

    #[test]
    fn a_password_is_never_the_phone_number() {
        for spelling in ["089123456789", "+62 891-2345-6789", "89123456789"] {
            check(LENIENT, spelling, Err(WeakPassword::IsPhone));
        }
        check(LENIENT, "089123456780", Ok(()));
    }

    #[test]
    fn the_strict_policy_refuses_short_and_common_ones() {
        check(STRICT, "test123", Err(WeakPassword::TooShort { chars_min: 8 }));
        check(STRICT, "PassWord1", Err(WeakPassword::TooCommon));
        check(STRICT, "correct horse battery", Ok(()));
    }

    #[test]
    fn the_list_of_common_passwords_is_long_and_usable() {
        assert!(COMMON.len() >= 3_000);
        assert!(COMMON_PASSWORDS.lines().all(|line| line.len() >= 8 && line == line.to_lowercase()));
    }
}
