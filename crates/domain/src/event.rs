//! What happened that connected users are told at once.
//!
//! Not responsible for who is connected: an event says whom it is for, the adapter behind [`EventPublisher`] finds them.

use chrono::{DateTime, Utc};

use crate::{
    chat::MessageText,
    gift::{GiftPosting, GiftReceipt},
    id::{ConversationId, MessageId, UserId},
    live::LiveSession,
    room::RoomId,
};

/// Something that happened, and is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveEvent {
    /// A gift was sent, for the first time under its key.
    GiftSent {
        /// The room that it was sent in, if its sender said one.
        room: Option<RoomId>,
        /// What was sent, and for how much.
        posting: Box<GiftPosting>,
        /// The proof.
        receipt: GiftReceipt,
    },
    /// A private message arrived: for all sockets of `to`, and for nobody else.
    ChatReceived {
        /// Who gets it.
        to: UserId,
        /// Who wrote it.
        from: UserId,
        /// The writer's name as others see it.
        sender_name: String,
        /// What he wrote.
        text: MessageText,
        /// Its row.
        message_id: MessageId,
        /// The conversation that it belongs to.
        conversation_id: ConversationId,
        /// When it was sent.
        at: DateTime<Utc>,
    },
    /// A host is live, in the room that the session names, if it names one.
    SessionStarted(LiveSession),
    /// A session has ended.
    SessionEnded(LiveSession),
}

/// Tells connected users what happened.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
pub trait EventPublisher: Send + Sync {
    /// Hands an event over and returns at once: whom it cannot reach now, it does not reach.
    ///
    /// - MUST be called only after what happened is committed.
    fn publish(&self, event: LiveEvent);
}
