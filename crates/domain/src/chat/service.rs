//! Writing, reading and blocking.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{ChatStore, Conversation, Message, MessageText, NewMessage};
use crate::{
    event::{EventPublisher, LiveEvent},
    id::{ConversationId, MessageId, UserId},
    page::{Page, PageRequest},
    rate::{Quotas, RetryAfter},
    store::StoreError,
    time::Clock,
};

/// Why a message was not sent, in order of precedence.
#[derive(Debug, thiserror::Error)]
pub enum SendMessageError {
    /// Nobody writes to himself.
    #[error("a message is for somebody else")]
    ToOneself,
    /// The sender is too fast.
    #[error("the sender is too fast")]
    TooMany(RetryAfter),
    /// There is no such user, or he is banned.
    #[error("there is no such recipient")]
    UnknownRecipient,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why messages were not read.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// There is no such conversation, or it is not the reader's.
    #[error("no such conversation of this reader")]
    NotAMember,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nobody was blocked.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// Nobody blocks himself.
    #[error("nobody blocks himself")]
    Oneself,
    /// There is no such user.
    #[error("there is no such user")]
    UnknownUser,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A message as its sender sees it. Whether it is hidden from its recipient it does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMessage {
    /// Its row.
    pub id: MessageId,
    /// The conversation that it belongs to.
    pub conversation_id: ConversationId,
    /// Who wrote it.
    pub sender: UserId,
    /// What he wrote.
    pub text: MessageText,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Private messages.
pub struct ChatService {
    /// Where messages are kept.
    pub store: Arc<dyn ChatStore>,
    /// Who tells recipients.
    pub publisher: Arc<dyn EventPublisher>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How fast one user may send, whatever way he sends by.
    pub rates: Quotas<UserId>,
}

impl ChatService {
    /// Sends a message and tells its recipient. To a recipient who blocks the sender it only looks sent.
    ///
    /// # Errors
    /// [`SendMessageError`].
    pub async fn send(
        &self,
        sender: UserId,
        recipient: UserId,
        text: MessageText,
    ) -> Result<SentMessage, SendMessageError> {
        if sender == recipient {
            return Err(SendMessageError::ToOneself);
        }
        let at = self.clock.now();
        self.rates.take(sender, at).map_err(SendMessageError::TooMany)?;
        let message = NewMessage { sender, recipient, text, at };
        let stored = self.store.deliver(&message).await?.ok_or(SendMessageError::UnknownRecipient)?;
        let text = message.text;
        if !stored.is_hidden {
            self.publisher.publish(LiveEvent::ChatReceived {
                to: recipient,
                from: sender,
                sender_name: stored.sender_name,
                text: text.clone(),
                message_id: stored.id,
                conversation_id: stored.conversation_id,
                at,
            });
        }
        Ok(SentMessage { id: stored.id, conversation_id: stored.conversation_id, sender, text, created_at: at })
    }

    /// The conversations of `user`, the one with the last message first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conversations(&self, user: UserId, page: PageRequest) -> Result<Page<Conversation>, StoreError> {
        self.store.conversations(user, page).await
    }

    /// The messages of a conversation, newest first. What is on the page counts as read, and everything before it.
    ///
    /// # Errors
    /// [`ChatError`].
    pub async fn messages(
        &self,
        conversation: ConversationId,
        reader: UserId,
        page: PageRequest,
    ) -> Result<Page<Message>, ChatError> {
        let page = self.store.messages(conversation, reader, page).await?.ok_or(ChatError::NotAMember)?;
        if let Some(newest) = page.items.first() {
            self.store.mark_read(conversation, reader, newest.id).await?;
        }
        Ok(page)
    }

    /// Lets `blocker` see nothing more of what `blocked` writes to him.
    ///
    /// # Errors
    /// [`BlockError`].
    pub async fn block(&self, blocker: UserId, blocked: UserId) -> Result<(), BlockError> {
        if blocker == blocked {
            return Err(BlockError::Oneself);
        }
        let is_known = self.store.block(blocker, blocked, self.clock.now()).await?;
        if is_known { Ok(()) } else { Err(BlockError::UnknownUser) }
    }

    /// Lets `blocker` see what `blocked` writes from now on; what was written in between stays hidden.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unblock(&self, blocker: UserId, blocked: UserId) -> Result<(), StoreError> {
        self.store.unblock(blocker, blocked).await
    }
}

#[cfg(test)]
mod tests;
