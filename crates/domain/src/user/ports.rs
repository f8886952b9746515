//! What the rules about people need from outside: a place for users here, the rest in the modules below.

mod avatars;
mod secrets;

pub use avatars::*;
pub use secrets::*;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{AvatarPath, BanOrder, DisplayName, PasswordHash, PhoneNumber, ProfileChange, Role, User};
use crate::{id::UserId, store::StoreError};

/// A user to be stored for the first time, with a balance of zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Drawn at random by the caller.
    pub id: UserId,
    /// In its stored spelling.
    pub phone: PhoneNumber,
    /// Of his first password.
    pub password: PasswordHash,
    /// As others see it.
    pub name: DisplayName,
    /// What he may do.
    pub role: Role,
    /// When the account is made.
    pub created_at: DateTime<Utc>,
}

/// Why a user could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum InsertUserError {
    /// Another user has this id. Draw again.
    #[error("the id is taken")]
    IdTaken,
    /// Another user has this phone number.
    #[error("the phone number is taken")]
    PhoneTaken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What proves a user's identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whose they are.
    pub user_id: UserId,
    /// His name, for the answer to a login.
    pub name: String,
    /// His phone number.
    pub phone: PhoneNumber,
    /// The hash to verify against.
    pub password: PasswordHash,
    /// What his tokens are issued for.
    pub standing: Standing,
}

/// Whether a user's tokens are good, now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What he may do.
    pub role: Role,
    /// Tokens of another epoch are refused.
    pub epoch: i32,
    /// Whether he is banned.
    pub is_banned: bool,
}

/// Loads and saves users.
///
/// Every method that takes an instant writes that instant, never the store's own clock.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Stores a new user.
    ///
    /// - MUST store nothing when the id or the phone number is taken, also when two ask at once.
    ///
    /// # Errors
    /// [`InsertUserError`].
    async fn insert(&self, user: &NewUser) -> Result<(), InsertUserError>;

    /// The user with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn find(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// The id of the user with this phone number.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn find_id(&self, phone: &PhoneNumber) -> Result<Option<UserId>, StoreError>;

    /// The credentials of the user with this phone number.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn find_credentials(&self, phone: &PhoneNumber) -> Result<Option<Credentials>, StoreError>;

    /// The credentials of the user with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn find_credentials_by_id(&self, id: UserId) -> Result<Option<Credentials>, StoreError>;

    /// Whether the tokens of the user with this id are good.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn find_standing(&self, id: UserId) -> Result<Option<Standing>, StoreError>;

    /// The same for many users at once; those who do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn find_standings(&self, ids: &[UserId]) -> Result<Vec<(UserId, Standing)>, StoreError>;

    /// Changes what the change names and nothing else; answers the user as he is now, `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn update_profile(
        &self,
        id: UserId,
        change: &ProfileChange,
        at: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError>;

    /// Puts a new avatar in place; answers the one it replaced.
    ///
    /// - MUST answer each replaced avatar exactly once, also when two replace at once: its file is deleted then.
    /// - MUST NOT try again after a commit of unknown outcome: what was replaced is unknown too, and no file is deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn replace_avatar(
        &self,
        id: UserId,
        avatar: &AvatarPath,
        at: DateTime<Utc>,
    ) -> Result<ReplacedAvatar, StoreError>;

    /// Replaces the hash `old` by a stronger one of the same password. Does nothing when it is no longer `old`.
    ///
    /// - MUST leave the epoch alone: nobody is logged out by it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn upgrade_password(&self, id: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError>;

    /// Puts `new` in place of `old` and raises the epoch; answers the new epoch, `None` when `old` is no longer in force
    /// or there is no such user.
    ///
    /// - MUST change nothing when another password was put in place meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn replace_password(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        at: DateTime<Utc>,
    ) -> Result<Option<i32>, StoreError>;

    /// Puts a password in place whatever was there, and raises the epoch; answers whether there is such a user.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn set_password(&self, id: UserId, password: &PasswordHash, at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Raises the epoch, so that all older tokens are refused; answers the new one, `None` when there is no such user.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn raise_epoch(&self, id: UserId, at: DateTime<Utc>) -> Result<Option<i32>, StoreError>;

    /// Bans the user and raises the epoch, or lifts the ban; answers whether there is such a user.
    ///
    /// - MUST keep the instant of the first ban when he is banned already.
    /// - MUST write the order's [line](super::BanOrder::entry) of the audit log in the same transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn set_ban(&self, order: &BanOrder, at: DateTime<Utc>) -> Result<bool, StoreError>;
}

/// What [`UserRepository::replace_avatar`] found in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplacedAvatar {
    /// No user.
    NoUser,
    /// The user, and his avatar before, if he had one.
    Before(Option<AvatarPath>),
}
