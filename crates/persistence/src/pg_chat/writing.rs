//! What changes conversations. Whatever depends on the order of messages and blocks holds the conversation's row.

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult, dsl::exists, select};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    chat::{NewMessage, StoredMessage},
    id::{ConversationId, MessageId, UserId},
};

use crate::schema::{conversation_members as members, conversations, private_messages as messages, user_blocks, users};

pub(super) async fn deliver(
    connection: &mut AsyncPgConnection,
    message: &NewMessage,
) -> QueryResult<Option<StoredMessage>> {
    let (sender, recipient) = (message.sender.value(), message.recipient.value());
    let sender_name: String = users::table.find(sender).select(users::name).first(connection).await?;
    let known: Option<i64> = users::table
        .find(recipient)
        .filter(users::banned_at.is_null())
        .select(users::id)
        .first(connection)
        .await
        .optional()?;
    if known.is_none() {
        return Ok(None);
    }
    let conversation = lock_conversation(connection, sender, recipient, message.at).await?;
    let block = user_blocks::table.find((recipient, sender));
    let is_hidden: bool = select(exists(block)).get_result(connection).await?;
    let id: i64 = diesel::insert_into(messages::table)
        .values((
            messages::conversation_id.eq(conversation),
            messages::sender_id.eq(sender),
            messages::content.eq(message.text.as_str()),
            messages::is_hidden_from_recipient.eq(is_hidden),
            messages::created_at.eq(message.at),
        ))
        .returning(messages::id)
        .get_result(connection)
        .await?;
    let seen_by = if is_hidden { vec![sender] } else { vec![sender, recipient] };
    diesel::update(members::table)
        .filter(members::conversation_id.eq(conversation))
        .filter(members::user_id.eq_any(seen_by))
        .set(members::last_message_id.eq(id))
        .execute(connection)
        .await?;
    Ok(Some(StoredMessage {
        id: MessageId::new(id),
        conversation_id: ConversationId::new(conversation),
        sender_name,
        is_hidden,
    }))
}

/// The conversation of two users, made if there is none, with its row locked: messages get their numbers in the order in
/// which they are committed, and no message passes a block.
async fn lock_conversation(
    connection: &mut AsyncPgConnection,
    one: i64,
    other: i64,
    at: DateTime<Utc>,
) -> QueryResult<i64> {
    let (low, high) = (one.min(other), one.max(other));
    let locked = conversations::table
        .filter(conversations::user_low.eq(low))
        .filter(conversations::user_high.eq(high))
        .select(conversations::id)
        .for_no_key_update();
    if let Some(id) = locked.first(connection).await.optional()? {
        return Ok(id);
    }
    // When another one makes it at this instant, this waits for its commit and makes nothing.
    let made: Option<i64> = diesel::insert_into(conversations::table)
        .values((conversations::user_low.eq(low), conversations::user_high.eq(high), conversations::created_at.eq(at)))
        .on_conflict((conversations::user_low, conversations::user_high))
        .do_nothing()
        .returning(conversations::id)
        .get_result(connection)
        .await
        .optional()?;
    let Some(id) = made else { return locked.first(connection).await };
    let member = |user: i64| (members::conversation_id.eq(id), members::user_id.eq(user));
    diesel::insert_into(members::table).values(vec![member(low), member(high)]).execute(connection).await?;
    Ok(id)
}

pub(super) async fn mark_read(
    connection: &mut AsyncPgConnection,
    conversation: ConversationId,
    reader: UserId,
    up_to: MessageId,
) -> QueryResult<()> {
    diesel::update(members::table.find((conversation.value(), reader.value())))
        .filter(members::last_read_id.lt(up_to.value()))
        .set(members::last_read_id.eq(up_to.value()))
        .execute(connection)
        .await
        .map(drop)
}

pub(super) async fn block(
    connection: &mut AsyncPgConnection,
    blocker: UserId,
    blocked: UserId,
    at: DateTime<Utc>,
) -> QueryResult<bool> {
    let (blocker, blocked) = (blocker.value(), blocked.value());
    let known: Option<i64> = users::table.find(blocked).select(users::id).first(connection).await.optional()?;
    if known.is_none() {
        return Ok(false);
    }
    // A message that looked for a block before this one is stored before it, or after and hidden.
    lock_conversation(connection, blocker, blocked, at).await?;
    diesel::insert_into(user_blocks::table)
        .values((
            user_blocks::blocker_id.eq(blocker),
            user_blocks::blocked_id.eq(blocked),
            user_blocks::created_at.eq(at),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    Ok(true)
}

pub(super) async fn unblock(connection: &mut AsyncPgConnection, blocker: UserId, blocked: UserId) -> QueryResult<()> {
    diesel::delete(user_blocks::table.find((blocker.value(), blocked.value()))).execute(connection).await.map(drop)
}
