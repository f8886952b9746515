//! Orders that wait, and who settles which of them together.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::id::UserId;
use tokio::sync::{Notify, Semaphore};

use super::Waiting;

/// So many orders share a transaction at most.
const BATCH_MAX: usize = 500;
/// So many orders wait at most; who comes then waits for a place among them.
const QUEUE_MAX: usize = 8_192;

/// How long orders wait for a group that is under way to end, or for more of them, before they are settled beside it.
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
    /// How many orders are.
    under_way: usize,
    is_closed: bool,
}

impl State {
    /// A group, where one is to begin. Beside another one that is under way it begins when as many wait as that has: so groups grow
    /// with the load, while the one that waits for its commit does not keep the next one waiting. Where that is late, nobody waits for it.
    fn take(&mut self, is_late: bool) -> Vec<Waiting> {
        if self.waiting.len() < self.under_way && !is_late {
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
}

impl Group {
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
        state.under_way = state.under_way.saturating_sub(self.senders.len());
        for sender in &self.senders {
            state.busy.remove(sender);
        }
        drop(state);
        self.queue.changed.notify_one();
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
        let is_behind = state.busy.contains(&order.order.sender());
        state.waiting.push_back(Waiting { _place: place, ..order });
        drop(state);
        // What is behind others of its sender makes no group possible: the end of theirs will.
        if !is_behind {
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
                (orders, state.is_closed && state.waiting.is_empty(), !state.waiting.is_empty())
            };
            if !orders.is_empty() {
                let senders = orders.iter().map(|order| order.order.sender()).collect();
                return Some(Group { queue: Arc::clone(self), orders, senders });
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
mod tests {
    use domain::gift::{GiftKey, GiftOrder, GiftRefusal, Quantity};
    use domain::idempotency::RequestKey;
    use tokio::sync::oneshot;

    use super::*;

    /// How long a test waits for what must come.
    const DEADLINE: Duration = Duration::from_secs(20);

    async fn push(queue: &Arc<Queue>, sender: i64) {
        let (gift, key) = (GiftKey::parse("rose").unwrap(), RequestKey::parse("k").unwrap());
        let quantity = Quantity::parse(1).unwrap();
        let order = GiftOrder::new(UserId::new(sender), UserId::new(9_000_000), gift, quantity, None, key).unwrap();
        let decide = Box::new(|_: &_| Err(GiftRefusal::KeyReused));
        let at = chrono::DateTime::UNIX_EPOCH;
        queue.push(Waiting { order, at, decide, answer: oneshot::channel().0, left_out: 0, _place: None }).await;
    }

    /// Whose orders the next group has; nobody's where none is to begin.
    fn next(queue: &Arc<Queue>) -> Option<(Group, Vec<i64>)> {
        let group = futures_util::FutureExt::now_or_never(queue.next())??;
        let senders = group.orders.iter().map(|order| order.order.sender().value()).collect();
        Some((group, senders))
    }

    fn senders(queue: &Arc<Queue>) -> Vec<i64> {
        next(queue).map(|(_, senders)| senders).unwrap_or_default()
    }

    #[tokio::test]
    async fn whoever_waits_is_taken_in_the_order_of_arrival_and_no_more_than_fit() {
        let queue = Queue::new();
        assert!(next(&queue).is_none());
        for sender in 1..=600 {
            push(&queue, sender).await;
        }
        assert_eq!(senders(&queue), (1..=500).collect::<Vec<_>>());
        assert_eq!(senders(&queue), (501..=600).collect::<Vec<_>>());
        assert!(next(&queue).is_none());
    }

    #[tokio::test]
    async fn a_group_begins_beside_another_one_when_as_many_wait() {
        let queue = Queue::new();
        for sender in 1..=3 {
            push(&queue, sender).await;
        }
        let (first, _) = next(&queue).unwrap();
        push(&queue, 4).await;
        push(&queue, 5).await;
        assert!(next(&queue).is_none());
        push(&queue, 6).await;
        let (second, taken) = next(&queue).unwrap();
        assert_eq!(taken, [4, 5, 6]);
        push(&queue, 7).await;
        assert!(next(&queue).is_none());
        drop(first);
        assert!(next(&queue).is_none(), "three are under way yet");
        drop(second);
        assert_eq!(senders(&queue), [7]);
    }

    #[tokio::test]
    async fn nobody_waits_for_long_for_a_group_that_does_not_end() {
        let queue = Queue::new();
        for sender in 1..=3 {
            push(&queue, sender).await;
        }
        let (first, _) = next(&queue).unwrap();
        push(&queue, 4).await;
        assert!(next(&queue).is_none());
        let second = tokio::time::timeout(DEADLINE, queue.next()).await.unwrap().unwrap();
        assert_eq!(second.orders.len(), 1);
        drop(first);
    }

    #[tokio::test]
    async fn a_sender_is_in_one_group_at_a_time_and_holds_nobody_up() {
        let queue = Queue::new();
        push(&queue, 1).await;
        let (first, _) = next(&queue).unwrap();
        for sender in [1, 2, 1] {
            push(&queue, sender).await;
        }
        let (second, taken) = next(&queue).unwrap();
        assert_eq!(taken, [2]);
        assert!(next(&queue).is_none());
        drop(second);
        assert!(next(&queue).is_none());
        drop(first);
        assert_eq!(senders(&queue), [1, 1]);
    }

    #[tokio::test]
    async fn what_is_put_back_comes_first() {
        let queue = Queue::new();
        for sender in [1, 2, 3] {
            push(&queue, sender).await;
        }
        let (mut group, _) = next(&queue).unwrap();
        push(&queue, 4).await;
        let orders = std::mem::take(&mut group.orders).into_iter().filter(|order| order.order.sender().value() > 1);
        group.put_back(orders.collect());
        drop(group);
        assert_eq!(senders(&queue), [2, 3, 4]);
    }

    #[tokio::test]
    async fn a_full_queue_lets_the_next_one_wait_for_a_place() {
        let queue = Queue::new();
        for sender in 0..i64::try_from(QUEUE_MAX).unwrap() {
            push(&queue, sender + 1).await;
        }
        let mut late = Box::pin(push(&queue, 100_000));
        assert!(futures_util::FutureExt::now_or_never(&mut late).is_none());
        let (group, _) = next(&queue).unwrap();
        late.await;
        drop(group);
    }

    #[tokio::test]
    async fn a_closed_queue_is_emptied_and_then_ends_for_everybody() {
        let queue = Queue::new();
        push(&queue, 1).await;
        queue.close();
        assert_eq!(senders(&queue), [1]);
        let both = futures_util::future::join(queue.next(), queue.next());
        let (first, second) = tokio::time::timeout(DEADLINE, both).await.unwrap();
        assert!(first.is_none() && second.is_none());
    }
}
