//! The catalogue, and sending gifts.

use std::sync::Arc;

use actix_web::{HttpRequest, get, post, web::Json};
use domain::{
    gift::{CatalogueGift, GiftKey, GiftOrder, GiftReceipt, Quantity, SizeClass, UnitPrice},
    id::UserId,
    idempotency::RequestKey,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    State,
    body::CallerBody,
    fields::{Field, IntegerOrDigits, integer, is_missing, present},
    wire::Instant,
};
use crate::error::{ApiError, Refusal};

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
            size_class: match gift.size_class {
                SizeClass::Normal => "normal",
                SizeClass::Large => "large",
            },
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

/// A wish to send a gift. `giftName` and `category`, which older apps send too, are ignored.
#[derive(Deserialize, ToSchema)]
pub(super) struct SendGiftBody {
    /// The receiver's id, as a number or as digits.
    #[serde(default, deserialize_with = "present", rename = "receiverId")]
    #[schema(value_type = IntegerOrDigits, required, example = 48_210_007)]
    receiver_id: Field,
    /// The gift's key in the catalogue.
    #[serde(default, deserialize_with = "present", rename = "giftId")]
    #[schema(value_type = String, required, example = "rose")]
    gift_id: Field,
    /// The price of one piece that the sender's screen showed. If it is no longer the price, nothing moves.
    #[serde(default, deserialize_with = "present", rename = "coinValue")]
    #[schema(value_type = IntegerOrDigits, required = false, example = 10)]
    coin_value: Field,
    /// How many pieces, 1 to 9999; 1 when absent.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = IntegerOrDigits, required = false, example = 1)]
    quantity: Field,
    /// The key of this request, where the header `Idempotency-Key` cannot be set.
    #[serde(default, deserialize_with = "present", rename = "clientRef")]
    #[schema(value_type = Option<String>)]
    client_ref: Field,
}

impl SendGiftBody {
    fn parse(&self, sender: UserId, key: RequestKey) -> Result<GiftOrder, ApiError> {
        let incomplete = || ApiError::bad_request("incomplete_gift", "Data gift tidak lengkap");
        if is_missing(&self.receiver_id) || is_missing(&self.gift_id) {
            return Err(incomplete());
        }
        let receiver = self.receiver_id.as_ref().and_then(integer).and_then(UserId::parse);
        let receiver = receiver.ok_or_else(|| ApiError::bad_request("invalid_receiver", "Penerima tidak valid"))?;
        let unknown_gift = || ApiError::from(domain::gift::GiftRefusal::UnknownGift);
        let gift = match &self.gift_id {
            Some(Value::String(key)) => GiftKey::parse(key).map_err(|_| unknown_gift())?,
            // Old clients number their gifts; no such number is in the catalogue, which then says so.
            Some(Value::Number(number)) => GiftKey::parse(&number.to_string()).map_err(|_| unknown_gift())?,
            _ => return Err(unknown_gift()),
        };
        let invalid_price = || ApiError::bad_request("invalid_price", "Harga gift tidak valid");
        let stated_price = match &self.coin_value {
            None => None,
            Some(value) => Some(integer(value).and_then(UnitPrice::new).ok_or_else(invalid_price)?),
        };
        let invalid_quantity = || ApiError::bad_request("invalid_quantity", "Jumlah gift harus antara 1 dan 9999");
        let quantity = match &self.quantity {
            None => Quantity::ONE,
            Some(value) => {
                let pieces = integer(value).ok_or_else(invalid_quantity)?;
                Quantity::parse(pieces).map_err(|_| invalid_quantity())?
            }
        };
        Ok(GiftOrder::new(sender, receiver, gift, quantity, stated_price, key)?)
    }
}

/// The key of a money request: from the header or from the body; from both only if they are equal. Without one, the
/// server makes one, so that its own retry inside is safe.
fn request_key(state: &State, request: &HttpRequest, client_ref: &Field) -> Result<RequestKey, ApiError> {
    let invalid = || ApiError::bad_request("invalid_idempotency_key", "Idempotency-Key harus 1 sampai 64 karakter");
    let mut headers = request.headers().get_all("Idempotency-Key");
    let from_header = match (headers.next(), headers.next()) {
        (None, _) => None,
        (Some(value), None) => Some(value.to_str().map_err(|_| invalid())?),
        (Some(_), Some(_)) => return Err(invalid()),
    };
    let from_body = match client_ref {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key.as_str()),
        Some(_) => return Err(invalid()),
    };
    match (from_header, from_body) {
        (Some(header), Some(body)) if header != body => {
            Err(ApiError::bad_request("idempotency_keys_differ", "Idempotency-Key dan clientRef berbeda"))
        }
        (Some(key), _) | (None, Some(key)) => RequestKey::parse(key).map_err(|_| invalid()),
        (None, None) => Ok(RequestKey::generate(&*state.dice)),
    }
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
    (status = 400, description = "`incomplete_gift`, `invalid_receiver`, `unknown_gift`, `invalid_price`, `invalid_quantity`, `self_gift`, `invalid_idempotency_key`, `idempotency_keys_differ`, `insufficient_balance` (with `needed` and `current`), or a malformed body", body = Refusal),
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
    CallerBody { caller, body }: CallerBody<SendGiftBody>,
) -> Result<Json<GiftSent>, ApiError> {
    let key = request_key(&state, &request, &body.client_ref)?;
    let order = body.parse(caller.0.user_id, key)?;
    let gifts = Arc::clone(&state.gifts);
    let receipt = state.money.run(async move { gifts.send(order).await }).await?;
    Ok(Json(receipt.into()))
}
