//! Keys that make a money request safe to repeat.

use crate::dice::Dice;

/// The longest key that a client may choose.
pub const REQUEST_KEY_CHARS_MAX: usize = 64;

/// A key that names one money request of one actor: the same key with the same content is the same request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestKey {
    text: String,
    is_chosen: bool,
}

/// Why a key was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to {REQUEST_KEY_CHARS_MAX} visible ASCII characters")]
pub struct InvalidRequestKey;

impl RequestKey {
    /// Parses a key chosen by a client.
    ///
    /// # Errors
    /// [`InvalidRequestKey`] unless it has 1 to [`REQUEST_KEY_CHARS_MAX`] visible ASCII characters.
    pub fn parse(raw: &str) -> Result<Self, InvalidRequestKey> {
        let visible = raw.bytes().all(|byte| byte.is_ascii_graphic());
        if raw.is_empty() || raw.len() > REQUEST_KEY_CHARS_MAX || !visible {
            return Err(InvalidRequestKey);
        }
        Ok(Self { text: raw.to_owned(), is_chosen: true })
    }

    /// Makes a key for a request that came without one, so that the server's own retry inside is safe too.
    #[must_use]
    pub fn generate(dice: &dyn Dice) -> Self {
        Self { text: format!("auto-{:016x}{:016x}", dice.draw(), dice.draw()), is_chosen: false }
    }

    /// The key as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the client chose it, and so can send it again. A refusal under any other key is asked for by nobody.
    #[must_use]
    pub const fn is_chosen(&self) -> bool {
        self.is_chosen
    }
}

/// Who a key belongs to: two actors may use the same key without meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A user, by his token.
    User(crate::id::UserId),
    /// Whoever may run the server's own command line.
    CommandLine,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::LoadedDice;

    #[test]
    fn keys_are_short_and_visible() {
        let longest = "k".repeat(REQUEST_KEY_CHARS_MAX);
        for accepted in ["a", "550e8400-e29b-41d4-a716-446655440000", "!~", longest.as_str()] {
            assert_eq!(RequestKey::parse(accepted).unwrap().as_str(), accepted);
        }
        let too_long = "k".repeat(REQUEST_KEY_CHARS_MAX + 1);
        for refused in ["", " ", "a b", "a\n", "é", "\u{7f}", too_long.as_str()] {
            assert_eq!(RequestKey::parse(refused), Err(InvalidRequestKey), "{refused:?}");
        }
    }

    #[test]
    fn generated_keys_are_keys() {
        let key = RequestKey::generate(&LoadedDice::new([1, 2]));
        assert_eq!(key.as_str(), "auto-00000000000000010000000000000002");
        assert!(!key.is_chosen());
        assert!(RequestKey::parse(key.as_str()).unwrap().is_chosen());
    }
}
