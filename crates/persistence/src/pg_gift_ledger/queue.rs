//! Orders that wait, and who settles which of them together.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::id::UserId;
use tokio::sync::{Notify, Semaphore};

use super::Waiting;

/// So many orders share a transaction at most.
const BATCH_MAX: usize = 500;
/// So many orders wait at most; who comes then waits for a place among them.
const QUEUE_MAX: usize = 8_192;

/// How long orders wait for a group that is under way to be written, or for more of them, before they are settled beside it.
const PATIENCE: Duration = Duration::from_millis(50);

/// The orders that wait, in the order in which they came.
pub(super) struct Queue {
    state: Mutex<State>,
    places: Arc<Semaphore>,
    /// A group may have become possible.
    changed: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    /// Whose orders are being settled.
    busy: HashSet<UserId>,
    /// How many orders are in groups of which nothing is written yet.
    under_way: usize,
    /// Whether somebody sees to it that those that wait do not wait for long.
    is_watched: bool,
    is_closed: bool,
}

impl State {
    /// Whether as many wait as are under way. Then they make a group beside that one: so groups grow with the load, while one that is
    /// held up does not hold up everybody. A group that is written, and waits for its commit alone, is in nobody's way.
    fn are_enough(&self) -> bool {
        self.waiting.len() >= self.under_way
    }

    /// A group, where one is to begin: when enough wait, or when it is late for those that do.
    fn take(&mut self, is_late: bool) -> Vec<Waiting> {
        if !self.are_enough() && !is_late {
            return Vec::new();
        }
        // What a sender has under way comes first; what he has behind it would only wait for his row.
        let (mut group, mut rest) = (Vec::new(), VecDeque::new());
        while group.len() < BATCH_MAX
            && let Some(order) = self.waiting.pop_front()
        {
            if self.busy.contains(&order.order.sender()) {
                rest.push_back(order);
            } else {
                group.push(Waiting { _place: None, ..order });
            }
        }
        rest.append(&mut self.waiting);
        self.waiting = rest;
        self.under_way = self.under_way.saturating_add(group.len());
        self.busy.extend(group.iter().map(|order| order.order.sender()));
        group
    }
}

/// Orders that are settled together. When it is dropped, others of the same senders may be.
pub(super) struct Group {
    queue: Arc<Queue>,
    /// The orders, until they are taken out.
    pub(super) orders: Vec<Waiting>,
    senders: Vec<UserId>,
    /// How many of the orders count as under way.
    under_way: AtomicUsize,
}

impl Group {
    /// Says that its orders are written, and that only their commit is waited for.
    pub(super) fn written(&self) {
        let mut state = self.queue.lock();
        self.release(&mut state);
        self.queue.wake(&state);
    }

    /// Its orders are no longer under way.
    fn release(&self, state: &mut State) {
        state.under_way = state.under_way.saturating_sub(self.under_way.swap(0, Ordering::Relaxed));
    }

    /// Puts orders of it in front of those that wait.
    pub(super) fn put_back(&self, orders: Vec<Waiting>) {
        let mut state = self.queue.lock();
        for order in orders.into_iter().rev() {
            state.waiting.push_front(order);
        }
    }

    /// Takes out all that wait.
    pub(super) fn take_those_behind(&self) -> Vec<Waiting> {
        std::mem::take(&mut self.queue.lock().waiting).into()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        self.release(&mut state);
        for sender in &self.senders {
            state.busy.remove(sender);
        }
        self.queue.wake(&state);
    }
}

impl Queue {
    pub(super) fn new() -> Arc<Self> {
        let places = Arc::new(Semaphore::new(QUEUE_MAX));
        Arc::new(Self { state: Mutex::default(), places, changed: Notify::new() })
    }

    /// Adds an order, as soon as there is a place.
    pub(super) async fn push(&self, order: Waiting) {
        // Never closed.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let mut state = self.lock();
        // What is behind others of its sender makes no group possible: the end of theirs will.
        let is_behind = state.busy.contains(&order.order.sender());
        state.waiting.push_back(Waiting { _place: place, ..order });
        if !is_behind {
            self.wake(&state);
        }
    }

    /// Wakes a writer where there is a group for him, or nobody yet who sees to it that those that wait do not wait for long. Nobody is
    /// woken to find that he is to wait for more.
    fn wake(&self, state: &State) {
        if !state.waiting.is_empty() && (state.are_enough() || !state.is_watched) {
            self.changed.notify_one();
        }
    }

    /// The next group; `None` when nothing waits and nothing will come.
    pub(super) async fn next(self: &Arc<Self>) -> Option<Group> {
        let mut is_late = false;
        loop {
            let (orders, is_over, is_anybody_waiting) = {
                let mut state = self.lock();
                let orders = state.take(is_late);
                let is_anybody_waiting = !state.waiting.is_empty();
                state.is_watched = orders.is_empty() && is_anybody_waiting;
                (orders, state.is_closed && !is_anybody_waiting, is_anybody_waiting)
            };
            if !orders.is_empty() {
                let senders = orders.iter().map(|order| order.order.sender()).collect();
                let under_way = AtomicUsize::new(orders.len());
                return Some(Group { queue: Arc::clone(self), orders, senders, under_way });
            }
            if is_over {
                // The next one shall know, too.
                self.changed.notify_one();
                return None;
            }
            let changed = self.changed.notified();
            if is_anybody_waiting {
                is_late = tokio::time::timeout(PATIENCE, changed).await.is_err();
            } else {
                changed.await;
                is_late = false;
            }
        }
    }

    /// Nothing comes any more.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
