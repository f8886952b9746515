//! Conversations and their messages, as one of the two sees them.

use actix_web::{HttpRequest, get, web::Json};
use domain::{
    chat::{Conversation, Message},
    id::{ConversationId, UserId},
    page::{Cursor, Limit},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    auth::{Caller, authenticate},
    error::{ApiError, Refusal},
    fields::digits,
    http::{
        State,
        query::{PageQuery, query},
        wire::{Instant, picture_url},
    },
};

/// So many messages when no limit is asked for.
const MESSAGES: Limit = Limit::clamped(50);

/// The caller's conversations.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ConversationsView {
    success: bool,
    /// The one with the last message first.
    conversations: Vec<ConversationView>,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ConversationView {
    id: i64,
    /// The other one.
    #[serde(rename = "userId")]
    user_id: i64,
    #[schema(example = "Siti")]
    name: String,
    /// The address of his picture.
    avatar: Option<String>,
    level: i32,
    #[serde(rename = "lastMessage")]
    #[schema(example = "Halo!")]
    last_message: String,
    /// When the last message was sent.
    time: Instant,
    /// How many of his messages the caller has not read, up to 999.
    unread: i64,
    /// Always `false`.
    #[serde(rename = "isOfficial")]
    #[schema(example = false)]
    is_official: bool,
}

fn conversation_view(conversation: Conversation, request: &HttpRequest) -> ConversationView {
    ConversationView {
        id: conversation.id.value(),
        user_id: conversation.peer.id.value(),
        avatar: conversation.peer.avatar.map(|avatar| picture_url(request, &avatar)),
        name: conversation.peer.name,
        level: conversation.peer.level,
        last_message: conversation.last_message,
        time: Instant(conversation.last_message_at),
        unread: conversation.unread,
        is_official: false,
    }
}

/// List one's conversations
///
/// Those in which the caller sees a message, the latest first.
#[utoipa::path(tag = "chat", security(("token" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of conversations; 100 when no limit is given", body = ConversationsView),
    (status = 400, description = "`invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/conversations")]
pub(in crate::http) async fn conversations(
    state: State,
    request: HttpRequest,
) -> Result<Json<ConversationsView>, ApiError> {
    let Caller(caller) = authenticate(&request).await?;
    let page = query::<PageQuery>(&request)?.parse(Limit::MAX)?;
    let page = state.chats.conversations(caller.user_id, page).await?;
    Ok(Json(ConversationsView {
        success: true,
        conversations: page.items.into_iter().map(|one| conversation_view(one, &request)).collect(),
        next_cursor: page.next.map(Cursor::to_text),
    }))
}

/// A part of a conversation.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct MessagesView {
    success: bool,
    /// The newest of the page last.
    messages: Vec<MessageView>,
    /// For the page of older messages; `null` on the one with the oldest.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MessageView {
    id: i64,
    #[serde(rename = "senderId")]
    sender_id: i64,
    #[schema(example = "Halo!")]
    content: String,
    time: Instant,
    /// Whether the caller wrote it.
    #[serde(rename = "fromMe")]
    from_me: bool,
    /// Always `false`.
    #[serde(rename = "isOfficial")]
    #[schema(example = false)]
    is_official: bool,
    #[serde(rename = "senderName")]
    #[schema(example = "Siti")]
    sender_name: String,
    /// The address of the sender's picture.
    #[serde(rename = "senderAvatar")]
    sender_avatar: Option<String>,
}

fn message_view(message: Message, reader: UserId, request: &HttpRequest) -> MessageView {
    MessageView {
        id: message.id.value(),
        sender_id: message.sender.id.value(),
        content: message.text,
        time: Instant(message.created_at),
        from_me: message.sender.id == reader,
        is_official: false,
        sender_avatar: message.sender.avatar.map(|avatar| picture_url(request, &avatar)),
        sender_name: message.sender.name,
    }
}

/// Read a conversation
///
/// The newest messages, oldest of them first; `nextCursor` leads to older ones. What is answered counts as read.
#[utoipa::path(tag = "chat", security(("token" = [])),
    params(("conversation_id" = i64, Path, description = "The conversation"), PageQuery),
    responses(
    (status = 200, description = "A page of messages; 50 when no limit is given", body = MessagesView),
    (status = 400, description = "`invalid_conversation_id`, `invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_a_member`: unknown, or not the caller's; or a bad token", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`, `outcome_unknown`: ask again", body = Refusal),
))]
#[get("/messages/{conversation_id}")]
pub(in crate::http) async fn messages(state: State, request: HttpRequest) -> Result<Json<MessagesView>, ApiError> {
    let Caller(caller) = authenticate(&request).await?;
    let raw = request.match_info().get("conversation_id").unwrap_or_default();
    let conversation = digits(raw).and_then(ConversationId::parse).ok_or_else(ApiError::conversation_invalid)?;
    let page = query::<PageQuery>(&request)?.parse(MESSAGES)?;
    let page = state.chats.messages(conversation, caller.user_id, page).await?;
    let newest_first = page.items.into_iter();
    Ok(Json(MessagesView {
        success: true,
        messages: newest_first.rev().map(|one| message_view(one, caller.user_id, &request)).collect(),
        next_cursor: page.next.map(Cursor::to_text),
    }))
}
