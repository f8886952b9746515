use chrono::TimeDelta;
use domain::{
    id::LiveSessionId,
    live::{EndedSession, Heartbeat, LiveSession, OpenSession, SessionSpan, StartedSession},
    time::Window,
};
use tokio::sync::Semaphore;

use super::*;

/// A store that writes when it is let, and fails while it is away.
struct Store {
    turns: Semaphore,
    is_away: Mutex<bool>,
    written: Mutex<Vec<Vec<Sighting>>>,
}

impl Store {
    fn new(turns: usize) -> Arc<Self> {
        Arc::new(Self { turns: Semaphore::new(turns), is_away: Mutex::new(false), written: Mutex::default() })
    }

    /// The users of each batch.
    fn batches(&self) -> Vec<Vec<i64>> {
        let users = |batch: &Vec<Sighting>| {
            let mut users: Vec<_> = batch.iter().map(|sighting| sighting.user.value()).collect();
            users.sort_unstable();
            users
        };
        self.written.lock().unwrap().iter().map(users).collect()
    }
}

#[async_trait]
impl LiveSessions for Store {
    async fn seen(&self, sightings: &[Sighting]) -> Result<(), StoreError> {
        self.turns.acquire().await.unwrap().forget();
        if *self.is_away.lock().unwrap() {
            return Err(StoreError::Unavailable("away".into()));
        }
        self.written.lock().unwrap().push(sightings.to_vec());
        Ok(())
    }

    async fn start(&self, _: UserId, _: Option<RoomId>, _: DateTime<Utc>) -> Result<StartedSession, StoreError> {
        unreachable!()
    }

    async fn end(&self, _: LiveSessionId, _: UserId, _: DateTime<Utc>) -> Result<Option<EndedSession>, StoreError> {
        unreachable!()
    }

    async fn beat(&self, _: LiveSessionId, _: UserId, _: DateTime<Utc>) -> Result<Heartbeat, StoreError> {
        unreachable!()
    }

    async fn open(&self, _: u32) -> Result<Vec<OpenSession>, StoreError> {
        unreachable!()
    }

    async fn end_abandoned(&self, _: DateTime<Utc>, _: u32) -> Result<Vec<LiveSession>, StoreError> {
        unreachable!()
    }

    async fn spans(&self, _: UserId, _: Window) -> Result<Vec<SessionSpan>, StoreError> {
        unreachable!()
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn note(audience: &StoredAudience, users: impl IntoIterator<Item = i64>) {
    for user in users {
        audience.note(&RoomId::parse("r").unwrap(), UserId::new(user), at(user));
    }
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_noted_while_something_is_written_is_written_together() {
    let store = Store::new(0);
    let audience = StoredAudience::new(Arc::<Store>::clone(&store));
    note(&audience, [1]);
    until(|| audience.pending().is_empty()).await;
    note(&audience, [2, 3, 2]);
    store.turns.add_permits(2);
    audience.settle().await.unwrap();
    assert_eq!(store.batches(), [vec![1], vec![2, 3]]);
}

#[tokio::test]
async fn who_waits_for_what_was_noted_waits_for_what_is_being_written() {
    let store = Store::new(0);
    let audience = StoredAudience::new(Arc::<Store>::clone(&store));
    note(&audience, [1]);
    until(|| audience.pending().is_empty()).await;
    let settling = tokio::spawn({
        let audience = Arc::clone(&audience);
        async move { audience.settle().await }
    });
    tokio::task::yield_now().await;
    assert!(!settling.is_finished());
    store.turns.add_permits(1);
    settling.await.unwrap().unwrap();
    assert_eq!(store.batches(), [vec![1]]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_forgotten_while_the_store_is_away() {
    let store = Store::new(100);
    let audience = StoredAudience::new(Arc::<Store>::clone(&store));
    *store.is_away.lock().unwrap() = true;
    note(&audience, 1..=3);
    assert!(audience.settle().await.is_err());
    *store.is_away.lock().unwrap() = false;
    until(|| !store.batches().is_empty()).await;
    assert_eq!(store.batches(), [vec![1, 2, 3]]);
}

#[tokio::test]
async fn so_many_wait_and_so_many_are_written_at_once() {
    let store = Store::new(0);
    let audience = StoredAudience::new(Arc::<Store>::clone(&store));
    let many = i64::try_from(SIGHTINGS_MAX).unwrap();
    note(&audience, 1..=many + 5);
    assert_eq!(audience.pending().len(), SIGHTINGS_MAX);
    // Who is there already is still seen later.
    audience.note(&RoomId::parse("r").unwrap(), UserId::new(1), at(many));
    assert_eq!(audience.pending()[&(RoomId::parse("r").unwrap(), UserId::new(1))], at(many));
    store.turns.add_permits(SIGHTINGS_MAX);
    audience.settle().await.unwrap();
    assert!(store.batches().iter().all(|batch| batch.len() <= SIGHTINGS_AT_ONCE));
    assert_eq!(store.batches().concat().len(), SIGHTINGS_MAX);
}
