//! The rows of `users`, and what they are to the domain.

use chrono::{DateTime, Utc};
use diesel::{AsChangeset, Insertable, Queryable, Selectable, result::Error as DieselError};
use domain::{
    id::UserId,
    money::Coins,
    user::{
        Age, AvatarPath, Credentials, DisplayName, Gender, NewUser, PasswordHash, PhoneNumber, ProfileChange, Role,
        Signature, Standing, User,
    },
};

use crate::{error::unreadable, schema::users};

/// A user who is stored for the first time.
#[derive(Insertable)]
#[diesel(table_name = users)]
pub(crate) struct NewUserRow<'a> {
    id: i64,
    phone: &'a str,
    password: &'a str,
    name: &'a str,
    role: &'static str,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl<'a> From<&'a NewUser> for NewUserRow<'a> {
    fn from(user: &'a NewUser) -> Self {
        Self {
            id: user.id.value(),
            phone: user.phone.reveal(),
            password: user.password.as_str(),
            name: user.name.as_str(),
            role: role_word(user.role),
            created_at: user.created_at,
            updated_at: user.created_at,
        }
    }
}

/// A user without what proves his identity.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(super) struct UserRow {
    id: i64,
    phone: String,
    name: String,
    avatar_url: Option<String>,
    gender: Option<String>,
    age: Option<i32>,
    signature: Option<String>,
    balance: i64,
    level: i32,
    vip_level: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<UserRow> for User {
    type Error = DieselError;

    fn try_from(row: UserRow) -> Result<Self, DieselError> {
        Ok(Self {
            id: UserId::new(row.id),
            phone: PhoneNumber::from_stored(row.phone),
            name: row.name,
            avatar: row.avatar_url.map(AvatarPath::new),
            gender: row.gender,
            age: row.age,
            signature: row.signature,
            balance: Coins::new(row.balance).map_err(unreadable)?,
            level: row.level,
            vip_level: row.vip_level,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// What decides on a user's tokens.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(super) struct StandingRow {
    role: String,
    token_epoch: i32,
    banned_at: Option<DateTime<Utc>>,
}

impl TryFrom<StandingRow> for Standing {
    type Error = DieselError;

    fn try_from(row: StandingRow) -> Result<Self, DieselError> {
        let role = match row.role.as_str() {
            "user" => Role::User,
            "admin" => Role::Admin,
            other => return Err(unreadable(format!("{other:?} is no role"))),
        };
        Ok(Self { role, epoch: row.token_epoch, is_banned: row.banned_at.is_some() })
    }
}

/// The word that the database uses.
const fn role_word(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Admin => "admin",
    }
}

/// What proves a user's identity.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(super) struct CredentialsRow {
    id: i64,
    name: String,
    phone: String,
    password: String,
    #[diesel(embed)]
    standing: StandingRow,
}

impl TryFrom<CredentialsRow> for Credentials {
    type Error = DieselError;

    fn try_from(row: CredentialsRow) -> Result<Self, DieselError> {
        Ok(Self {
            user_id: UserId::new(row.id),
            name: row.name,
            phone: PhoneNumber::from_stored(row.phone),
            password: PasswordHash::new(row.password),
            standing: row.standing.try_into()?,
        })
    }
}

/// The columns that a user may change himself, and no others.
#[derive(AsChangeset)]
#[diesel(table_name = users)]
pub(super) struct ProfileChangeRow<'a> {
    name: Option<&'a str>,
    gender: Option<Option<&'static str>>,
    age: Option<Option<i32>>,
    signature: Option<Option<&'a str>>,
}

impl<'a> From<&'a ProfileChange> for ProfileChangeRow<'a> {
    fn from(change: &'a ProfileChange) -> Self {
        Self {
            name: change.name.as_ref().map(DisplayName::as_str),
            gender: change.gender.map(|gender| gender.map(Gender::word)),
            age: change.age.map(|age| age.map(Age::years)),
            signature: change.signature.as_ref().map(|line| line.as_ref().map(Signature::as_str)),
        }
    }
}
