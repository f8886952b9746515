//! Conversations and messages as one of the two sees them.
//!
//! Pages go by the ids of messages, which grow within a conversation; the instant in a cursor decides nothing.

use std::{cmp::Reverse, collections::HashMap};

use chrono::{DateTime, Utc};
use diesel::{
    CombineDsl as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _, OptionalExtension as _,
    QueryDsl as _, QueryResult,
    dsl::{not, sql},
    sql_types::BigInt,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    chat::{Conversation, Message, Profile, UNREAD_MAX},
    id::{ConversationId, MessageId, UserId},
    page::{Cursor, Page, PageRequest},
    user::AvatarPath,
};

use crate::{
    error::contradictory,
    schema::{conversation_members as members, conversations, private_messages as messages, users},
};

/// The messages of the other one that are shown and not read, up to the limit that follows.
const UNREAD: &str = "(SELECT COUNT(*) FROM (SELECT FROM private_messages unread
    WHERE unread.conversation_id = conversations.id
      AND unread.sender_id = CASE conversation_members.user_id
        WHEN conversations.user_low THEN conversations.user_high ELSE conversations.user_low END
      AND NOT unread.is_hidden_from_recipient AND unread.id > conversation_members.last_read_id
    LIMIT ";

type ConversationRow = (i64, (i64, i64), (i64, String, DateTime<Utc>), i64);

pub(super) async fn conversations(
    connection: &mut AsyncPgConnection,
    user: UserId,
    page: PageRequest,
) -> QueryResult<Page<Conversation>> {
    let user = user.value();
    let rows: Vec<ConversationRow> = members::table
        .inner_join(conversations::table.on(conversations::id.eq(members::conversation_id)))
        .inner_join(messages::table.on(members::last_message_id.eq(messages::id.nullable())))
        .filter(members::user_id.eq(user))
        .filter(members::last_message_id.lt(before(page)))
        .order(members::last_message_id.desc())
        .limit(rows_of(page))
        .select((
            members::conversation_id,
            (conversations::user_low, conversations::user_high),
            (messages::id, messages::content, messages::created_at),
            sql::<BigInt>(UNREAD).bind::<BigInt, _>(UNREAD_MAX).sql(") counted)"),
        ))
        .load(connection)
        .await?;
    let peers = profiles(connection, rows.iter().map(|(_, pair, ..)| other(*pair, user)).collect()).await?;
    let items: QueryResult<Vec<Conversation>> = rows
        .into_iter()
        .map(|(id, pair, (last_message_id, last_message, last_message_at), unread)| {
            Ok(Conversation {
                id: ConversationId::new(id),
                peer: profile(&peers, other(pair, user))?,
                last_message_id: MessageId::new(last_message_id),
                last_message,
                last_message_at,
                unread,
            })
        })
        .collect();
    Ok(Page::from_surplus(items?, page.limit, |item: &Conversation| Cursor {
        created_at: item.last_message_at,
        id: item.last_message_id.value(),
    }))
}

type MessageRow = (i64, i64, String, DateTime<Utc>);

pub(super) async fn messages(
    connection: &mut AsyncPgConnection,
    conversation: ConversationId,
    reader: UserId,
    page: PageRequest,
) -> QueryResult<Option<Page<Message>>> {
    let (conversation, reader) = (conversation.value(), reader.value());
    let pair: Option<(i64, i64)> = members::table
        .find((conversation, reader))
        .inner_join(conversations::table.on(conversations::id.eq(members::conversation_id)))
        .filter(members::last_message_id.is_not_null())
        .select((conversations::user_low, conversations::user_high))
        .first(connection)
        .await
        .optional()?;
    let Some(pair) = pair else { return Ok(None) };
    let columns = (messages::id, messages::sender_id, messages::content, messages::created_at);
    let written_by = |user: i64| {
        messages::table
            .filter(messages::conversation_id.eq(conversation))
            .filter(messages::sender_id.eq(user))
            .filter(messages::id.lt(before(page)))
            .order(messages::id.desc())
            .limit(rows_of(page))
            .select(columns)
    };
    // Each half has its index, so that no number of hidden messages slows their reader down.
    let theirs = written_by(other(pair, reader)).filter(not(messages::is_hidden_from_recipient));
    let mut rows: Vec<MessageRow> = written_by(reader).union_all(theirs).load(connection).await?;
    rows.sort_unstable_by_key(|(id, ..)| Reverse(*id));
    let profiles = profiles(connection, vec![pair.0, pair.1]).await?;
    let items: QueryResult<Vec<Message>> = rows
        .into_iter()
        .map(|(id, sender, text, created_at)| {
            Ok(Message { id: MessageId::new(id), sender: profile(&profiles, sender)?, text, created_at })
        })
        .collect();
    Ok(Some(Page::from_surplus(items?, page.limit, |item: &Message| Cursor {
        created_at: item.created_at,
        id: item.id.value(),
    })))
}

fn before(page: PageRequest) -> i64 {
    page.after.map_or(i64::MAX, |cursor| cursor.id)
}

fn rows_of(page: PageRequest) -> i64 {
    i64::from(page.limit.items()).saturating_add(1)
}

const fn other((low, high): (i64, i64), user: i64) -> i64 {
    if low == user { high } else { low }
}

async fn profiles(connection: &mut AsyncPgConnection, ids: Vec<i64>) -> QueryResult<HashMap<i64, Profile>> {
    let rows: Vec<(i64, String, Option<String>, i32)> = users::table
        .filter(users::id.eq_any(ids))
        .select((users::id, users::name, users::avatar_url, users::level))
        .load(connection)
        .await?;
    let profile = |(id, name, avatar, level): (i64, String, Option<String>, i32)| {
        (id, Profile { id: UserId::new(id), name, avatar: avatar.map(AvatarPath::new), level })
    };
    Ok(rows.into_iter().map(profile).collect())
}

fn profile(profiles: &HashMap<i64, Profile>, id: i64) -> QueryResult<Profile> {
    profiles.get(&id).cloned().ok_or_else(|| contradictory("a conversation with nobody"))
}
