//! Private messages: writing them, and not wanting them. Reading them is in [`reading`].

pub(super) mod reading;

use std::sync::Arc;

use actix_web::{post, web::Json};
use domain::{
    chat::{MessageText, SentMessage},
    id::UserId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{State, body::CallerBody, wire::Instant};
use crate::{
    error::{ApiError, Refusal},
    fields::{Field, IntegerOrDigits, integer, is_missing, present},
};

/// A message to somebody.
#[derive(Deserialize, ToSchema)]
pub(super) struct SendMessageBody {
    /// The recipient's id, as a number or as digits.
    #[serde(default, deserialize_with = "present", rename = "recipientId")]
    #[schema(value_type = IntegerOrDigits, required, example = 48_210_007)]
    recipient_id: Field,
    /// 1 to 500 characters after trimming; line breaks are allowed.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "Halo!")]
    content: Field,
}

impl SendMessageBody {
    fn parse(&self) -> Result<(UserId, MessageText), ApiError> {
        let text = match &self.content {
            Some(Value::String(content)) => MessageText::parse(content)?,
            content if is_missing(content) => return Err(ApiError::message_missing()),
            _ => return Err(ApiError::message_is_no_text()),
        };
        if is_missing(&self.recipient_id) {
            return Err(ApiError::recipient_missing());
        }
        let recipient = self.recipient_id.as_ref().and_then(integer).and_then(UserId::parse);
        Ok((recipient.ok_or_else(ApiError::recipient_invalid)?, text))
    }
}

/// A sent message.
#[derive(Serialize, ToSchema)]
pub(super) struct MessageSent {
    success: bool,
    message: SentMessageView,
}

#[derive(Serialize, ToSchema)]
struct SentMessageView {
    id: i64,
    #[serde(rename = "conversationId")]
    conversation_id: i64,
    #[serde(rename = "senderId")]
    sender_id: i64,
    content: String,
    time: Instant,
    /// The same as `time`: the app reads both.
    created_at: Instant,
    /// Always `true`.
    #[serde(rename = "fromMe")]
    #[schema(example = true)]
    from_me: bool,
}

impl From<SentMessage> for MessageSent {
    fn from(sent: SentMessage) -> Self {
        let message = SentMessageView {
            id: sent.id.value(),
            conversation_id: sent.conversation_id.value(),
            sender_id: sent.sender.value(),
            content: sent.text.as_str().to_owned(),
            time: Instant(sent.created_at),
            created_at: Instant(sent.created_at),
            from_me: true,
        };
        Self { success: true, message }
    }
}

/// Send a private message
///
/// Stores the message and tells the recipient at once where he is connected. A sender whom the recipient blocks gets the
/// same answer, and nothing arrives. There is no key: after `outcome_unknown`, look into the conversation.
#[utoipa::path(tag = "chat", security(("token" = [])), request_body = SendMessageBody, responses(
    (status = 200, description = "Sent", body = MessageSent),
    (status = 400, description = "`missing_fields`, `message_too_long`, `invalid_message`, `invalid_recipient`, `message_to_oneself`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`, `recipient_not_found`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 429, description = "`slow_down`, with `retryAfterMs`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`: nothing happened; `outcome_unknown`", body = Refusal),
))]
#[post("/send")]
pub(super) async fn send(
    state: State,
    CallerBody { caller, body }: CallerBody<SendMessageBody>,
) -> Result<Json<MessageSent>, ApiError> {
    let (recipient, text) = body.parse()?;
    let (chats, sender) = (Arc::clone(&state.chats), caller.0.user_id);
    // To its end also without its client: a message that is stored is told to its recipient.
    let sent = state.messages.run(async move { chats.send(sender, recipient, text).await }).await?;
    Ok(Json(sent.into()))
}

/// Somebody whose messages are wanted or not.
#[derive(Deserialize, ToSchema)]
pub(super) struct PeerBody {
    /// His id, as a number or as digits.
    #[serde(default, deserialize_with = "present", rename = "userId")]
    #[schema(value_type = IntegerOrDigits, required, example = 48_210_007)]
    user_id: Field,
}

impl PeerBody {
    fn parse(&self) -> Result<UserId, ApiError> {
        if is_missing(&self.user_id) {
            return Err(ApiError::peer_missing());
        }
        self.user_id.as_ref().and_then(integer).and_then(UserId::parse).ok_or_else(ApiError::peer_invalid)
    }
}

/// Done.
#[derive(Serialize, ToSchema)]
pub(super) struct PeerChanged {
    success: bool,
    #[schema(example = "User berhasil diblokir")]
    message: &'static str,
}

/// Block a user
///
/// What he writes from now on never arrives, and he is not told. Blocking him again changes nothing.
#[utoipa::path(tag = "chat", security(("token" = [])), request_body = PeerBody, responses(
    (status = 200, description = "Blocked", body = PeerChanged),
    (status = 400, description = "`missing_fields`, `invalid_user_id`, `self_block`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`: the caller or the one to block", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`unavailable`, `outcome_unknown`: ask again", body = Refusal),
))]
#[post("/block")]
pub(super) async fn block(
    state: State,
    CallerBody { caller, body }: CallerBody<PeerBody>,
) -> Result<Json<PeerChanged>, ApiError> {
    let (chats, peer) = (Arc::clone(&state.chats), body.parse()?);
    state.messages.run(async move { chats.block(caller.0.user_id, peer).await }).await?;
    Ok(Json(PeerChanged { success: true, message: "User berhasil diblokir" }))
}

/// Unblock a user
///
/// What he writes from now on arrives again; what he wrote meanwhile never does. Harmless when he is not blocked.
#[utoipa::path(tag = "chat", security(("token" = [])), request_body = PeerBody, responses(
    (status = 200, description = "Not blocked any more", body = PeerChanged),
    (status = 400, description = "`missing_fields`, `invalid_user_id`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`: the caller", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`unavailable`, `outcome_unknown`: ask again", body = Refusal),
))]
#[post("/unblock")]
pub(super) async fn unblock(
    state: State,
    CallerBody { caller, body }: CallerBody<PeerBody>,
) -> Result<Json<PeerChanged>, ApiError> {
    let peer = body.parse()?;
    state.chats.unblock(caller.0.user_id, peer).await?;
    Ok(Json(PeerChanged { success: true, message: "Blokir user berhasil dibuka" }))
}
