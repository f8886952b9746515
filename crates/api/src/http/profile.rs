//! The caller's own profile.

use actix_web::{get, put, web::Json};
use domain::{
    money::Diamonds,
    time::Period,
    user::{Age, DisplayName, Gender, ProfileChange, Signature, User},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{State, body::CallerBody, wire::Instant};
use crate::{
    auth::Caller,
    error::{ApiError, Refusal},
    fields::{Field, IntegerOrDigits, integer, present},
};

/// The caller's profile.
#[derive(Serialize, ToSchema)]
pub(super) struct ProfileAnswer {
    success: bool,
    data: ProfileView,
}

/// A profile, with both spellings of names that the apps read.
#[derive(Serialize, ToSchema)]
struct ProfileView {
    #[schema(example = 48_210_007)]
    id: i64,
    #[schema(example = "Test User")]
    name: String,
    #[schema(example = "089123456789")]
    phone: String,
    /// Coins that can be spent.
    balance: i64,
    level: i32,
    /// The same as `level`.
    #[serde(rename = "userLevel")]
    user_level: i32,
    /// Nothing gives experience yet: 0.
    #[serde(rename = "totalXp")]
    total_xp: i32,
    /// Nobody rises as a host yet: 0.
    #[serde(rename = "hostLevel")]
    host_level: i32,
    /// What gifts brought the caller, ever, in diamonds.
    #[serde(rename = "hostIncome")]
    host_income: i64,
    #[serde(rename = "vipLevel")]
    vip_level: i32,
    /// Relative to the server.
    #[schema(example = "/uploads/avatars/avatar-5a1f….jpg")]
    avatar_url: Option<String>,
    /// `laki-laki` or `perempuan`.
    gender: Option<String>,
    age: Option<i32>,
    signature: Option<String>,
    /// Bought coins are spendable coins: the same as `balance`.
    topup_balance: i64,
    /// The same as `balance`.
    #[serde(rename = "topupBalance")]
    topup_balance_camel: i64,
}

impl ProfileView {
    fn new(user: User, host_income: Diamonds) -> Self {
        Self {
            id: user.id.value(),
            name: user.name,
            phone: user.phone.reveal().to_owned(),
            balance: user.balance.value(),
            level: user.level,
            user_level: user.level,
            total_xp: 0,
            host_level: 0,
            host_income: host_income.value(),
            vip_level: user.vip_level,
            avatar_url: user.avatar.map(|avatar| avatar.as_str().to_owned()),
            gender: user.gender,
            age: user.age,
            signature: user.signature,
            topup_balance: user.balance.value(),
            topup_balance_camel: user.balance.value(),
        }
    }
}

/// Read one's own profile
///
/// The only answer beside the login's that has a phone number: the caller's own.
#[utoipa::path(tag = "profile", security(("token" = [])), responses(
    (status = 200, description = "The profile", body = ProfileAnswer),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/profile")]
pub(super) async fn read(state: State, caller: Caller) -> Result<Json<ProfileAnswer>, ApiError> {
    let user = state.profiles.profile(caller.0.user_id).await?;
    let always = state.calendar.span(Period::All, state.clock.now());
    let income = state.incomes.gift_income(user.id, always).await?.total().ok_or_else(ApiError::internal)?;
    Ok(Json(ProfileAnswer { success: true, data: ProfileView::new(user, income) }))
}

/// A change of a profile: what is absent stays, `null` clears.
#[derive(Deserialize, ToSchema)]
pub(super) struct ProfileBody {
    /// 1 to 50 characters. Cannot be cleared.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "Siti")]
    name: Field,
    /// `laki-laki` or `perempuan`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "perempuan")]
    gender: Field,
    /// 13 to 100, as a number or as digits.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<IntegerOrDigits>, example = 25)]
    age: Field,
    /// At most 100 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "Halo semua")]
    signature: Field,
}

impl ProfileBody {
    fn parse(&self) -> Result<ProfileChange, ApiError> {
        let name = match &self.name {
            None => None,
            Some(Value::String(name)) => Some(DisplayName::parse(name)?),
            Some(_) => return Err(domain::user::InvalidName::Empty.into()),
        };
        let gender = match &self.gender {
            None => None,
            Some(Value::Null) => Some(None),
            Some(Value::String(word)) if word.is_empty() => Some(None),
            Some(Value::String(word)) => Some(Some(Gender::parse(word)?)),
            Some(_) => return Err(domain::user::InvalidGender.into()),
        };
        let age = match &self.age {
            None => None,
            Some(Value::Null) => Some(None),
            Some(value) => Some(Some(Age::parse(integer(value).ok_or(domain::user::InvalidAge)?)?)),
        };
        let signature = match &self.signature {
            None => None,
            Some(Value::Null) => Some(None),
            Some(Value::String(line)) => Some(Signature::parse(line)?),
            Some(_) => return Err(domain::user::InvalidSignature.into()),
        };
        Ok(ProfileChange { name, gender, age, signature })
    }
}

/// A changed profile.
#[derive(Serialize, ToSchema)]
pub(super) struct ProfileUpdated {
    success: bool,
    #[schema(example = "Profile berhasil diupdate")]
    message: &'static str,
    data: UserRowView,
}

/// A user in the spelling of a database row, without what proves his identity.
#[derive(Serialize, ToSchema)]
struct UserRowView {
    id: i64,
    phone: String,
    name: String,
    avatar_url: Option<String>,
    gender: Option<String>,
    age: Option<i32>,
    signature: Option<String>,
    balance: i64,
    topup_balance: i64,
    level: i32,
    vip_level: i32,
    created_at: Instant,
    updated_at: Instant,
}

impl From<User> for UserRowView {
    fn from(user: User) -> Self {
        Self {
            id: user.id.value(),
            phone: user.phone.reveal().to_owned(),
            name: user.name,
            avatar_url: user.avatar.map(|avatar| avatar.as_str().to_owned()),
            gender: user.gender,
            age: user.age,
            signature: user.signature,
            balance: user.balance.value(),
            topup_balance: user.balance.value(),
            level: user.level,
            vip_level: user.vip_level,
            created_at: Instant(user.created_at),
            updated_at: Instant(user.updated_at),
        }
    }
}

/// Change one's own profile
///
/// Members that are not named here are ignored, whatever they are called.
#[utoipa::path(tag = "profile", security(("token" = [])), request_body = ProfileBody, responses(
    (status = 200, description = "The profile as it is now", body = ProfileUpdated),
    (status = 400, description = "`nothing_to_change`, `invalid_name`, `invalid_gender`, `invalid_age`, `invalid_signature`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`unavailable`, `outcome_unknown`", body = Refusal),
))]
#[put("/profile/update")]
pub(super) async fn update(
    state: State,
    CallerBody { caller, body }: CallerBody<ProfileBody>,
) -> Result<Json<ProfileUpdated>, ApiError> {
    let user = state.profiles.update(caller.0.user_id, &body.parse()?).await?;
    Ok(Json(ProfileUpdated { success: true, message: "Profile berhasil diupdate", data: user.into() }))
}
