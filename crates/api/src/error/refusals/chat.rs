//! What private messages are refused with. The texts are those of the older server, which were English here.

use actix_web::http::StatusCode;
use domain::chat::{BlockError, ChatError, InvalidMessage, MESSAGE_CHARS_MAX, SendMessageError};

use super::ApiError;

impl ApiError {
    /// 400: no text.
    pub(crate) fn message_missing() -> Self {
        Self::bad_request("missing_fields", "Message content is required")
    }

    /// 400: a text of something else than characters.
    pub(crate) fn message_is_no_text() -> Self {
        Self::bad_request("invalid_message", "Message content must be text")
    }

    /// 400: no recipient.
    pub(crate) fn recipient_missing() -> Self {
        Self::bad_request("missing_fields", "Recipient ID is required")
    }

    /// 400: a recipient that is no id.
    pub(crate) fn recipient_invalid() -> Self {
        Self::bad_request("invalid_recipient", "Recipient ID is not valid")
    }

    /// 400: nobody to block or unblock.
    pub(crate) fn peer_missing() -> Self {
        Self::bad_request("missing_fields", "User ID is required")
    }

    /// 400: somebody to block or unblock who is no id.
    pub(crate) fn peer_invalid() -> Self {
        Self::bad_request("invalid_user_id", "User ID is not valid")
    }

    /// 400: a conversation that is no id.
    pub(crate) fn conversation_invalid() -> Self {
        Self::bad_request("invalid_conversation_id", "Conversation ID is not valid")
    }
}

impl From<InvalidMessage> for ApiError {
    fn from(error: InvalidMessage) -> Self {
        match error {
            InvalidMessage::Empty => Self::message_missing(),
            InvalidMessage::TooLong => {
                let text = format!("Message content must be at most {MESSAGE_CHARS_MAX} characters");
                Self::bad_request("message_too_long", text)
            }
            InvalidMessage::Unprintable => {
                Self::bad_request("invalid_message", "Message content has characters that are not allowed")
            }
        }
    }
}

impl From<SendMessageError> for ApiError {
    fn from(error: SendMessageError) -> Self {
        match error {
            SendMessageError::ToOneself => Self::bad_request("message_to_oneself", "Cannot send message to yourself"),
            SendMessageError::TooMany(wait) => Self::slow_down(wait),
            SendMessageError::UnknownRecipient => {
                Self::new(StatusCode::NOT_FOUND, "recipient_not_found", "Recipient not found")
            }
            SendMessageError::Store(error) => error.into(),
        }
    }
}

impl From<ChatError> for ApiError {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::NotAMember => {
                Self::new(StatusCode::FORBIDDEN, "not_a_member", "Access denied to this conversation")
            }
            ChatError::Store(error) => error.into(),
        }
    }
}

impl From<BlockError> for ApiError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Oneself => Self::bad_request("self_block", "Cannot block yourself"),
            BlockError::UnknownUser => Self::user_not_found(),
            BlockError::Store(error) => error.into(),
        }
    }
}
