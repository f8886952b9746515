//! Coins that come and go other than by a gift: grants, corrections, exchanged diamonds, later top-ups.

mod amount;
mod change;
mod exchange;
mod ports;

pub use amount::{CorrectionAmount, GrantAmount, InvalidCoins, REASON_CHARS_MAX, Reason};
pub use change::{
    CoinChange, CoinContext, CoinError, CoinOrder, CoinPosting, CoinReceipt, CoinRefusal, CoinService, change_balance,
};
pub use exchange::{
    EXCHANGE_RATE, ExchangeAmount, ExchangeContext, ExchangeError, ExchangeOrder, ExchangePosting, ExchangeReceipt,
    ExchangeRefusal, ExchangeService, InvalidExchange, Purse, exchange,
};
pub use ports::*;

/// Why coins moved other than by a gift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementKind {
    /// Bought.
    TopUp,
    /// Given by an administrator.
    Grant,
    /// Made of diamonds.
    Exchange,
    /// A mistake put right by a new row.
    Correction,
}

impl MovementKind {
    /// The word that the database uses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Grant => "grant",
            Self::Exchange => "exchange",
            Self::Correction => "correction",
        }
    }
}
