//! The wish to send a gift, as REST and sockets both spell it.

use domain::{
    dice::Dice,
    gift::{GiftKey, GiftOrder, Quantity, UnitPrice},
    id::UserId,
    idempotency::RequestKey,
    room::RoomId,
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    error::ApiError,
    fields::{Field, IntegerOrDigits, integer, is_missing, present, room},
    request_key::request_key,
};

/// A wish to send a gift. `giftName` and `category`, which older apps send too, are ignored.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SendGiftBody {
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
    /// The live room that is told of the gift.
    #[serde(default, deserialize_with = "present", rename = "roomId")]
    #[schema(value_type = Option<String>)]
    room_id: Field,
}

impl SendGiftBody {
    /// The order that it is.
    pub(crate) fn order(&self, sender: UserId, key: RequestKey) -> Result<GiftOrder, ApiError> {
        if is_missing(&self.receiver_id) || is_missing(&self.gift_id) {
            return Err(ApiError::incomplete_gift());
        }
        let receiver = self.receiver_id.as_ref().and_then(integer).and_then(UserId::parse);
        let receiver = receiver.ok_or_else(ApiError::invalid_receiver)?;
        let unknown_gift = || ApiError::from(domain::gift::GiftRefusal::UnknownGift);
        let gift = match &self.gift_id {
            Some(Value::String(key)) => GiftKey::parse(key).map_err(|_| unknown_gift())?,
            // Old clients number their gifts; no such number is in the catalogue, which then says so.
            Some(Value::Number(number)) => GiftKey::parse(&number.to_string()).map_err(|_| unknown_gift())?,
            _ => return Err(unknown_gift()),
        };
        let stated_price = match &self.coin_value {
            None => None,
            Some(value) => Some(integer(value).and_then(UnitPrice::new).ok_or_else(ApiError::invalid_price)?),
        };
        let quantity = match &self.quantity {
            None => Quantity::ONE,
            Some(value) => {
                let pieces = integer(value).ok_or_else(ApiError::invalid_quantity)?;
                Quantity::parse(pieces).map_err(|_| ApiError::invalid_quantity())?
            }
        };
        Ok(GiftOrder::new(sender, receiver, gift, quantity, stated_price, key)?)
    }

    /// The room that is told of it.
    pub(crate) fn room(&self) -> Result<Option<RoomId>, ApiError> {
        room(&self.room_id)
    }

    /// Its key, where `from_header` is one that was sent beside it.
    pub(crate) fn key(&self, from_header: Option<&str>, dice: &dyn Dice) -> Result<RequestKey, ApiError> {
        request_key(from_header, &self.client_ref, dice)
    }
}
