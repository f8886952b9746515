//! Numbers of identity cards: needed to tell people apart, and nobody's business otherwise.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::{
    id::{AgencyId, UserId},
    store::Cause,
};

/// How many digits a number has.
pub const CARD_DIGITS: usize = 16;

/// The number of an identity card, of [`CARD_DIGITS`] digits.
///
/// Neither `Debug` nor `Display` shows it: it leaves through [`CardNumber::reveal`] only.
#[derive(Clone, PartialEq, Eq)]
pub struct CardNumber(String);

/// Not a number of [`CARD_DIGITS`] digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an identity card's number has exactly {CARD_DIGITS} digits")]
pub struct InvalidCardNumber;

impl CardNumber {
    /// Parses a number; white space around it does not count.
    ///
    /// # Errors
    /// [`InvalidCardNumber`].
    pub fn parse(raw: &str) -> Result<Self, InvalidCardNumber> {
        let digits = raw.trim();
        if digits.len() != CARD_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidCardNumber);
        }
        Ok(Self(digits.to_owned()))
    }

    /// The number itself: to be sealed, or for whoever may read it, which is recorded.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What may be shown: the first four digits, which name the place of issue, and the last four.
    #[must_use]
    pub fn masked(&self) -> MaskedCardNumber {
        const SHOWN_FIRST: usize = 4;
        const SHOWN_LAST: usize = 4;
        let is_shown = |place: usize| place < SHOWN_FIRST || place >= CARD_DIGITS.saturating_sub(SHOWN_LAST);
        let mask = |(place, digit)| if is_shown(place) { digit } else { '*' };
        MaskedCardNumber(self.0.chars().enumerate().map(mask).collect())
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardNumber(…)")
    }
}

/// A number that may be shown, such as `3174********0001`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedCardNumber(String);

impl MaskedCardNumber {
    /// A number that our own database holds, masked.
    #[must_use]
    pub const fn from_stored(masked: String) -> Self {
        Self(masked)
    }
}

impl fmt::Display for MaskedCardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The row that a sealed number belongs to: sealed for one row, it cannot be opened for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardBinding {
    /// An agency.
    Agency(AgencyId),
    /// A host's application, by what is known of it before it has a row.
    HostApplication {
        /// Who applied.
        host: UserId,
        /// To which agency.
        agency: AgencyId,
        /// When: the row's `created_at`.
        at: DateTime<Utc>,
    },
}

impl CardBinding {
    /// The associated data of the encryption: one unambiguous line, never to be changed.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Agency(agency) => format!("card of agency {agency}"),
            Self::HostApplication { host, agency, at } => {
                format!("card of host {host} at agency {agency} on {}", at.timestamp_micros())
            }
        }
    }
}

/// The name of the key that a number was sealed with, so that keys can be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(String);

/// Not the name of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key's name has 1 to {} visible ASCII characters", KeyId::CHARS_MAX)]
pub struct InvalidKeyId;

impl KeyId {
    /// The longest name, in characters.
    pub const CHARS_MAX: usize = 32;

    /// A name.
    ///
    /// # Errors
    /// [`InvalidKeyId`].
    pub fn parse(raw: &str) -> Result<Self, InvalidKeyId> {
        let is_visible = raw.bytes().all(|byte| byte.is_ascii_graphic());
        if raw.is_empty() || raw.len() > Self::CHARS_MAX || !is_visible {
            return Err(InvalidKeyId);
        }
        Ok(Self(raw.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A number as it is stored: readable with the key and for its row only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedCard {
    /// With which key.
    pub key: KeyId,
    /// Nonce, ciphertext and tag, as the vault lays them out.
    pub bytes: Vec<u8>,
}

/// A keyed hash of a number: equal for equal numbers, and useless without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardFingerprint(pub [u8; 32]);

/// A number as it is handed to the store. The number itself is in it nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCard {
    /// To read it again.
    pub sealed: SealedCard,
    /// To find it again.
    pub fingerprint: CardFingerprint,
    /// To show.
    pub masked: MaskedCardNumber,
}

/// Why a sealed number was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenCardError {
    /// There is no key of this name (any more).
    #[error("the key {:?} is not there", .0.as_str())]
    UnknownKey(KeyId),
    /// It was changed, or belongs to another row.
    #[error("the sealed number is not of this row")]
    Forged,
}

/// Seals numbers. Knows the keys; nothing else does.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
pub trait CardVault: Send + Sync {
    /// Seals a number for one row, with the key of today.
    ///
    /// - MUST use authenticated encryption with a nonce of its own for each call, and [`CardBinding::text`] as associated data.
    ///
    /// # Errors
    /// The cause, when there is no randomness.
    fn seal(&self, number: &CardNumber, row: &CardBinding) -> Result<SealedCard, Cause>;

    /// Opens what was sealed for this row.
    ///
    /// # Errors
    /// [`OpenCardError`].
    fn open(&self, sealed: &SealedCard, row: &CardBinding) -> Result<CardNumber, OpenCardError>;

    /// The keyed hash of a number.
    ///
    /// - MUST NOT change when the key that seals does: two applications years apart meet by it.
    fn fingerprint(&self, number: &CardNumber) -> CardFingerprint;
}

/// Everything that is stored of a number.
///
/// # Errors
/// The vault's.
pub(super) fn stored(vault: &dyn CardVault, number: &CardNumber, row: &CardBinding) -> Result<StoredCard, Cause> {
    let sealed = vault.seal(number, row)?;
    Ok(StoredCard { sealed, fingerprint: vault.fingerprint(number), masked: number.masked() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_sixteen_digits() {
        assert_eq!(CardNumber::parse(" 3174010203040001\n").unwrap().reveal(), "3174010203040001");
        for refused in
            ["", "317401020304000", "31740102030400011", "3174 0102 0304 0001", "317401020304000x", "３174010203040001"]
        {
            assert_eq!(CardNumber::parse(refused), Err(InvalidCardNumber), "{refused}");
        }
    }

    #[test]
    fn a_number_shows_itself_masked_at_most() {
        let number = CardNumber::parse("3174010203040001").unwrap();
        assert_eq!(number.masked().to_string(), "3174********0001");
        assert_eq!(format!("{number:?}"), "CardNumber(…)");
    }

    #[test]
    fn every_row_has_a_binding_of_its_own() {
        let at = |micros| DateTime::from_timestamp_micros(micros).unwrap();
        let application = |host, agency, micros| CardBinding::HostApplication {
            host: UserId::new(host),
            agency: AgencyId::new(agency),
            at: at(micros),
        };
        assert_eq!(CardBinding::Agency(AgencyId::new(7)).text(), "card of agency 7");
        assert_eq!(application(1, 7, 5).text(), "card of host 1 at agency 7 on 5");
        for other in [application(2, 7, 5), application(1, 8, 5), application(1, 7, 6)] {
            assert_ne!(application(1, 7, 5).text(), other.text());
        }
    }

    #[test]
    fn keys_have_short_visible_names() {
        assert_eq!(KeyId::parse("2026-11").unwrap().as_str(), "2026-11");
        for refused in ["", "a b", "é", &"k".repeat(KeyId::CHARS_MAX + 1)] {
            assert_eq!(KeyId::parse(refused), Err(InvalidKeyId));
        }
    }
}
