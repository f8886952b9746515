//! Accounts: register, log in, change the password, log out everywhere.

use actix_web::{post, web::Json};
use domain::user::{DisplayName, LoginAttempt, PhoneNumber, PlainPassword, Registration};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    State,
    body::{Body, CallerBody},
};
use crate::{
    auth::{Address, Caller},
    error::{ApiError, Refusal},
    fields::{Field, present, text},
};

/// A wish to register.
#[derive(Deserialize, ToSchema)]
pub(super) struct RegisterBody {
    /// In any spelling; `089…`, `+6289…`, `6289…` and `89…` are one account.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "089123456789")]
    phone: Field,
    /// At least `PASSWORD_MIN` characters, at most 128, not the phone number.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "test123")]
    password: Field,
    /// 1 to 50 characters; without it, `User-` and the last four digits of the id.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "Test User")]
    name: Field,
}

/// A new account.
#[derive(Serialize, ToSchema)]
pub(super) struct Registered {
    success: bool,
    #[schema(example = "Registrasi berhasil!")]
    message: &'static str,
    /// The number that the app shows.
    #[serde(rename = "userId")]
    #[schema(example = 48_210_007)]
    user_id: i64,
}

/// Register
///
/// Makes an account. It has no coins, and no token comes with it: the app logs in next.
#[utoipa::path(tag = "accounts", request_body = RegisterBody, responses(
    (status = 200, description = "Registered", body = Registered),
    (status = 400, description = "`missing_fields`, `invalid_phone`, `weak_password`, `invalid_name`, `phone_taken`, or a malformed body", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 429, description = "`too_many_registrations`, `too_busy_to_hash`; wait as `Retry-After` says", body = Refusal),
    (status = 503, description = "`unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/register")]
pub(super) async fn register(
    state: State,
    address: Address,
    Body(body): Body<RegisterBody>,
) -> Result<Json<Registered>, ApiError> {
    let (Some(phone), Some(password)) = (text(&body.phone), text(&body.password)) else {
        return Err(ApiError::registration_incomplete());
    };
    let phone = PhoneNumber::parse(phone, &state.phone_region)?;
    let password = state.password_policy.accept(password.to_owned(), &phone, &state.phone_region)?;
    let name = text(&body.name).map(DisplayName::parse).transpose()?;
    let user_id = state.accounts.register(Registration { phone, password, name, address: address.0 }).await?.value();
    Ok(Json(Registered { success: true, message: "Registrasi berhasil!", user_id }))
}

/// An attempt to log in.
#[derive(Deserialize, ToSchema)]
pub(super) struct LoginBody {
    /// In any spelling.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "089123456789")]
    phone: Field,
    /// As it was registered.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "test123")]
    password: Field,
}

/// A login.
#[derive(Serialize, ToSchema)]
pub(super) struct LoggedInView {
    success: bool,
    /// For `Authorization: Bearer …`, good for seven days.
    token: String,
    user: LoggedInUser,
}

/// Who logged in.
#[derive(Serialize, ToSchema)]
pub(super) struct LoggedInUser {
    #[schema(example = 48_210_007)]
    id: i64,
    #[schema(example = "Test User")]
    name: String,
    #[schema(example = "089123456789")]
    phone: String,
}

/// Log in
///
/// Answers a token. An unknown phone number and a wrong password get the same answer after the same time.
#[utoipa::path(tag = "accounts", request_body = LoginBody, responses(
    (status = 200, description = "Logged in", body = LoggedInView),
    (status = 400, description = "`missing_fields`, or a malformed body", body = Refusal),
    (status = 401, description = "`invalid_credentials`", body = Refusal),
    (status = 403, description = "`account_banned`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 429, description = "`too_many_attempts`, `too_busy_to_hash`; wait as `Retry-After` says", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[post("/login")]
pub(super) async fn login(
    state: State,
    address: Address,
    Body(body): Body<LoginBody>,
) -> Result<Json<LoggedInView>, ApiError> {
    let (Some(phone), Some(password)) = (text(&body.phone), text(&body.password)) else {
        return Err(ApiError::login_incomplete());
    };
    let attempt = LoginAttempt {
        phone: PhoneNumber::parse(phone, &state.phone_region).ok(),
        password: PlainPassword::attempt(password.to_owned()),
        address: address.0,
    };
    let logged_in = state.accounts.login(attempt).await?;
    let user = LoggedInUser {
        id: logged_in.user_id.value(),
        name: logged_in.name,
        phone: logged_in.phone.reveal().to_owned(),
    };
    Ok(Json(LoggedInView { success: true, token: logged_in.token, user }))
}

/// A change of the password.
#[derive(Deserialize, ToSchema)]
pub(super) struct PasswordBody {
    /// The present one.
    #[serde(default, deserialize_with = "present", rename = "oldPassword")]
    #[schema(value_type = String, required)]
    old_password: Field,
    /// At least `PASSWORD_MIN` characters, at most 128, not the phone number.
    #[serde(default, deserialize_with = "present", rename = "newPassword")]
    #[schema(value_type = String, required)]
    new_password: Field,
}

/// A changed password.
#[derive(Serialize, ToSchema)]
pub(super) struct PasswordChanged {
    success: bool,
    #[schema(example = "Sandi berhasil diubah")]
    message: &'static str,
    /// Replaces the token that the request was made with.
    token: String,
}

/// Change the password
///
/// Every token issued before is refused from now on; the answer has a new one.
#[utoipa::path(tag = "accounts", security(("token" = [])), request_body = PasswordBody, responses(
    (status = 200, description = "Changed", body = PasswordChanged),
    (status = 400, description = "`missing_fields`, `wrong_password`, `weak_password`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 429, description = "`too_many_attempts`, `too_busy_to_hash`; wait as `Retry-After` says", body = Refusal),
    (status = 503, description = "`unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/password")]
pub(super) async fn change_password(
    state: State,
    address: Address,
    CallerBody { caller, body }: CallerBody<PasswordBody>,
) -> Result<Json<PasswordChanged>, ApiError> {
    let (Some(old), Some(new)) = (text(&body.old_password), text(&body.new_password)) else {
        return Err(ApiError::password_change_incomplete());
    };
    let user_id = caller.0.user_id;
    let phone = state.accounts.phone_of(user_id).await?;
    let new = state.password_policy.accept(new.to_owned(), &phone, &state.phone_region)?;
    let old = PlainPassword::attempt(old.to_owned());
    let token = state.accounts.change_password(user_id, address.0, old.as_ref(), &new).await?;
    Ok(Json(PasswordChanged { success: true, message: "Sandi berhasil diubah", token }))
}

/// Done.
#[derive(Serialize, ToSchema)]
pub(super) struct LoggedOut {
    success: bool,
    #[schema(example = "Berhasil keluar dari semua perangkat")]
    message: &'static str,
}

/// Log out everywhere
///
/// Every token of the caller, the one of this request included, is refused from now on.
#[utoipa::path(tag = "accounts", security(("token" = [])), responses(
    (status = 200, description = "Logged out", body = LoggedOut),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/logout-all")]
pub(super) async fn log_out_everywhere(state: State, caller: Caller) -> Result<Json<LoggedOut>, ApiError> {
    state.accounts.log_out_everywhere(caller.0.user_id).await?;
    Ok(Json(LoggedOut { success: true, message: "Berhasil keluar dari semua perangkat" }))
}
