//! Live sessions: when a host is live, for how long, and what that came to.

mod ports;
mod service;

pub use ports::*;
pub use service::*;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    id::{LiveSessionId, UserId},
    money::Diamonds,
    room::RoomId,
    time::Window,
};

/// A session without a sign of life for so long is over.
pub const SILENCE_MAX: TimeDelta = TimeDelta::seconds(120);
/// No session is longer.
pub const SESSION_MAX: TimeDelta = TimeDelta::hours(12);

/// When a session began, and when its host was last seen to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    /// Its beginning.
    pub started_at: DateTime<Utc>,
    /// The last sign of life, not before the beginning.
    pub last_sign_at: DateTime<Utc>,
}

impl Signs {
    /// Whether the session is over at `now`, whoever has noticed it.
    #[must_use]
    pub fn are_over(&self, now: DateTime<Utc>) -> bool {
        now.signed_duration_since(self.last_sign_at) >= SILENCE_MAX
            || now.signed_duration_since(self.started_at) >= SESSION_MAX
    }

    /// Until when the session lasts, seen from `now`: until now, or until its last sign of life when it is over. At most
    /// [`SESSION_MAX`] after its beginning, and never before it.
    #[must_use]
    pub fn last_until(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let end = if self.are_over(now) { self.last_sign_at } else { now };
        let latest = self.started_at.checked_add_signed(SESSION_MAX).unwrap_or(end);
        end.min(latest).max(self.started_at)
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// Its row.
    pub id: LiveSessionId,
    /// Who is live.
    pub host: UserId,
    /// In which room, where it is known.
    pub room: Option<RoomId>,
    /// Its beginning.
    pub started_at: DateTime<Utc>,
    /// Its end, and what it came to; `None` while it goes on.
    pub ended: Option<SessionEnd>,
    /// When its row was written.
    pub created_at: DateTime<Utc>,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionEnd {
    /// When.
    pub at: DateTime<Utc>,
    /// Its length, rounded to whole seconds.
    pub duration_seconds: i32,
    /// What gifts brought the host meanwhile.
    pub income: Diamonds,
    /// How many users saw it: without guests and the host.
    pub viewers: i32,
}

/// The length of a session in whole seconds, rounded half up.
#[must_use]
pub fn duration_seconds(started_at: DateTime<Utc>, ended_at: DateTime<Utc>) -> i32 {
    whole_seconds(ended_at.signed_duration_since(started_at))
}

fn whole_seconds(length: TimeDelta) -> i32 {
    let rounded = length.checked_add(&TimeDelta::milliseconds(500)).map_or(i64::MAX, |length| length.num_seconds());
    i32::try_from(rounded.max(0)).unwrap_or(i32::MAX)
}

/// From when to when a session lasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionSpan {
    /// Its beginning, and the last sign of life.
    pub signs: Signs,
    /// Its end; `None` while it goes on.
    pub ended_at: Option<DateTime<Utc>>,
}

impl SessionSpan {
    /// How much of it lies within `window`, seen from `now`.
    #[must_use]
    pub fn within(&self, window: Window, now: DateTime<Utc>) -> TimeDelta {
        let end = self.ended_at.unwrap_or_else(|| self.signs.last_until(now));
        let begin = window.start.map_or(self.signs.started_at, |start| start.max(self.signs.started_at));
        let end = window.end.map_or(end, |limit| limit.min(end));
        end.signed_duration_since(begin).max(TimeDelta::zero())
    }
}

/// How long these sessions lasted within `window` together, in whole seconds, seen from `now`.
#[must_use]
pub fn seconds_within(sessions: &[SessionSpan], window: Window, now: DateTime<Utc>) -> i32 {
    let add = |sum: TimeDelta, one: &SessionSpan| sum.checked_add(&one.within(window, now)).unwrap_or(TimeDelta::MAX);
    whole_seconds(sessions.iter().fold(TimeDelta::zero(), add))
}

/// Somebody was in a room.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sighting {
    /// Which room.
    pub room: RoomId,
    /// Who.
    pub user: UserId,
    /// When.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests;
