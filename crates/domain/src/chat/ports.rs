//! What private messages need from outside.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::MessageText;
use crate::{
    id::{ConversationId, MessageId, UserId},
    page::{Page, PageRequest},
    store::StoreError,
    user::AvatarPath,
};

/// The most unread messages that are counted; from there on it says so many.
pub const UNREAD_MAX: i64 = 999;

/// A message to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Who writes.
    pub sender: UserId,
    /// To whom; never himself.
    pub recipient: UserId,
    /// What.
    pub text: MessageText,
    /// When.
    pub at: DateTime<Utc>,
}

/// Where a message was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// Its row.
    pub id: MessageId,
    /// The conversation that it belongs to.
    pub conversation_id: ConversationId,
    /// The sender's name.
    pub sender_name: String,
    /// Whether the recipient never gets to see it, because he blocks the sender.
    pub is_hidden: bool,
}

/// A user as others see him in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Who he is.
    pub id: UserId,
    /// His name.
    pub name: String,
    /// His picture, if he has one.
    pub avatar: Option<AvatarPath>,
    /// Shown beside the name.
    pub level: i32,
}

/// A conversation as one of its two sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its row.
    pub id: ConversationId,
    /// The other one.
    pub peer: Profile,
    /// The last message that he sees.
    pub last_message_id: MessageId,
    /// Its text.
    pub last_message: String,
    /// When it was sent.
    pub last_message_at: DateTime<Utc>,
    /// How many messages of the other he has not read, up to [`UNREAD_MAX`].
    pub unread: i64,
}

/// A message as one of the two sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its row.
    pub id: MessageId,
    /// Who wrote it.
    pub sender: Profile,
    /// What he wrote.
    pub text: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Keeps private messages, and who blocks whom.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait ChatStore: Send + Sync {
    /// Stores a message; answers where, or `None` when the recipient is unknown or banned.
    ///
    /// - MUST make one conversation of two users, also when both write the first message at once.
    /// - MUST hide the message from a recipient who blocks the sender, for ever.
    /// - MUST number the messages of a conversation in the order in which they become visible.
    /// - MUST NOT try again after a commit of unknown outcome: it would be stored twice.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn deliver(&self, message: &NewMessage) -> Result<Option<StoredMessage>, StoreError>;

    /// The conversations of `user`, the one with the last message first.
    ///
    /// - MUST leave out those of which he sees no message.
    /// - MUST neither show nor count what is hidden from him.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn conversations(&self, user: UserId, page: PageRequest) -> Result<Page<Conversation>, StoreError>;

    /// The messages of a conversation as `reader` sees them, newest first; `None` when he is not one of the two, or sees
    /// no message of it.
    ///
    /// - MUST NOT show what is hidden from him.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn messages(
        &self,
        conversation: ConversationId,
        reader: UserId,
        page: PageRequest,
    ) -> Result<Option<Page<Message>>, StoreError>;

    /// Remembers that `reader` has read a conversation up to this message of it.
    ///
    /// - MUST NOT take back what he has read already.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn mark_read(&self, conversation: ConversationId, reader: UserId, up_to: MessageId)
    -> Result<(), StoreError>;

    /// Lets `blocker` see nothing more of what `blocked` writes to him; answers whether there is such a user.
    ///
    /// - MUST hide every message that is stored after it returned.
    /// - MUST be harmless when he is blocked already.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn block(&self, blocker: UserId, blocked: UserId, at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Lets `blocker` see what `blocked` writes from now on. Harmless when he is not blocked.
    ///
    /// - MUST NOT show what was written in between.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn unblock(&self, blocker: UserId, blocked: UserId) -> Result<(), StoreError>;
}
