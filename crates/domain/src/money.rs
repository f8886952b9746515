//! Money: whole numbers with a name. Nothing here rounds except [`Coins::share`], [`Diamonds::exchanged`] and
//! [`Diamonds::part`], which floor.
//!
//! **Coins** are bought and spent, **diamonds** are earned. They never mix: the only functions from one to the other
//! are the share that a host receives of a gift, and what she receives for diamonds that she exchanges.

use std::fmt;

use thiserror::Error;

/// The largest amount, 2^53−1: the apps read amounts as JavaScript numbers.
pub const AMOUNT_MAX: i64 = 9_007_199_254_740_991;

/// An amount outside `0..=`[`AMOUNT_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0} is not an amount between 0 and {AMOUNT_MAX}")]
pub struct AmountOutOfRange(pub i64);

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// An amount.
            ///
            /// # Errors
            /// [`AmountOutOfRange`] outside `0..=`[`AMOUNT_MAX`].
            pub const fn new(amount: i64) -> Result<Self, AmountOutOfRange> {
                if amount < 0 || amount > AMOUNT_MAX { Err(AmountOutOfRange(amount)) } else { Ok(Self(amount)) }
            }

            /// The number itself, for the wire and the database.
            #[must_use]
            pub const fn value(self) -> i64 {
                self.0
            }

            /// The sum; `None` above [`AMOUNT_MAX`].
            #[must_use]
            pub fn checked_add(self, other: Self) -> Option<Self> {
                Self::new(self.0.checked_add(other.0)?).ok()
            }

            /// The difference; `None` below zero.
            #[must_use]
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                Self::new(self.0.checked_sub(other.0)?).ok()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

amount!(
    /// Coins, `0..=`[`AMOUNT_MAX`].
    Coins
);
amount!(
    /// Diamonds, `0..=`[`AMOUNT_MAX`].
    Diamonds
);

impl Coins {
    /// The part of these coins that a host receives, in diamonds: one for one, floored.
    #[must_use]
    pub fn share(self, part: BasisPoints) -> Diamonds {
        Diamonds(part.of(self.0))
    }
}

impl Diamonds {
    /// What a host receives for these diamonds, in coins: the part of them that the rate is, floored.
    #[must_use]
    pub fn exchanged(self, rate: BasisPoints) -> Coins {
        Coins(rate.of(self.0))
    }

    /// A part of these diamonds, floored.
    #[must_use]
    pub fn part(self, part: BasisPoints) -> Self {
        Self(part.of(self.0))
    }
}

/// A part of a whole in hundredths of a per cent, `0..=10000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BasisPoints(u16);

impl BasisPoints {
    /// Everything.
    pub const WHOLE: Self = Self(10_000);

    /// A part; `None` when it is more than the whole.
    #[must_use]
    pub const fn new(points: u16) -> Option<Self> {
        if points <= Self::WHOLE.0 { Some(Self(points)) } else { None }
    }

    /// A part that is known when the program is written; held within the whole.
    #[must_use]
    pub const fn clamped(points: u16) -> Self {
        if points <= Self::WHOLE.0 { Self(points) } else { Self::WHOLE }
    }

    /// This part of an amount, floored.
    #[expect(clippy::expect_used, reason = "a part is at most the whole, so the result fits where the whole did")]
    fn of(self, amount: i64) -> i64 {
        let product = i128::from(amount).checked_mul(i128::from(self.0));
        let floored = product.and_then(|product| product.checked_div(i128::from(Self::WHOLE.0)));
        floored.and_then(|part| i64::try_from(part).ok()).expect("a part of an amount is an amount")
    }

    /// The number of basis points.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests;
