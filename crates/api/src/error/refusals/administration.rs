//! What administrators are refused, in English.

use actix_web::http::StatusCode;
use domain::{
    agency::ReadCardError,
    user::AdminError,
    wallet::{CoinError, CoinRefusal, InvalidCoins},
};

use super::ApiError;

impl ApiError {
    /// 403: for administrators alone.
    pub(crate) fn not_an_admin() -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_an_admin", "Not authorized as admin")
    }
}

impl From<AdminError> for ApiError {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::UnknownUser => Self::administered_user_not_found(),
            AdminError::PhoneTaken => Self::bad_request("phone_taken", "Phone number is taken"),
            AdminError::Hashing(error) => error.into(),
            AdminError::Store(error) => error.into(),
        }
    }
}

impl ApiError {
    fn administered_user_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "user_not_found", "User not found")
    }
}

impl From<InvalidCoins> for ApiError {
    fn from(error: InvalidCoins) -> Self {
        match error {
            InvalidCoins::Grant | InvalidCoins::Correction => Self::invalid_amount(),
            InvalidCoins::Reason => Self::invalid_reason(),
        }
    }
}

impl From<CoinError> for ApiError {
    fn from(error: CoinError) -> Self {
        match error {
            CoinError::Refused(CoinRefusal::KeyReused) => Self::idempotency_key_reused(),
            CoinError::Refused(CoinRefusal::UnknownUser) => Self::administered_user_not_found(),
            CoinError::Refused(CoinRefusal::BalanceTooLarge) => {
                Self::bad_request("balance_too_large", "Coin balance too large")
            }
            CoinError::Refused(CoinRefusal::InsufficientBalance { needed, available }) => {
                Self::bad_request("insufficient_balance", "Insufficient balance")
                    .with("needed", needed.value())
                    .with("current", available.value())
            }
            CoinError::Store(error) => error.into(),
        }
    }
}

impl From<ReadCardError> for ApiError {
    fn from(error: ReadCardError) -> Self {
        match error {
            ReadCardError::NotFound => Self::new(StatusCode::NOT_FOUND, "card_not_found", "There is no such ID card"),
            ReadCardError::Sealed(error) => Self::cards_unavailable().because(error),
            ReadCardError::Store(error) => error.into(),
        }
    }
}
