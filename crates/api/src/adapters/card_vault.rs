//! Numbers of identity cards: sealed with XChaCha20-Poly1305, found again by HMAC-SHA256.

use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{Aead as _, KeyInit as _, Payload},
};
use domain::{
    agency::{CardBinding, CardFingerprint, CardNumber, CardVault, KeyId, OpenCardError, SealedCard},
    store::Cause,
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// The fewest bytes of a key, as it is configured.
const KEY_BYTES_MIN: usize = 32;
/// The bytes of a nonce: enough for each to be drawn at random.
const NONCE_BYTES: usize = 24;

/// What a key of the configuration is used for. Never to be changed: what was sealed would stay so.
const SEAL: &[u8] = b"chatme card seal 1";
const FINGERPRINT: &[u8] = b"chatme card fingerprint 1";

/// Why a key protects no card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakCardKey {
    /// Too few bytes.
    #[error("{0} has fewer than {KEY_BYTES_MIN} bytes; make one with `openssl rand -hex 32`")]
    Short(&'static str),
    /// Two keys of one name.
    #[error("CARD_KEYS_OLD names a key twice, or as CARD_KEY_ID does")]
    NamedTwice,
}

/// Seals and opens with the keys of the configuration.
pub(crate) struct SealedVault {
    /// That of today first.
    keys: Vec<(KeyId, XChaCha20Poly1305)>,
    fingerprints: Hmac<Sha256>,
}

impl SealedVault {
    /// A vault with the key of today, those of before, and the one that fingerprints are made with.
    ///
    /// # Errors
    /// [`WeakCardKey`].
    pub(crate) fn new(
        (today, key): (KeyId, &str),
        old: &[(KeyId, &str)],
        fingerprint_key: &str,
    ) -> Result<Self, WeakCardKey> {
        let mut keys = vec![(today, cipher("CARD_KEY", key)?)];
        for (id, key) in old {
            if keys.iter().any(|(other, _)| other == id) {
                return Err(WeakCardKey::NamedTwice);
            }
            keys.push((id.clone(), cipher("CARD_KEYS_OLD", key)?));
        }
        let fingerprints = derive("CARD_HASH_KEY", fingerprint_key, FINGERPRINT)?;
        Ok(Self { keys, fingerprints: mac(&fingerprints) })
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of every length")
}

/// 32 bytes of a key as it is configured, for one purpose.
fn derive(name: &'static str, key: &str, purpose: &[u8]) -> Result<[u8; 32], WeakCardKey> {
    if key.len() < KEY_BYTES_MIN {
        return Err(WeakCardKey::Short(name));
    }
    let mut mac = mac(key.as_bytes());
    mac.update(purpose);
    Ok(mac.finalize().into_bytes().into())
}

fn cipher(name: &'static str, key: &str) -> Result<XChaCha20Poly1305, WeakCardKey> {
    Ok(XChaCha20Poly1305::new(&derive(name, key, SEAL)?.into()))
}

/// No card could be sealed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotSealed(&'static str);

impl CardVault for SealedVault {
    fn seal(&self, number: &CardNumber, row: &CardBinding) -> Result<SealedCard, Cause> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let (key, cipher) = self.keys.first().ok_or(NotSealed("there is no key"))?;
        let (text, binding) = (number.reveal(), row.text());
        let payload = Payload { msg: text.as_bytes(), aad: binding.as_bytes() };
        let sealed = cipher.encrypt(&nonce.into(), payload).map_err(|_| NotSealed("the cipher failed"))?;
        Ok(SealedCard { key: key.clone(), bytes: [&nonce[..], &sealed].concat() })
    }

    fn open(&self, sealed: &SealedCard, row: &CardBinding) -> Result<CardNumber, OpenCardError> {
        let key = self.keys.iter().find(|(id, _)| *id == sealed.key);
        let (_, cipher) = key.ok_or_else(|| OpenCardError::UnknownKey(sealed.key.clone()))?;
        let (nonce, text) = sealed.bytes.split_first_chunk::<NONCE_BYTES>().ok_or(OpenCardError::Forged)?;
        let binding = row.text();
        let payload = Payload { msg: text, aad: binding.as_bytes() };
        let number = cipher.decrypt(&(*nonce).into(), payload).map_err(|_| OpenCardError::Forged)?;
        let number = std::str::from_utf8(&number).map_err(|_| OpenCardError::Forged)?;
        CardNumber::parse(number).map_err(|_| OpenCardError::Forged)
    }

    fn fingerprint(&self, number: &CardNumber) -> CardFingerprint {
        let mut mac = self.fingerprints.clone();
        mac.update(number.reveal().as_bytes());
        CardFingerprint(mac.finalize().into_bytes().into())
    }
}

/// A vault without keys: it takes no card.
pub(crate) struct NoVault;

impl CardVault for NoVault {
    fn seal(&self, _: &CardNumber, _: &CardBinding) -> Result<SealedCard, Cause> {
        Err(NotSealed("CARD_KEY and CARD_HASH_KEY are not set").into())
    }

    fn open(&self, sealed: &SealedCard, _: &CardBinding) -> Result<CardNumber, OpenCardError> {
        Err(OpenCardError::UnknownKey(sealed.key.clone()))
    }

    /// Of nothing that was sealed, so it is never stored.
    fn fingerprint(&self, _: &CardNumber) -> CardFingerprint {
        CardFingerprint([0; 32])
    }
}

#[cfg(test)]
mod tests {
    use domain::id::AgencyId;

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "fedcba9876543210fedcba9876543210";
    const ROW: CardBinding = CardBinding::Agency(AgencyId::new(7));

    fn id(name: &str) -> KeyId {
        KeyId::parse(name).unwrap()
    }

    fn number() -> CardNumber {
        CardNumber::parse("3174010203040001").unwrap()
    }

    #[test]
    fn what_was_sealed_opens_for_its_row_alone_and_shows_nothing() {
        let vault = SealedVault::new((id("1"), KEY), &[], OTHER).unwrap();
        let (first, second) = (vault.seal(&number(), &ROW).unwrap(), vault.seal(&number(), &ROW).unwrap());
        assert_ne!(first, second, "each has a nonce of its own");
        assert_eq!((first.key.as_str(), first.bytes.len()), ("1", NONCE_BYTES + 16 + 16));
        assert!(!first.bytes.windows(4).any(|part| part == b"3174"));
        assert_eq!(vault.open(&first, &ROW).unwrap(), number());
        let other_row = CardBinding::Agency(AgencyId::new(8));
        assert!(matches!(vault.open(&first, &other_row), Err(OpenCardError::Forged)));
        for place in 0..first.bytes.len() {
            let mut changed = first.clone();
            changed.bytes[place] ^= 1;
            assert!(matches!(vault.open(&changed, &ROW), Err(OpenCardError::Forged)), "{place}");
        }
        let short = SealedCard { bytes: vec![1; NONCE_BYTES - 1], ..first };
        assert!(matches!(vault.open(&short, &ROW), Err(OpenCardError::Forged)));
    }

    #[test]
    fn keys_are_replaced_while_cards_stay_readable_and_fingerprints_stay_the_same() {
        let before = SealedVault::new((id("1"), KEY), &[], OTHER).unwrap();
        let after = SealedVault::new((id("2"), OTHER), &[(id("1"), KEY)], OTHER).unwrap();
        let sealed = before.seal(&number(), &ROW).unwrap();
        assert_eq!(after.open(&sealed, &ROW).unwrap(), number());
        let newer = after.seal(&number(), &ROW).unwrap();
        assert!(matches!(before.open(&newer, &ROW), Err(OpenCardError::UnknownKey(key)) if key == id("2")));
        assert_eq!(before.fingerprint(&number()), after.fingerprint(&number()));
        let elsewhere = SealedVault::new((id("1"), KEY), &[], KEY).unwrap();
        assert_ne!(before.fingerprint(&number()), elsewhere.fingerprint(&number()));
        assert_ne!(before.fingerprint(&number()), before.fingerprint(&CardNumber::parse("3174010203040002").unwrap()));
    }

    #[test]
    fn short_keys_and_equal_names_are_refused() {
        let vault = |key, old: &[(KeyId, &str)], hash| SealedVault::new((id("1"), key), old, hash).err();
        assert_eq!(vault(&KEY[1..], &[], OTHER), Some(WeakCardKey::Short("CARD_KEY")));
        assert_eq!(vault(KEY, &[(id("0"), "short")], OTHER), Some(WeakCardKey::Short("CARD_KEYS_OLD")));
        assert_eq!(vault(KEY, &[], ""), Some(WeakCardKey::Short("CARD_HASH_KEY")));
        assert_eq!(vault(KEY, &[(id("1"), OTHER)], OTHER), Some(WeakCardKey::NamedTwice));
    }

    #[test]
    fn without_keys_no_card_is_taken() {
        assert!(NoVault.seal(&number(), &ROW).is_err());
    }
}
