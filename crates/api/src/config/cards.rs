//! The keys that numbers of identity cards are sealed with.

use domain::agency::KeyId;

use super::{ConfigError, Secret, Source};

/// The most keys of before.
const OLD_KEYS_MAX: usize = 16;

/// The keys of identity cards.
#[derive(Debug, Clone)]
pub struct CardKeys {
    /// The name of the present key, which is kept with every number that it seals.
    pub id: KeyId,
    /// The present key.
    pub key: Option<Secret>,
    /// Keys of before, which still open what they sealed.
    pub old: Vec<(KeyId, Secret)>,
    /// The key that equal numbers are recognised with; it never changes.
    pub hash_key: Option<Secret>,
}

impl CardKeys {
    pub(super) fn read(source: &Source) -> Result<Self, ConfigError> {
        Ok(Self {
            id: source.parsed("CARD_KEY_ID", KeyId::parse)?,
            key: source.optional("CARD_KEY")?,
            old: source.parsed("CARD_KEYS_OLD", old_keys)?,
            hash_key: source.optional("CARD_HASH_KEY")?,
        })
    }
}

fn old_keys(text: &str) -> Result<Vec<(KeyId, Secret)>, String> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let keys: Vec<_> = pairs
        .map(|pair| {
            let (id, key) = pair.split_once('=').ok_or("is no list of id=key, separated by commas")?;
            let id = KeyId::parse(id.trim()).map_err(|error| error.to_string())?;
            key.trim().parse().map(|key| (id, key)).map_err(|_: std::convert::Infallible| String::new())
        })
        .collect::<Result<_, String>>()?;
    if keys.len() > OLD_KEYS_MAX { Err(format!("has more than {OLD_KEYS_MAX} keys")) } else { Ok(keys) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_keys_are_named() {
        let keys = old_keys(" 2025=abc , 2024=d=e,").unwrap();
        let told: Vec<_> = keys.iter().map(|(id, key)| (id.as_str(), key.reveal())).collect();
        assert_eq!(told, [("2025", "abc"), ("2024", "d=e")]);
        assert_eq!(old_keys("").unwrap().len(), 0);
        assert!(old_keys("abc").unwrap_err().contains("id=key"));
        assert!(old_keys("a b=c").is_err() && old_keys(&"1=2,".repeat(17)).is_err());
    }
}
