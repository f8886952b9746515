//! Coins that administrators give, or take to put a mistake right.

use std::sync::Arc;

use actix_web::{HttpRequest, post, web::Json};
use domain::{
    id::UserId,
    idempotency::{Actor, RequestKey},
    wallet::{CoinChange, CoinOrder, CorrectionAmount, GrantAmount, InvalidCoins, Reason},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    auth::looked_up_for,
    error::{ApiError, Refusal},
    fields::{Field, IntegerOrDigits, integer, is_missing, present, text},
    http::{State, callers::AdminBody},
    request_key::{header_key, request_key},
};

/// A wish to change a user's coins.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct CoinsBody {
    /// Whose, as a number or as digits.
    #[serde(default, deserialize_with = "present", rename = "userId")]
    #[schema(value_type = IntegerOrDigits, required, example = 48_210_007)]
    user_id: Field,
    /// How many. A correction below zero takes them.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = IntegerOrDigits, required, example = 1_000)]
    amount: Field,
    /// Why, in up to 200 characters; kept with the movement.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "compensation")]
    reason: Field,
    /// The key of this request, where the header `Idempotency-Key` cannot be set.
    #[serde(default, deserialize_with = "present", rename = "clientRef")]
    #[schema(value_type = Option<String>)]
    client_ref: Field,
}

impl CoinsBody {
    fn wish(
        &self,
        actor: Actor,
        key: RequestKey,
        change: fn(i64) -> Result<CoinChange, InvalidCoins>,
    ) -> Result<CoinOrder, ApiError> {
        if [&self.user_id, &self.amount, &self.reason].into_iter().any(is_missing) {
            return Err(ApiError::application_incomplete());
        }
        let user = self.user_id.as_ref().and_then(integer).and_then(UserId::parse);
        let amount = self.amount.as_ref().and_then(integer).ok_or_else(ApiError::invalid_amount)?;
        Ok(CoinOrder {
            actor,
            user: user.ok_or_else(ApiError::invalid_id)?,
            change: change(amount)?,
            reason: Reason::parse(text(&self.reason).unwrap_or_default())?,
            key,
        })
    }
}

/// Changed coins.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct CoinsChanged {
    success: bool,
    #[schema(example = "Coins granted")]
    message: &'static str,
    data: CoinsView,
}

#[derive(Serialize, ToSchema)]
struct CoinsView {
    /// The row of the movement.
    id: i64,
    user_id: i64,
    /// Below zero where coins were taken.
    amount: i64,
    /// What the user has now.
    balance: i64,
}

async fn change(
    state: &State,
    request: &HttpRequest,
    wish: CoinOrder,
    message: &'static str,
) -> Result<Json<CoinsChanged>, ApiError> {
    let (user_id, amount) = (wish.user.value(), wish.change.amount());
    let administration = Arc::clone(&state.administration);
    let receipt =
        state.money.run_after(looked_up_for(request), async move { administration.coins.change(wish).await }).await?;
    let data = CoinsView { id: receipt.movement_id.value(), user_id, amount, balance: receipt.balance_after.value() };
    Ok(Json(CoinsChanged { success: true, message, data }))
}

/// Give coins to a user
///
/// For administrators. With a key (header `Idempotency-Key`, or `clientRef`), repeating the request is safe: the same key with
/// the same content gets the first answer again, a refusal too. After `outcome_unknown`, repeat with the key.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = CoinsBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible characters, unique per administrator")),
    responses(
    (status = 200, description = "Given", body = CoinsChanged),
    (status = 400, description = "`missing_fields`, `invalid_id`, `invalid_amount`, `invalid_reason`, `balance_too_large`, `invalid_idempotency_key`, `idempotency_keys_differ`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 409, description = "`idempotency_key_reused`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`: nothing happened; `outcome_unknown`: repeat with the same key", body = Refusal),
))]
#[post("/coins/grant")]
pub(in crate::http) async fn grant(
    state: State,
    request: HttpRequest,
    AdminBody { actor, body }: AdminBody<CoinsBody>,
) -> Result<Json<CoinsChanged>, ApiError> {
    let key = request_key(header_key(&request)?, &body.client_ref, &*state.dice)?;
    let wish = body.wish(actor, key, |amount| GrantAmount::parse(amount).map(CoinChange::Grant))?;
    change(&state, &request, wish, "Coins granted").await
}

/// Correct a user's coins
///
/// For administrators: puts a mistake right by a movement of its own, which gives coins or, with an amount below zero, takes
/// them; never more than there are. Keys are used as for giving coins.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = CoinsBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible characters, unique per administrator")),
    responses(
    (status = 200, description = "Corrected", body = CoinsChanged),
    (status = 400, description = "`missing_fields`, `invalid_id`, `invalid_amount`, `invalid_reason`, `insufficient_balance` (with `needed` and `current`), `balance_too_large`, `invalid_idempotency_key`, `idempotency_keys_differ`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 409, description = "`idempotency_key_reused`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`: nothing happened; `outcome_unknown`: repeat with the same key", body = Refusal),
))]
#[post("/coins/correct")]
pub(in crate::http) async fn correct(
    state: State,
    request: HttpRequest,
    AdminBody { actor, body }: AdminBody<CoinsBody>,
) -> Result<Json<CoinsChanged>, ApiError> {
    let key = request_key(header_key(&request)?, &body.client_ref, &*state.dice)?;
    let wish = body.wish(actor, key, |amount| CorrectionAmount::parse(amount).map(CoinChange::Correction))?;
    change(&state, &request, wish, "Coins corrected").await
}
