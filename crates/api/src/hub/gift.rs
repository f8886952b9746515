//! Gifts in rooms: paid for in the room, or paid for elsewhere and announced here.

use std::{sync::Arc, time::Duration};

use domain::{
    event::{EventPublisher, LiveEvent},
    gift::{GiftPosting, GiftReceipt},
    id::UserId,
    room::RoomId,
};
use serde_json::{Map, Value, json};
use socketio::settings::SMALL_MESSAGE_BYTES_MAX;

use super::{
    Hub, Socket,
    answer::{Answer, members, numbered, user_id},
    name::{self, RoomName},
    payments::Payment,
    who::{Identity, Profile},
};
use crate::{error::ApiError, gift_wish::SendGiftBody, realtime::Endpoint};

/// How long a room's budget of large gifts is counted.
const LARGE_WINDOW: Duration = Duration::from_secs(10);

impl Hub {
    /// `live:gift`: in the form that pays, or in the apps' own that announces.
    pub(super) async fn gift(&self, socket: &Arc<Socket>, payload: Map<String, Value>) -> Answer {
        let Identity::User { profile: sender, epoch, .. } = socket.data.lock().identity.clone() else {
            return Err(ApiError::unauthenticated());
        };
        let room = payload.get("roomId").and_then(name::parse).ok_or_else(|| ApiError::malformed_payload("roomId"))?;
        if payload.contains_key("gift") {
            self.announce(&sender, &room, payload)
        } else {
            self.pay(&sender, epoch, payload).await
        }
    }

    /// Sends the gift, like `POST /api/gifts/send`; the room is told when it is committed.
    async fn pay(&self, sender: &Profile, epoch: i32, payload: Map<String, Value>) -> Answer {
        let wish: SendGiftBody =
            serde_json::from_value(Value::Object(payload)).map_err(|_| ApiError::malformed_payload("payload"))?;
        let key = wish.key(None, &*self.dice)?;
        let (order, room) = (wish.order(sender.user_id, key)?.with_token_epoch(epoch), wish.room()?);
        let gifts = Arc::clone(&self.gifts);
        let receipt = self.money.run(async move { gifts.send(order, room).await.map_err(ApiError::from) }).await?;
        Ok(members(json!({
            "giftId": receipt.gift_id.value(),
            "hostIncome": receipt.host_income.value(),
            "totalCost": receipt.total.value(),
            "quantity": receipt.quantity.value(),
            "balance": receipt.balance_after.value(),
        })))
    }

    /// Tells a room of a gift that its sender paid for elsewhere a moment ago.
    fn announce(&self, sender: &Profile, room: &RoomId, mut payload: Map<String, Value>) -> Answer {
        let unpaid = || ApiError::gift_not_paid();
        let Some(Value::Object(mut gift)) = payload.remove("gift") else {
            return Err(ApiError::malformed_payload("gift"));
        };
        let receiver = payload.get("to").and_then(receiver).ok_or_else(|| ApiError::malformed_payload("to"))?;
        // Without it, a cheap gift could be shown as a dear one.
        let key =
            gift.get("id").and_then(Value::as_str).ok_or_else(|| ApiError::malformed_payload("gift.id"))?.to_owned();
        let count = payload.get("count").and_then(Value::as_u64);
        let room = self.rooms.find(&RoomName::Live(room.clone())).ok_or_else(unpaid)?;
        let matches = |payment: &Payment| {
            payment.receiver == receiver
                && key == payment.gift
                && count.is_none_or(|count| count == u64::from(payment.quantity))
        };
        let now = self.clock.now();
        let payment = self.payments.take(sender.user_id, now, matches).ok_or_else(unpaid)?;
        let bytes = serde_json::to_string(&gift).map_or(0, |text| text.len());
        let is_small = bytes <= SMALL_MESSAGE_BYTES_MAX;
        let may_be_large = || payment.is_large && room.admit_large(bytes, self.limits.room_large_bytes, LARGE_WINDOW);
        if !(is_small || may_be_large()) {
            // Paid is paid: it may still be announced without its animation.
            self.payments.put_back(sender.user_id, payment);
            return Err(ApiError::gift_too_large());
        }
        // What moves money is the server's word, everything else passes as it came.
        gift.insert("price".to_owned(), payment.price.into());
        gift.insert("hostIncome".to_owned(), payment.host_income.into());
        gift.insert("jpWin".to_owned(), false.into());
        let body = json!({
            "from": introduced(sender),
            "to": {"userId": receiver.value()},
            "gift": gift,
            "count": payment.quantity,
            "timestamp": now.timestamp_millis(),
        });
        Ok(numbered(room.say("live:gift-received", members(body), None)))
    }

    /// A gift was sent in a room, which is told.
    async fn gift_sent(&self, room: RoomId, posting: &GiftPosting, receipt: &GiftReceipt) {
        let Some(room) = self.rooms.find(&RoomName::Live(room)) else { return };
        let sender = match self.profiles.profile(posting.sender).await {
            Ok(user) => introduced(&Profile::of(user)),
            Err(error) => {
                tracing::warn!(%error, "the sender of a gift could not be introduced");
                json!({"userId": posting.sender.value()})
            }
        };
        let body = json!({
            "from": sender,
            "to": {"userId": posting.receiver.value()},
            "gift": {
                "id": posting.gift.as_str(),
                "name": posting.gift_name,
                "price": posting.price.value(),
                "category": posting.category.word(),
                "hostIncome": posting.host_income.value(),
                "jpWin": false,
            },
            "count": posting.quantity.value(),
            "timestamp": receipt.created_at.timestamp_millis(),
        });
        room.say("live:gift-received", members(body), None);
    }
}

/// Tells those who are connected to this server.
pub(crate) struct HubPublisher(pub(crate) std::sync::Weak<Endpoint<Hub>>);

impl EventPublisher for HubPublisher {
    fn publish(&self, event: LiveEvent) {
        let Some(endpoint) = self.0.upgrade() else { return };
        match event {
            LiveEvent::GiftSent { room: None, posting, receipt } => {
                let hub = &endpoint.application;
                hub.payments.note(posting.sender, Payment::of(&posting, receipt.created_at));
            }
            LiveEvent::GiftSent { room: Some(room), posting, receipt } => {
                let told = Arc::clone(&endpoint);
                endpoint.spawn(async move { told.application.gift_sent(room, &posting, &receipt).await });
            }
            LiveEvent::ChatReceived { to, from, sender_name, text, message_id, conversation_id, at } => {
                let body = json!({
                    "fromUserId": from.value(),
                    "username": sender_name,
                    "message": text.as_str(),
                    "timestamp": at.timestamp_millis(),
                    "id": message_id.value(),
                    "conversationId": conversation_id.value(),
                });
                endpoint.application.tell_user(to, "chat:receive", body);
            }
            LiveEvent::SessionStarted(session) => endpoint.application.session_started(&session),
            LiveEvent::SessionEnded(session) => endpoint.application.session_ended(&session),
        }
    }
}

/// How others see the sender of a gift.
fn introduced(sender: &Profile) -> Value {
    json!({
        "userId": sender.user_id.value(),
        "username": sender.name,
        "avatar": sender.avatar,
        "level": sender.level,
        "vip": sender.vip,
    })
}

/// The receiver that the apps state: an id, or an object with one.
fn receiver(to: &Value) -> Option<UserId> {
    user_id(Some(to.get("userId").unwrap_or(to)))
}
