//! Why an account's use case did not end as wished.

use super::{ClaimsRefusal, HashingError};
use crate::{
    rate::RetryAfter,
    store::{Cause, StoreError},
};

/// Why nobody was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Too many registrations from this address.
    #[error("too many registrations from one address")]
    TooMany(RetryAfter),
    /// Somebody has this phone number.
    #[error("the phone number is taken")]
    PhoneTaken,
    /// The password was not hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Too many failed attempts.
    #[error("too many failed attempts")]
    TooMany(RetryAfter),
    /// Unknown phone number or wrong password: the same answer after the same time.
    #[error("the phone number or the password is wrong")]
    InvalidCredentials,
    /// The right password of a banned user.
    #[error("the account is banned")]
    Banned,
    /// The password was not verified.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Signing the token failed.
    #[error("the token could not be signed")]
    Signing(#[source] Cause),
}

/// Why a token does not stand for a user.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// Not a token of this server.
    #[error("not a token of this server")]
    Forged,
    /// Well signed, and not believed.
    #[error(transparent)]
    Claims(#[from] ClaimsRefusal),
    /// There is no such user (any more).
    #[error("there is no such user")]
    UnknownUser,
    /// The user is banned.
    #[error("the account is banned")]
    Banned,
    /// Issued before the last password change, ban or "log out everywhere".
    #[error("the token was revoked")]
    Revoked,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// Too many failed attempts.
    #[error("too many failed attempts")]
    TooMany(RetryAfter),
    /// There is no such user (any more).
    #[error("there is no such user")]
    UnknownUser,
    /// The old password is wrong.
    #[error("the old password is wrong")]
    WrongPassword,
    /// The password was not hashed or verified.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Signing the new token failed.
    #[error("the token could not be signed")]
    Signing(#[source] Cause),
}

impl From<LoginError> for ChangePasswordError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::TooMany(wait) => Self::TooMany(wait),
            LoginError::InvalidCredentials | LoginError::Banned => Self::WrongPassword,
            LoginError::Hashing(error) => Self::Hashing(error),
            LoginError::Store(error) => Self::Store(error),
            LoginError::Signing(cause) => Self::Signing(cause),
        }
    }
}
