//! What live sessions need from outside.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{LiveSession, SessionSpan, Sighting};
use crate::{
    id::{LiveSessionId, UserId},
    room::RoomId,
    store::StoreError,
    time::Window,
};

/// A session that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedSession {
    /// The session.
    pub session: LiveSession,
    /// The session of the same host that was still open, ended now.
    pub replaced: Option<LiveSession>,
}

/// What ending a session came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSession {
    /// The session, with its end.
    pub session: LiveSession,
    /// Whether it is this call that ended it.
    pub is_new: bool,
}

/// What a sign of life came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// The session goes on.
    Alive,
    /// The session is over.
    Over,
    /// There is no such session of this host.
    Unknown,
}

/// A session that goes on, and its room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// Its row.
    pub id: LiveSessionId,
    /// Who is live.
    pub host: UserId,
    /// In which room, where it is known.
    pub room: Option<RoomId>,
}

/// Keeps live sessions.
///
/// Whoever ends a session writes with its end what [`Signs::last_until`](super::Signs::last_until) says of it, the diamonds of
/// gifts that the host received from its beginning (included) to its end (excluded), and how many users were
/// [seen](Self::seen) in it.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait LiveSessions: Send + Sync {
    /// Begins a session of `host` at `at`, and ends the one that is still open, both or neither.
    ///
    /// - MUST leave exactly one session of a host open, however many are begun at once.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn start(&self, host: UserId, room: Option<RoomId>, at: DateTime<Utc>) -> Result<StartedSession, StoreError>;

    /// Ends a session of `host`; answers the end that it has, if it was ended before. `None`: there is no such session of his.
    ///
    /// - MUST say of exactly one of several calls at once that it ended the session.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn end(&self, id: LiveSessionId, host: UserId, at: DateTime<Utc>)
    -> Result<Option<EndedSession>, StoreError>;

    /// Notes a sign of life of a session of `host`.
    ///
    /// - MUST NOT revive a session that is over at `at`, also where nobody has ended it yet.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn beat(&self, id: LiveSessionId, host: UserId, at: DateTime<Utc>) -> Result<Heartbeat, StoreError>;

    /// Notes who was seen in which room: the users as viewers of the sessions that go on there, a host as a sign of life of his
    /// own session.
    ///
    /// - MUST count a user once for each session, and no host as a viewer of his own.
    /// - MUST NOT revive a session that is over at the time of the sighting.
    ///
    /// # Errors
    /// [`StoreError`]; seeing somebody twice is seeing him once, so it may be tried again.
    async fn seen(&self, sightings: &[Sighting]) -> Result<(), StoreError>;

    /// The sessions that go on, the oldest first, at most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn open(&self, limit: u32) -> Result<Vec<OpenSession>, StoreError>;

    /// Ends sessions that are over at `now` though nobody ended them, at most `limit` of them; answers those that this call ended.
    ///
    /// - MUST end each once, however many servers do this at once, and wait for none of them.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn end_abandoned(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<LiveSession>, StoreError>;

    /// The sessions of `host` that lie within `window` with a part of them.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn spans(&self, host: UserId, window: Window) -> Result<Vec<SessionSpan>, StoreError>;
}

/// Notes who is in which room while it happens, without making anybody wait for the store.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Audience: Send + Sync {
    /// Waits until what was noted up to now is in the store.
    ///
    /// # Errors
    /// [`StoreError`], when it could not be written.
    async fn settle(&self) -> Result<(), StoreError>;
}
