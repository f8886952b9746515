//! Private messages.

use std::sync::Arc;

use domain::chat::MessageText;
use serde_json::{Map, Value, json};

use super::{
    Hub, Socket,
    answer::{Answer, members, user_id},
};
use crate::error::ApiError;

impl Hub {
    /// `chat:send`: keeps the message, and then tells all sockets of whom it is for.
    pub(super) async fn send_privately(&self, socket: &Arc<Socket>, payload: &Map<String, Value>) -> Answer {
        let sender = socket.data.lock().identity.user().map(|user| user.user_id);
        let sender = sender.ok_or_else(ApiError::unauthenticated)?;
        let recipient = user_id(payload.get("toUserId")).ok_or_else(|| ApiError::malformed_payload("toUserId"))?;
        let text =
            payload.get("message").and_then(Value::as_str).ok_or_else(|| ApiError::malformed_payload("message"))?;
        let text = MessageText::parse(text)?;
        let chats = Arc::clone(&self.chats);
        let send = async move { chats.send(sender, recipient, text).await.map_err(ApiError::from) };
        let sent = self.messages.run(send).await?;
        Ok(members(json!({
            "id": sent.id.value(),
            "conversationId": sent.conversation_id.value(),
            "timestamp": sent.created_at.timestamp_millis(),
        })))
    }
}
