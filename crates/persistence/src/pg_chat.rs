//! Private messages.

mod reading;
mod writing;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use domain::{
    chat::{ChatStore, Conversation, Message, NewMessage, StoredMessage},
    id::{ConversationId, MessageId, UserId},
    page::{Page, PageRequest},
    store::StoreError,
};

use crate::{
    error::{read_error, write_error},
    pool::Database,
};

/// Keeps private messages on PostgreSQL.
pub struct PgChatStore {
    database: Database,
}

impl PgChatStore {
    /// The messages of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl ChatStore for PgChatStore {
    async fn deliver(&self, message: &NewMessage) -> Result<Option<StoredMessage>, StoreError> {
        let deliver = async |connection: &mut AsyncPgConnection| writing::deliver(connection, message).await;
        // A message has no key that a second attempt would find the first one by.
        self.database.atomically_once(deliver).await
    }

    async fn conversations(&self, user: UserId, page: PageRequest) -> Result<Page<Conversation>, StoreError> {
        let mut connection = self.database.connection().await?;
        reading::conversations(&mut connection, user, page).await.map_err(read_error)
    }

    async fn messages(
        &self,
        conversation: ConversationId,
        reader: UserId,
        page: PageRequest,
    ) -> Result<Option<Page<Message>>, StoreError> {
        let mut connection = self.database.connection().await?;
        reading::messages(&mut connection, conversation, reader, page).await.map_err(read_error)
    }

    async fn mark_read(
        &self,
        conversation: ConversationId,
        reader: UserId,
        up_to: MessageId,
    ) -> Result<(), StoreError> {
        let mut connection = self.database.connection().await?;
        writing::mark_read(&mut connection, conversation, reader, up_to).await.map_err(write_error)
    }

    async fn block(&self, blocker: UserId, blocked: UserId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let block = async |connection: &mut AsyncPgConnection| writing::block(connection, blocker, blocked, at).await;
        self.database.atomically(block).await
    }

    async fn unblock(&self, blocker: UserId, blocked: UserId) -> Result<(), StoreError> {
        let mut connection = self.database.connection().await?;
        writing::unblock(&mut connection, blocker, blocked).await.map_err(write_error)
    }
}
