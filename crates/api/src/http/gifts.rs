//! The catalogue, and sending gifts.

use std::sync::Arc;

use actix_web::{HttpRequest, get, post, web::Json};
use domain::{
    gift::{CatalogueGift, GiftOrder, GiftReceipt},
    room::RoomId,
    user::Claims,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    State,
    body::{ClaimedBody, caller_first},
    wire::Instant,
};
use crate::{
    error::{ApiError, Refusal},
    gift_wish::SendGiftBody,
    request_key::header_key,
};

/// The catalogue.
#[derive(Serialize, ToSchema)]
pub(super) struct Catalogue {
    success: bool,
    data: Vec<GiftView>,
}

/// A gift that can be sent.
#[derive(Serialize, ToSchema)]
struct GiftView {
    /// The key to send it by.
    #[schema(example = "rose")]
    id: String,
    #[schema(example = "Rose")]
    name: String,
    /// The price of one piece, in coins.
    #[serde(rename = "coinValue")]
    #[schema(example = 10)]
    coin_value: i64,
    /// `normal`, `luxury`, `lucky` or `s-lucky`.
    #[schema(example = "normal")]
    category: &'static str,
    /// What the receiver earns, in per cent of the price.
    #[serde(rename = "hostSharePercent")]
    #[schema(example = 50.0)]
    host_share_percent: f64,
    /// How large the animation is: `normal` up to 64 KiB, else `large`.
    #[serde(rename = "sizeClass")]
    size_class: &'static str,
}

impl From<CatalogueGift> for GiftView {
    fn from(gift: CatalogueGift) -> Self {
        Self {
            id: gift.key.as_str().to_owned(),
            name: gift.name,
            coin_value: gift.price.value(),
            category: gift.category.word(),
            host_share_percent: f64::from(gift.host_share.value()) / 100.0,
            size_class: gift.size_class.word(),
        }
    }
}

/// List the catalogue
///
/// What can be sent, in the order in which it is shown. Prices and shares come from here alone.
#[utoipa::path(tag = "gifts", responses(
    (status = 200, description = "The catalogue", body = Catalogue),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/gifts")]
pub(super) async fn catalogue(state: State) -> Result<Json<Catalogue>, ApiError> {
    let gifts = state.catalogue.gifts().await?;
    Ok(Json(Catalogue { success: true, data: gifts.into_iter().map(GiftView::from).collect() }))
}

/// A sent gift.
#[derive(Serialize, ToSchema)]
pub(super) struct GiftSent {
    success: bool,
    #[schema(example = "Gift berhasil dikirim")]
    message: &'static str,
    data: GiftSentView,
}

#[derive(Serialize, ToSchema)]
struct GiftSentView {
    /// The row of the gift.
    #[serde(rename = "giftId")]
    gift_id: i64,
    /// What the receiver earned, in diamonds.
    #[serde(rename = "hostIncome")]
    host_income: i64,
    #[serde(rename = "createdAt")]
    created_at: Instant,
    /// What the sender paid, in coins.
    #[serde(rename = "totalCost")]
    total_cost: i64,
    quantity: u16,
    /// What the sender has left, in coins.
    balance: i64,
}

impl From<GiftReceipt> for GiftSent {
    fn from(receipt: GiftReceipt) -> Self {
        Self {
            success: true,
            message: "Gift berhasil dikirim",
            data: GiftSentView {
                gift_id: receipt.gift_id.value(),
                host_income: receipt.host_income.value(),
                created_at: Instant(receipt.created_at),
                total_cost: receipt.total.value(),
                quantity: receipt.quantity.value(),
                balance: receipt.balance_after.value(),
            },
        }
    }
}

/// Send a gift
///
/// Takes the catalogue's price times the quantity from the caller's coins and gives the receiver her share in diamonds,
/// both or neither. With a key (header `Idempotency-Key`, or `clientRef`), repeating the request is safe: the same key
/// with the same content gets the first answer again, a refusal too. After `outcome_unknown`, repeat with the key.
#[utoipa::path(tag = "gifts", security(("token" = [])), request_body = SendGiftBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible characters, unique per sender")),
    responses(
    (status = 200, description = "Sent", body = GiftSent),
    (status = 400, description = "`incomplete_gift`, `invalid_receiver`, `unknown_gift`, `invalid_price`, `invalid_quantity`, `invalid_room`, `self_gift`, `invalid_idempotency_key`, `idempotency_keys_differ`, `insufficient_balance` (with `needed` and `current`), or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`, `receiver_not_found`", body = Refusal),
    (status = 409, description = "`price_changed` (with `coinValue`), `idempotency_key_reused`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`: nothing happened; `outcome_unknown`: repeat with the same key", body = Refusal),
))]
#[post("/gifts/send")]
pub(super) async fn send(
    state: State,
    request: HttpRequest,
    ClaimedBody { claims, body }: ClaimedBody<SendGiftBody>,
) -> Result<Json<GiftSent>, ApiError> {
    // The transaction looks at the sender's row anyway, and under its lock.
    let (order, room) = match wish(&state, &request, &claims, &body) {
        Ok(wish) => wish,
        Err(refusal) => return Err(caller_first(&request, refusal).await),
    };
    let gifts = Arc::clone(&state.gifts);
    let receipt = state.money.run(async move { gifts.send(order, room).await }).await?;
    Ok(Json(receipt.into()))
}

fn wish(
    state: &State,
    request: &HttpRequest,
    claims: &Claims,
    body: &SendGiftBody,
) -> Result<(GiftOrder, Option<RoomId>), ApiError> {
    let key = body.key(header_key(request)?, &*state.dice)?;
    Ok((body.order(claims.user_id, key)?.with_token_epoch(claims.epoch), body.room()?))
}
