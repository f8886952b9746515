//! What may be written.

use std::fmt;

use crate::user::is_printable;

/// The longest message, in characters.
pub const MESSAGE_CHARS_MAX: usize = 500;

/// The text of a message: trimmed, 1 to [`MESSAGE_CHARS_MAX`] characters, lines broken by `\n`, nothing else that controls
/// a terminal or reorders the text around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageText(String);

/// Why a text was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMessage {
    /// Nothing is left after trimming.
    #[error("a message has at least one character")]
    Empty,
    /// More than [`MESSAGE_CHARS_MAX`] characters.
    #[error("a message has at most {MESSAGE_CHARS_MAX} characters")]
    TooLong,
    /// A control or a bidirectional-override character.
    #[error("a message has no control characters but line breaks")]
    Unprintable,
}

impl MessageText {
    /// Parses a text.
    ///
    /// # Errors
    /// [`InvalidMessage`], in the order of its variants.
    pub fn parse(raw: &str) -> Result<Self, InvalidMessage> {
        let text = raw.trim().replace("\r\n", "\n");
        if text.is_empty() {
            return Err(InvalidMessage::Empty);
        }
        if text.chars().count() > MESSAGE_CHARS_MAX {
            return Err(InvalidMessage::TooLong);
        }
        if !text.chars().all(|character| character == '\n' || is_printable(character)) {
            return Err(InvalidMessage::Unprintable);
        }
        Ok(Self(text))
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_trimmed_and_have_lines() {
        assert_eq!(MessageText::parse("  hai\r\nsemua 👋\n ").unwrap().as_str(), "hai\nsemua 👋");
        assert_eq!(MessageText::parse(" \n\t\u{a0} "), Err(InvalidMessage::Empty));
        assert!(MessageText::parse(&format!(" {} ", "é".repeat(MESSAGE_CHARS_MAX))).is_ok());
        assert_eq!(MessageText::parse(&"é".repeat(MESSAGE_CHARS_MAX + 1)), Err(InvalidMessage::TooLong));
    }

    #[test]
    fn messages_cannot_disguise_or_control() {
        for hostile in ["a\0b", "a\rb", "a\tb", "\u{1b}[31mred", "a\u{202e}b", "a\u{2066}b", "a\u{2028}b", "a\u{85}b"] {
            assert_eq!(MessageText::parse(hostile), Err(InvalidMessage::Unprintable), "{hostile:?}");
        }
    }
}
