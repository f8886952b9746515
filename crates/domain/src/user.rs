//! People: who they are, how they prove it, and what they may say of themselves.
//!
//! Not responsible for balances beyond carrying them (see [`crate::wallet`]).

mod administration;
mod ban;
mod errors;
mod guard;
mod name;
mod password;
mod phone;
mod ports;
mod profile;
mod service;
mod token;

pub use administration::{AdminError, AdminService, NewAdmin};
pub use ban::BanOrder;
pub use errors::{AuthenticationError, ChangePasswordError, LoginError, RegisterError};
use guard::IMPOSSIBLE_ACCOUNT;
pub use guard::{ClientAddress, LoginGuard, LoginRules};
pub(crate) use name::is_printable;
pub use name::{DisplayName, InvalidName, NAME_CHARS_MAX};
pub use password::{COMMON_PASSWORDS, PASSWORD_CHARS_MAX, PasswordHash, PasswordPolicy, PlainPassword, WeakPassword};
pub use phone::{InvalidPhone, PhoneNumber, PhoneRegion, UnknownRegion};
pub use ports::*;
pub use profile::{
    AGE_MAX, AGE_MIN, Age, AvatarPath, Gender, InvalidAge, InvalidGender, InvalidSignature, ProfileChange,
    ProfileError, ProfileService, SIGNATURE_CHARS_MAX, Signature,
};
pub use service::{AccountService, LoggedIn, LoginAttempt, Registration, TokenSession};
pub use token::{Claims, ClaimsRefusal, TOKEN_LEEWAY, TOKEN_LIFE};

use chrono::{DateTime, Utc};

use crate::{id::UserId, money::Coins};

/// What a user may do beyond what everybody may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nothing.
    User,
    /// Administer. Given by the command line only, never over the network.
    Admin,
}

/// A user as he sees himself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The number that the app shows.
    pub id: UserId,
    /// Shown to the user himself only.
    pub phone: PhoneNumber,
    /// Shown to everybody.
    pub name: String,
    /// His picture, if he has one.
    pub avatar: Option<AvatarPath>,
    /// As he stated it.
    pub gender: Option<String>,
    /// In years, as he stated it.
    pub age: Option<i32>,
    /// A line about himself.
    pub signature: Option<String>,
    /// What he can spend.
    pub balance: Coins,
    /// Shown; nothing changes it yet.
    pub level: i32,
    /// Shown; nothing changes it yet.
    pub vip_level: i32,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When the profile was last changed.
    pub updated_at: DateTime<Utc>,
}

/// An authenticated user: what a verified token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Who calls.
    pub user_id: UserId,
    /// What he may do.
    pub role: Role,
}
