//! Keeping avatars.

use async_trait::async_trait;

use crate::{store::Cause, user::AvatarPath};

/// Why a picture was not stored.
#[derive(Debug, thiserror::Error)]
pub enum AvatarError {
    /// Not a JPEG, PNG or WebP picture, by its content.
    #[error("not a JPEG, PNG or WebP picture")]
    NotAPicture,
    /// More pixels than a picture may have.
    #[error("the picture has too many pixels")]
    TooLarge,
    /// The place for pictures failed.
    #[error("the picture could not be stored")]
    Storage(#[source] Cause),
}

/// Keeps avatars.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AvatarStore: Send + Sync {
    /// Decodes a picture, encodes it anew and keeps it under a random name.
    ///
    /// - MUST decide by the content, never by a label.
    /// - MUST never keep the bytes as they came.
    ///
    /// # Errors
    /// [`AvatarError`].
    async fn store(&self, picture: Vec<u8>) -> Result<AvatarPath, AvatarError>;

    /// Removes an avatar; does nothing when it is gone already, or is not one of this store.
    async fn remove(&self, avatar: &AvatarPath);
}
