//! How many coins an administrator gives or takes, and why.

use crate::money::{AMOUNT_MAX, Coins};

/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 200;

/// An amount to grant: at least one coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantAmount(Coins);

/// An amount to correct a balance by: at least one coin, given or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorrectionAmount {
    is_taken: bool,
    coins: Coins,
}

/// Why coins moved, in an operator's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

/// Why a wish to change a user's coins is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCoins {
    /// Not an amount of at least one coin.
    #[error("a grant is at least one coin and at most {AMOUNT_MAX}")]
    Grant,
    /// Nothing, or more than there can be.
    #[error("a correction gives or takes at least one coin and at most {AMOUNT_MAX}")]
    Correction,
    /// No reason, or too long a one.
    #[error("a reason has 1 to {REASON_CHARS_MAX} printable characters")]
    Reason,
}

impl GrantAmount {
    /// An amount.
    ///
    /// # Errors
    /// [`InvalidCoins::Grant`] unless it is at least one coin.
    pub fn parse(coins: i64) -> Result<Self, InvalidCoins> {
        let amount = Coins::new(coins).map_err(|_| InvalidCoins::Grant)?;
        if amount == Coins::ZERO { Err(InvalidCoins::Grant) } else { Ok(Self(amount)) }
    }

    /// The amount.
    #[must_use]
    pub const fn coins(self) -> Coins {
        self.0
    }
}

impl CorrectionAmount {
    /// An amount: what is below zero is taken.
    ///
    /// # Errors
    /// [`InvalidCoins::Correction`] unless it is at least one coin in either direction.
    pub fn parse(coins: i64) -> Result<Self, InvalidCoins> {
        let amount = coins.checked_abs().and_then(|amount| Coins::new(amount).ok()).filter(|it| *it != Coins::ZERO);
        amount.map(|amount| Self { is_taken: coins < 0, coins: amount }).ok_or(InvalidCoins::Correction)
    }

    /// Whether the coins are taken, not given.
    #[must_use]
    pub const fn is_taken(self) -> bool {
        self.is_taken
    }

    /// How many are given or taken.
    #[must_use]
    pub const fn coins(self) -> Coins {
        self.coins
    }
}

impl Reason {
    /// A reason.
    ///
    /// # Errors
    /// [`InvalidCoins::Reason`] when it is empty, too long or unprintable.
    pub fn parse(raw: &str) -> Result<Self, InvalidCoins> {
        let reason = raw.trim();
        let chars = reason.chars().count();
        if chars == 0 || chars > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
            return Err(InvalidCoins::Reason);
        }
        Ok(Self(reason.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_at_least_one_coin_and_has_a_reason() {
        for amount in [i64::MIN, -1, 0, AMOUNT_MAX + 1] {
            assert_eq!(GrantAmount::parse(amount), Err(InvalidCoins::Grant));
        }
        assert_eq!(Reason::parse("  welcome ").unwrap().as_str(), "welcome");
        for reason in ["", "  ", "a\nb", &"r".repeat(REASON_CHARS_MAX + 1)] {
            assert_eq!(Reason::parse(reason), Err(InvalidCoins::Reason));
        }
    }

    #[test]
    fn a_correction_gives_or_takes_at_least_one_coin() {
        for amount in [1, AMOUNT_MAX, -1, -AMOUNT_MAX] {
            let parsed = CorrectionAmount::parse(amount).unwrap();
            assert_eq!((parsed.coins().value(), parsed.is_taken()), (amount.abs(), amount < 0));
        }
        for amount in [0, AMOUNT_MAX + 1, -AMOUNT_MAX - 1, i64::MIN, i64::MAX] {
            assert_eq!(CorrectionAmount::parse(amount), Err(InvalidCoins::Correction));
        }
    }
}
