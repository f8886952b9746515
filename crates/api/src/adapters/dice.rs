//! The operating system's random numbers.

use domain::dice::Dice;

/// Dice that the operating system throws.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OsDice;

impl Dice for OsDice {
    /// # Panics
    /// When the operating system has no random numbers: nothing may go on then.
    #[expect(clippy::expect_used, reason = "without random numbers no id, key or secret is safe: stopping is right")]
    fn draw(&self) -> u64 {
        getrandom::u64().expect("the operating system gives random numbers")
    }
}
