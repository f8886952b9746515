//! Which messages may be large, decided from how they begin.

/// What the first bytes of a message say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may be large.
    Admit,
    /// It may not.
    Refuse,
    /// More bytes are needed.
    Undecided,
}

/// Text messages above a size must begin like one that may be large; binary ones above it are refused.
#[derive(Debug, Clone, Copy)]
pub struct LargeRule {
    /// The largest message that the rule does not look at, in bytes.
    pub above: usize,
    /// Judges the first bytes of a text message: at most [`LargeRule::PREFIX_BYTES_MAX`] of them, not always ending
    /// between characters.
    pub judge: fn(&[u8]) -> Verdict,
}

impl LargeRule {
    /// A message that is still [`Verdict::Undecided`] after so many bytes is refused.
    pub const PREFIX_BYTES_MAX: usize = 64;

    /// The verdict on a message of which `first` has arrived. Never undecided once enough bytes are there.
    #[must_use]
    pub fn verdict(&self, text: bool, first: &[u8]) -> Verdict {
        if !text {
            return Verdict::Refuse;
        }
        let prefix = first.get(..Self::PREFIX_BYTES_MAX).unwrap_or(first);
        match (self.judge)(prefix) {
            Verdict::Undecided if prefix.len() == Self::PREFIX_BYTES_MAX => Verdict::Refuse,
            verdict => verdict,
        }
    }
}
