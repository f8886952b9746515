//! Beginning, keeping alive and ending sessions.

use std::sync::Arc;

use super::{Audience, Heartbeat, LiveSession, LiveSessions, OpenSession, StartedSession, seconds_within};
use crate::{
    event::{EventPublisher, LiveEvent},
    id::{LiveSessionId, UserId},
    room::RoomId,
    store::StoreError,
    time::{Clock, Window},
};

/// So many sessions go on at once at most, as far as rooms are concerned.
pub const OPEN_SESSIONS_MAX: u32 = 10_000;
/// So many abandoned sessions are ended at once at most.
const ABANDONED_AT_ONCE: u32 = 100;
/// So many times in a row they are looked for, before there is a pause.
const ABANDONED_ROUNDS_MAX: u32 = 20;

/// Why a session was not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndSessionError {
    /// There is no such session, or it is somebody else's.
    #[error("there is no such session of this host")]
    Unknown,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a sign of life was not noted.
#[derive(Debug, thiserror::Error)]
pub enum HeartbeatError {
    /// There is no such session, or it is somebody else's.
    #[error("there is no such session of this host")]
    Unknown,
    /// It is over.
    #[error("the session is over")]
    Over,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Live sessions.
pub struct LiveService {
    /// Where they are kept.
    pub sessions: Arc<dyn LiveSessions>,
    /// Who notes who watches.
    pub audience: Arc<dyn Audience>,
    /// Whoever tells the room.
    pub publisher: Arc<dyn EventPublisher>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl LiveService {
    /// Begins a session; one that the host still has open ends first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn start(&self, host: UserId, room: Option<RoomId>) -> Result<LiveSession, StoreError> {
        self.audience.settle().await?;
        let StartedSession { session, replaced } = self.sessions.start(host, room, self.clock.now()).await?;
        if let Some(replaced) = replaced {
            self.publisher.publish(LiveEvent::SessionEnded(replaced));
        }
        self.publisher.publish(LiveEvent::SessionStarted(session.clone()));
        Ok(session)
    }

    /// Ends a session; a session that has ended is answered as it is.
    ///
    /// # Errors
    /// [`EndSessionError`].
    pub async fn end(&self, host: UserId, id: LiveSessionId) -> Result<LiveSession, EndSessionError> {
        let now = self.clock.now();
        // Who came a moment ago has seen it.
        self.audience.settle().await?;
        let ended = self.sessions.end(id, host, now).await?.ok_or(EndSessionError::Unknown)?;
        if ended.is_new {
            self.publisher.publish(LiveEvent::SessionEnded(ended.session.clone()));
        }
        Ok(ended.session)
    }

    /// Notes a sign of life.
    ///
    /// # Errors
    /// [`HeartbeatError`].
    pub async fn beat(&self, host: UserId, id: LiveSessionId) -> Result<(), HeartbeatError> {
        match self.sessions.beat(id, host, self.clock.now()).await? {
            Heartbeat::Alive => Ok(()),
            Heartbeat::Over => Err(HeartbeatError::Over),
            Heartbeat::Unknown => Err(HeartbeatError::Unknown),
        }
    }

    /// Who is live, and where.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(&self) -> Result<Vec<OpenSession>, StoreError> {
        self.sessions.open(OPEN_SESSIONS_MAX).await
    }

    /// Ends what is over though nobody ended it; answers how many sessions.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_abandoned(&self) -> Result<usize, StoreError> {
        let mut count: usize = 0;
        for _ in 0..ABANDONED_ROUNDS_MAX {
            let ended = self.sessions.end_abandoned(self.clock.now(), ABANDONED_AT_ONCE).await?;
            if ended.is_empty() {
                break;
            }
            count = count.saturating_add(ended.len());
            for session in ended {
                self.publisher.publish(LiveEvent::SessionEnded(session));
            }
        }
        Ok(count)
    }

    /// How many seconds `host` was live within `window`, up to now; zero for an unknown host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn seconds(&self, host: UserId, window: Window) -> Result<i32, StoreError> {
        let now = self.clock.now();
        Ok(seconds_within(&self.sessions.spans(host, window).await?, window, now))
    }
}

#[cfg(test)]
mod tests;
