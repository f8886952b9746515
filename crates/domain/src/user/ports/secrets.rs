//! Hashing passwords and signing tokens.

use async_trait::async_trait;

use crate::{
    store::Cause,
    user::{Claims, PasswordHash, PlainPassword},
};

/// Why a password could not be hashed or verified.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// Too many wait already.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// The hasher failed.
    #[error("hashing failed")]
    Failed(#[source] Cause),
}

/// Hashes passwords, a bounded number at once.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Waits for a place to hash in, which is free again when the place is dropped.
    ///
    /// - MUST refuse at once when too many wait already.
    ///
    /// # Errors
    /// [`HashingError::Busy`].
    async fn place(&self) -> Result<Box<dyn HashingPlace>, HashingError>;
}

/// A place to hash in.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait HashingPlace: Send + Sync {
    /// Hashes a password with the strength of today.
    ///
    /// # Errors
    /// [`HashingError::Failed`].
    async fn hash(&self, password: &PlainPassword) -> Result<PasswordHash, HashingError>;

    /// Verifies a password. A stored text that is no hash at all is [`Verdict::Wrong`].
    ///
    /// # Errors
    /// [`HashingError::Failed`].
    async fn verify(&self, password: &PlainPassword, hash: &PasswordHash) -> Result<Verdict, HashingError>;

    /// Takes as long as verifying a wrong password of today's strength.
    ///
    /// # Errors
    /// [`HashingError::Failed`].
    async fn verify_nobody(&self) -> Result<(), HashingError>;
}

/// What verifying a password shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password, hashed with the strength of today.
    Right,
    /// The password, hashed with an older method: hash it anew.
    RightButOutdated,
    /// Another password.
    Wrong,
}

/// A token that this server did not sign, or that is not one at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token of this server")]
pub struct ForgedToken;

/// Signs claims and verifies signatures. Whether claims are *believed* is decided by [`Claims::check`].
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
pub trait TokenSigner: Send + Sync {
    /// Signs claims.
    ///
    /// # Errors
    /// The cause, when signing fails; it does not with a usable key.
    fn sign(&self, claims: &Claims) -> Result<String, Cause>;

    /// The claims of a token with a good signature.
    ///
    /// - MUST accept one algorithm only.
    /// - MUST refuse a token whose claims are not of the types that this server issues, or that belongs to an
    ///   administrator of the server that this one replaced.
    ///
    /// # Errors
    /// [`ForgedToken`] for everything else.
    fn verify(&self, token: &str) -> Result<Claims, ForgedToken>;
}
