//! What a user says of himself.

use std::{fmt, sync::Arc};

use super::{AvatarError, AvatarStore, DisplayName, User, UserRepository, name::is_printable, ports::ReplacedAvatar};
use crate::{id::UserId, store::StoreError, time::Clock};

/// The youngest age that may be stated.
pub const AGE_MIN: i32 = 13;
/// The oldest age that may be stated.
pub const AGE_MAX: i32 = 100;
/// The longest signature, in characters.
pub const SIGNATURE_CHARS_MAX: usize = 100;

/// One of the two genders that the app offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// `laki-laki`
    Male,
    /// `perempuan`
    Female,
}

/// Neither of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a gender is laki-laki or perempuan")]
pub struct InvalidGender;

impl Gender {
    /// Reads the app's word.
    ///
    /// # Errors
    /// [`InvalidGender`] for any other.
    pub fn parse(word: &str) -> Result<Self, InvalidGender> {
        match word {
            "laki-laki" => Ok(Self::Male),
            "perempuan" => Ok(Self::Female),
            _ => Err(InvalidGender),
        }
    }

    /// The app's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Male => "laki-laki",
            Self::Female => "perempuan",
        }
    }
}

/// An age in years, [`AGE_MIN`]`..=`[`AGE_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age(i32);

/// Outside the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an age lies between {AGE_MIN} and {AGE_MAX}")]
pub struct InvalidAge;

impl Age {
    /// An age.
    ///
    /// # Errors
    /// [`InvalidAge`] outside the bounds.
    pub fn parse(years: i64) -> Result<Self, InvalidAge> {
        i32::try_from(years).ok().filter(|years| (AGE_MIN..=AGE_MAX).contains(years)).map(Self).ok_or(InvalidAge)
    }

    /// The number of years.
    #[must_use]
    pub const fn years(self) -> i32 {
        self.0
    }
}

/// A line about oneself, at most [`SIGNATURE_CHARS_MAX`] characters after trimming, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature(String);

/// Too long, or unprintable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signature has at most {SIGNATURE_CHARS_MAX} printable characters")]
pub struct InvalidSignature;

impl Signature {
    /// A signature; `None` when nothing is left after trimming.
    ///
    /// # Errors
    /// [`InvalidSignature`] when it is too long or unprintable. Line breaks are allowed.
    pub fn parse(raw: &str) -> Result<Option<Self>, InvalidSignature> {
        let signature = raw.trim();
        let printable = signature.chars().all(|character| character == '\n' || is_printable(character));
        if signature.chars().count() > SIGNATURE_CHARS_MAX || !printable {
            return Err(InvalidSignature);
        }
        Ok(if signature.is_empty() { None } else { Some(Self(signature.to_owned())) })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The path under which an avatar is served, such as `/uploads/avatars/….jpg`: made by the server, never by a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvatarPath(String);

impl AvatarPath {
    /// A path that an [`AvatarStore`] made or the database holds.
    #[must_use]
    pub const fn new(path: String) -> Self {
        Self(path)
    }

    /// The path, relative to the server.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AvatarPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A change of a profile: `None` leaves a member alone, `Some(None)` clears it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// A new name. It cannot be cleared.
    pub name: Option<DisplayName>,
    /// A new gender.
    pub gender: Option<Option<Gender>>,
    /// A new age.
    pub age: Option<Option<Age>>,
    /// A new signature.
    pub signature: Option<Option<Signature>>,
}

impl ProfileChange {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a profile was not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is no such user (any more).
    #[error("there is no such user")]
    UnknownUser,
    /// The change names nothing.
    #[error("nothing to change")]
    NothingToChange,
    /// The picture was not accepted.
    #[error(transparent)]
    Avatar(#[from] AvatarError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads and changes profiles.
pub struct ProfileService {
    users: Arc<dyn UserRepository>,
    avatars: Arc<dyn AvatarStore>,
    clock: Arc<dyn Clock>,
}

impl ProfileService {
    /// A service over these ports.
    #[must_use]
    pub fn new(users: Arc<dyn UserRepository>, avatars: Arc<dyn AvatarStore>, clock: Arc<dyn Clock>) -> Self {
        Self { users, avatars, clock }
    }

    /// The user himself.
    ///
    /// # Errors
    /// [`ProfileError::UnknownUser`], [`ProfileError::Store`].
    pub async fn profile(&self, id: UserId) -> Result<User, ProfileError> {
        self.users.find(id).await?.ok_or(ProfileError::UnknownUser)
    }

    /// Changes a profile; answers the user as he is now.
    ///
    /// # Errors
    /// [`ProfileError::NothingToChange`], [`ProfileError::UnknownUser`], [`ProfileError::Store`].
    pub async fn update(&self, id: UserId, change: &ProfileChange) -> Result<User, ProfileError> {
        if change.is_empty() {
            return Err(ProfileError::NothingToChange);
        }
        self.users.update_profile(id, change, self.clock.now()).await?.ok_or(ProfileError::UnknownUser)
    }

    /// Puts a new picture in place and removes the old one's file.
    ///
    /// # Errors
    /// [`ProfileError::Avatar`], [`ProfileError::UnknownUser`], [`ProfileError::Store`]; no file is left behind then.
    pub async fn replace_avatar(&self, id: UserId, picture: Vec<u8>) -> Result<AvatarPath, ProfileError> {
        let avatar = self.avatars.store(picture).await?;
        // The file comes first and the old one goes last: at no instant does a profile point to a missing file.
        match self.users.replace_avatar(id, &avatar, self.clock.now()).await {
            Ok(ReplacedAvatar::Before(before)) => {
                if let Some(before) = before {
                    self.avatars.remove(&before).await;
                }
                Ok(avatar)
            }
            Ok(ReplacedAvatar::NoUser) => {
                self.avatars.remove(&avatar).await;
                Err(ProfileError::UnknownUser)
            }
            // It may have been committed: an orphaned file is better than a broken picture.
            Err(error @ StoreError::OutcomeUnknown(_)) => Err(error.into()),
            Err(error) => {
                self.avatars.remove(&avatar).await;
                Err(error.into())
            }
        }
    }
}

#[cfg(test)]
mod tests;
