//! What is refused around the exchange of diamonds. In English, as the apps show it.

use domain::wallet::{ExchangeError, ExchangeRefusal, InvalidExchange};

use super::ApiError;

impl ApiError {
    /// 400: no amount of diamonds that could be exchanged.
    pub(crate) fn invalid_amount() -> Self {
        Self::bad_request("invalid_amount", "Invalid amount")
    }
}

impl From<InvalidExchange> for ApiError {
    fn from(InvalidExchange: InvalidExchange) -> Self {
        Self::invalid_amount()
    }
}

impl From<ExchangeError> for ApiError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Refused(refusal) => refusal.into(),
            ExchangeError::Store(error) => error.into(),
        }
    }
}

impl From<ExchangeRefusal> for ApiError {
    fn from(refusal: ExchangeRefusal) -> Self {
        match refusal {
            ExchangeRefusal::KeyReused => Self::idempotency_key_reused(),
            ExchangeRefusal::UnknownHost => Self::user_not_found(),
            ExchangeRefusal::HostBanned => Self::account_banned(),
            ExchangeRefusal::InsufficientDiamonds { needed, available } => {
                Self::bad_request("insufficient_diamonds", "Insufficient diamond balance")
                    .with("needed", needed.value())
                    .with("current", available.value())
            }
            ExchangeRefusal::BalanceTooLarge => Self::bad_request("balance_too_large", "Coin balance too large"),
        }
    }
}
