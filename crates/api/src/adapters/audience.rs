//! Who is in which room, written down behind the back of those who come and go.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    id::UserId,
    live::{Audience, LiveSessions, Sighting},
    room::RoomId,
    store::StoreError,
};
use tokio::{
    runtime::Handle,
    sync::{Mutex as Turn, Notify},
    time::sleep,
};

/// So many are written at once.
const SIGHTINGS_AT_ONCE: usize = 1_000;
/// So many wait while the store is away. Who is still in his room when it comes back is seen again.
const SIGHTINGS_MAX: usize = 100_000;
/// The pause after the store has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// What was seen and is not written yet: the last time of everybody in every room.
type Pending = HashMap<(RoomId, UserId), DateTime<Utc>>;

/// Writes at once what is noted; what is noted meanwhile is written together.
///
/// [`Audience::settle`] is not to be cancelled: what it was writing would be forgotten.
pub(crate) struct StoredAudience {
    sessions: Arc<dyn LiveSessions>,
    pending: Mutex<Pending>,
    /// Held while something is being written, so that who waits for what was noted waits for that too.
    turn: Turn<()>,
    noted: Arc<Notify>,
}

impl StoredAudience {
    /// An audience that is written down on the present runtime, as long as it lives.
    pub(crate) fn new(sessions: Arc<dyn LiveSessions>) -> Arc<Self> {
        let noted = Arc::new(Notify::new());
        let audience =
            Arc::new(Self { sessions, pending: Mutex::default(), turn: Turn::default(), noted: Arc::clone(&noted) });
        Handle::current().spawn(write(Arc::downgrade(&audience), noted));
        audience
    }

    /// Notes that a user is, or was, in a room. Never waits.
    pub(crate) fn note(&self, room: &RoomId, user: UserId, at: DateTime<Utc>) {
        let mut pending = self.pending();
        let place = (room.clone(), user);
        if pending.len() < SIGHTINGS_MAX || pending.contains_key(&place) {
            pending.insert(place, at);
            self.noted.notify_one();
        }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a part of what is not written yet.
    fn take(&self) -> Vec<Sighting> {
        let mut pending = self.pending();
        let some: Vec<_> = pending.keys().take(SIGHTINGS_AT_ONCE).cloned().collect();
        let taken = some.into_iter().filter_map(|place| pending.remove_entry(&place));
        taken.map(|((room, user), at)| Sighting { room, user, at }).collect()
    }

    /// Keeps what could not be written for another time.
    fn put_back(&self, sightings: Vec<Sighting>) {
        let mut pending = self.pending();
        for Sighting { room, user, at } in sightings {
            pending.entry((room, user)).or_insert(at);
        }
    }
}

#[async_trait]
impl Audience for StoredAudience {
    async fn settle(&self) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        // Not until nothing is left: others go on noting. What was there before is written after so many rounds.
        let rounds = self.pending().len().div_ceil(SIGHTINGS_AT_ONCE);
        for _ in 0..rounds {
            let sightings = self.take();
            if let Err(error) = self.sessions.seen(&sightings).await {
                self.put_back(sightings);
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Drop for StoredAudience {
    fn drop(&mut self) {
        // Whoever writes for it finds that it is gone.
        self.noted.notify_one();
    }
}

async fn write(audience: Weak<StoredAudience>, noted: Arc<Notify>) {
    loop {
        noted.notified().await;
        let Some(audience) = audience.upgrade() else { return };
        while let Err(error) = audience.settle().await {
            tracing::warn!(%error, "who is in which room could not be written down yet");
            sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests;
