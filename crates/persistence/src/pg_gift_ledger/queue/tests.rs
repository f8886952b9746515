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
async fn a_group_that_waits_for_its_commit_alone_holds_nobody_up() {
    let queue = Queue::new();
    for sender in 1..=3 {
        push(&queue, sender).await;
    }
    let (first, _) = next(&queue).unwrap();
    for sender in [4, 5, 6] {
        push(&queue, sender).await;
    }
    let (second, _) = next(&queue).unwrap();
    push(&queue, 1).await;
    push(&queue, 7).await;
    assert!(next(&queue).is_none());
    second.written();
    second.written();
    assert!(next(&queue).is_none(), "three are under way yet");
    first.written();
    let (third, taken) = next(&queue).unwrap();
    assert_eq!(taken, [7], "what a sender has under way goes before what he has behind it");
    drop((second, third));
    assert!(next(&queue).is_none());
    drop(first);
    assert_eq!(senders(&queue), [1]);
}

/// Whether somebody is woken.
fn wakes(queue: &Arc<Queue>) -> bool {
    futures_util::FutureExt::now_or_never(queue.changed.notified()).is_some()
}

#[tokio::test(start_paused = true)]
async fn a_writer_who_waits_is_woken_by_a_group_that_is_written_and_by_one_that_is_done() {
    let queue = Queue::new();
    let begun = tokio::time::Instant::now();
    for is_done in [false, true] {
        for sender in 1..=3 {
            push(&queue, sender).await;
        }
        let (first, _) = next(&queue).unwrap();
        push(&queue, 4).await;
        let mut waiting = Box::pin(queue.next());
        assert!(futures_util::FutureExt::now_or_never(&mut waiting).is_none());
        if is_done {
            drop(first);
        } else {
            first.written();
        }
        assert!(futures_util::FutureExt::now_or_never(&mut waiting).flatten().is_some(), "{is_done}");
    }
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_group_whose_end_makes_no_other_possible_wakes_nobody() {
    let queue = Queue::new();
    push(&queue, 1).await;
    let (first, _) = next(&queue).unwrap();
    let _ = wakes(&queue);
    first.written();
    assert!(!wakes(&queue));
    drop(first);
    assert!(!wakes(&queue));
}

#[tokio::test]
async fn who_comes_wakes_nobody_to_wait_for_more() {
    let queue = Queue::new();
    for sender in 1..=3 {
        push(&queue, sender).await;
    }
    let (first, _) = next(&queue).unwrap();
    // What they were told of is past.
    let _ = wakes(&queue);
    push(&queue, 4).await;
    assert!(wakes(&queue), "nobody sees to it yet that this one does not wait for long");
    assert!(next(&queue).is_none());
    push(&queue, 5).await;
    assert!(!wakes(&queue));
    push(&queue, 6).await;
    assert!(wakes(&queue), "as many wait as are under way");
    drop(first);
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
