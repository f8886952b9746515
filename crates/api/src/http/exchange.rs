//! Turning one's diamonds into coins, and what was turned.

use std::sync::Arc;

use actix_web::{HttpRequest, get, post, web::Json};
use domain::{
    id::UserId,
    idempotency::RequestKey,
    page::{Cursor, Limit},
    wallet::{Exchange, ExchangeAmount, ExchangeOrder, ExchangeReceipt},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    State,
    body::CallerBody,
    query::{PageQuery, query},
    wire::Instant,
};
use crate::{
    auth::{Caller, authenticate, looked_up_for},
    error::{ApiError, Refusal},
    fields::{Field, IntegerOrDigits, integer, present},
    request_key::{header_key, request_key},
};

/// So many exchanges when no limit is asked for.
const HISTORY: Limit = Limit::clamped(50);

/// A wish to exchange diamonds.
#[derive(Deserialize, ToSchema)]
pub(super) struct ExchangeBody {
    /// How many diamonds: at least 4, which bring one coin.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = IntegerOrDigits, required, example = 100)]
    amount: Field,
    /// The key of this request, where the header `Idempotency-Key` cannot be set.
    #[serde(default, deserialize_with = "present", rename = "clientRef")]
    #[schema(value_type = Option<String>)]
    client_ref: Field,
}

impl ExchangeBody {
    fn order(&self, host: UserId, key: RequestKey) -> Result<ExchangeOrder, ApiError> {
        let diamonds = self.amount.as_ref().and_then(integer).ok_or_else(ApiError::invalid_amount)?;
        Ok(ExchangeOrder { host, amount: ExchangeAmount::parse(diamonds)?, key })
    }
}

/// Exchanged diamonds.
#[derive(Serialize, ToSchema)]
pub(super) struct Exchanged {
    success: bool,
    #[schema(example = "Exchange successful")]
    message: &'static str,
    #[schema(example = 100)]
    exchanged_diamonds: i64,
    /// 30 % of them, floored.
    #[schema(example = 30)]
    received_coins: i64,
    /// The diamonds that are left.
    #[schema(example = 150)]
    diamonds: i64,
    /// The coins that the caller has now.
    #[schema(example = 30)]
    balance: i64,
}

impl From<ExchangeReceipt> for Exchanged {
    fn from(receipt: ExchangeReceipt) -> Self {
        Self {
            success: true,
            message: "Exchange successful",
            exchanged_diamonds: receipt.diamonds.value(),
            received_coins: receipt.coins.value(),
            diamonds: receipt.diamonds_after.value(),
            balance: receipt.balance_after.value(),
        }
    }
}

/// Exchange diamonds for coins
///
/// Takes diamonds from the caller and gives her 30 % of them in coins, floored, both or neither; what would bring no coin is
/// refused. With a key (header `Idempotency-Key`, or `clientRef`), repeating the request is safe: the same key with the same
/// content gets the first answer again, a refusal too. After `outcome_unknown`, repeat with the key.
#[utoipa::path(tag = "income", security(("token" = [])), request_body = ExchangeBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible characters, unique per user")),
    responses(
    (status = 200, description = "Exchanged", body = Exchanged),
    (status = 400, description = "`invalid_amount`, `insufficient_diamonds` (with `needed` and `current`), `balance_too_large`, `invalid_idempotency_key`, `idempotency_keys_differ`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 409, description = "`idempotency_key_reused`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`: nothing happened; `outcome_unknown`: repeat with the same key", body = Refusal),
))]
#[post("/exchange")]
pub(super) async fn make(
    state: State,
    request: HttpRequest,
    CallerBody { caller, body }: CallerBody<ExchangeBody>,
) -> Result<Json<Exchanged>, ApiError> {
    let key = request_key(header_key(&request)?, &body.client_ref, &*state.dice)?;
    let (order, exchanges) = (body.order(caller.0.user_id, key)?, Arc::clone(&state.exchanges));
    let receipt =
        state.money.run_after(looked_up_for(&request), async move { exchanges.exchange(order).await }).await?;
    Ok(Json(receipt.into()))
}

/// The caller's exchanges.
#[derive(Serialize, ToSchema)]
pub(super) struct ExchangesView {
    success: bool,
    /// Newest first.
    data: Vec<ExchangeView>,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ExchangeView {
    /// What was taken.
    #[schema(example = 100)]
    diamonds: i64,
    /// What was given.
    #[schema(example = 30)]
    coins: i64,
    created_at: Instant,
}

impl From<Exchange> for ExchangeView {
    fn from(exchange: Exchange) -> Self {
        Self {
            diamonds: exchange.diamonds.value(),
            coins: exchange.coins.value(),
            created_at: Instant(exchange.created_at),
        }
    }
}

/// List one's exchanges
///
/// The diamonds that the caller turned into coins, and the coins that he got for them, newest first.
#[utoipa::path(tag = "income", security(("token" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of exchanges; 50 when no limit is given", body = ExchangesView),
    (status = 400, description = "`invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/exchange-history")]
pub(super) async fn history(state: State, request: HttpRequest) -> Result<Json<ExchangesView>, ApiError> {
    let Caller(caller) = authenticate(&request).await?;
    let page = query::<PageQuery>(&request)?.parse(HISTORY)?;
    let page = state.exchanges.history(caller.user_id, page).await?;
    Ok(Json(ExchangesView {
        success: true,
        data: page.items.into_iter().map(ExchangeView::from).collect(),
        next_cursor: page.next.map(Cursor::to_text),
    }))
}
