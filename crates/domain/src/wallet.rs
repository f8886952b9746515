//! Coins that come from elsewhere than a gift: grants, exchanged diamonds, later top-ups and corrections.

mod exchange;
mod grant;
mod ports;

pub use exchange::{
    EXCHANGE_RATE, ExchangeAmount, ExchangeContext, ExchangeError, ExchangeOrder, ExchangePosting, ExchangeReceipt,
    ExchangeRefusal, ExchangeService, InvalidExchange, Purse, exchange,
};
pub use grant::{
    CoinGrant, GrantAmount, GrantContext, GrantError, GrantPosting, GrantReceipt, GrantRefusal, GrantService,
    InvalidGrant, REASON_CHARS_MAX, Reason, grant,
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
