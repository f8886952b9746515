//! The times at which something happens to sessions by itself.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use tokio::{sync::Notify, time::sleep_until};

use super::{Application, Connection, Endpoint};

/// When something happens to a session by itself: one entry a session, and stale ones that do no harm.
pub(super) struct Timers<A: Application> {
    entries: Mutex<BinaryHeap<Reverse<Entry<A>>>>,
    earlier: Notify,
}

struct Entry<A: Application> {
    at: Instant,
    number: u64,
    connection: Weak<Connection<A>>,
}

impl<A: Application> Entry<A> {
    const fn key(&self) -> (Instant, u64) {
        (self.at, self.number)
    }
}

impl<A: Application> PartialEq for Entry<A> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<A: Application> Eq for Entry<A> {}

impl<A: Application> PartialOrd for Entry<A> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<A: Application> Ord for Entry<A> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl<A: Application> Default for Timers<A> {
    fn default() -> Self {
        Self { entries: Mutex::default(), earlier: Notify::new() }
    }
}

impl<A: Application> Timers<A> {
    /// Calls [`Connection::on_deadline`] at that instant.
    pub(super) fn schedule(&self, at: Instant, connection: &Arc<Connection<A>>) {
        let mut entries = self.lock();
        let is_earliest = entries.peek().is_none_or(|Reverse(first)| at < first.at);
        entries.push(Reverse(Entry { at, number: connection.number(), connection: Arc::downgrade(connection) }));
        drop(entries);
        if is_earliest {
            self.earlier.notify_one();
        }
    }

    /// Takes what is due; otherwise says when the next is.
    fn due(&self, now: Instant) -> Result<(Instant, Weak<Connection<A>>), Option<Instant>> {
        let mut entries = self.lock();
        match entries.peek() {
            Some(Reverse(first)) if first.at > now => Err(Some(first.at)),
            Some(_) => entries.pop().map(|Reverse(entry)| (entry.at, entry.connection)).ok_or(None),
            None => Err(None),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BinaryHeap<Reverse<Entry<A>>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs as long as the endpoint lives.
pub(super) async fn run_timers<A: Application>(endpoint: Weak<Endpoint<A>>) {
    /// How long an endpoint that is gone is not noticed.
    const LOOK: Duration = Duration::from_secs(1);

    loop {
        let Some(endpoint) = endpoint.upgrade() else { return };
        let next = loop {
            match endpoint.timers.due(Instant::now()) {
                Ok((at, connection)) => {
                    if let Some(connection) = connection.upgrade() {
                        connection.on_deadline(at);
                    }
                }
                Err(next) => break next,
            }
        };
        let look = Instant::now() + LOOK;
        let wake = next.map_or(look, |next| next.min(look));
        tokio::select! {
            () = sleep_until(wake.into()) => {}
            () = endpoint.timers.earlier.notified() => {}
        }
    }
}
