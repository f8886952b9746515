//! Transactions that lose against others, as the real server reports it: what is tried again, and what is given up.

use std::time::Duration;

use domain::{
    gift::{GiftLedger as _, GiftReceipt, SendGiftError},
    id::UserId,
    store::StoreError,
};
use tokio::task::JoinHandle;

use crate::support::{Calls, Fixture, Place, at, deciding, order, until};

type Sending = JoinHandle<Result<GiftReceipt, SendGiftError>>;

/// Sends a rose in a task of its own.
fn sending(fixture: &Fixture, sender: UserId, receiver: UserId, calls: &Calls) -> Sending {
    let (gifts, order) = (fixture.gifts(), order(sender, receiver, "rose", 1, "k"));
    let decide = deciding(&order, calls);
    tokio::spawn(async move { gifts.settle(order, at(0), decide).await })
}

fn lock(user: UserId) -> String {
    format!("SELECT FROM users WHERE id = {user} FOR UPDATE")
}

/// Nothing was written, and the row of the sender is free; then the same key sends the gift.
async fn assert_nothing_happened(fixture: &Fixture, sender: UserId, receiver: UserId) {
    assert_eq!(fixture.number("SELECT COUNT(*) FROM idempotency_keys WHERE operation = 'gift'").await, 0);
    assert_eq!((fixture.count("gifts").await, fixture.count("pending_rollups").await), (0, 0));
    fixture.assert_in_order().await;
    fixture.send(&order(sender, receiver, "rose", 1, "k")).await.unwrap();
    assert_eq!((fixture.balance(sender).await, fixture.count("gifts").await), (0, 1));
    fixture.assert_in_order().await;
}

fn assert_unavailable(result: &Result<GiftReceipt, SendGiftError>) {
    assert!(matches!(result, Err(SendGiftError::Store(StoreError::Unavailable(_)))), "{result:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_victim_of_a_deadlock_is_tried_again() {
    let fixture = Fixture::new().await;
    let (sender, receiver, calls) = (fixture.user_with(10).await, fixture.user().await, Calls::default());
    // Somebody who does not keep to the lock order, and who waits longer than the gift until he looks for deadlocks.
    let rude = fixture.client().await;
    rude.batch_execute(&format!("SET deadlock_timeout = '1min'; BEGIN; {}", lock(receiver))).await.unwrap();
    // Holds the sender's row, waits for the receiver's.
    let sending = sending(&fixture, sender, receiver, &calls);
    fixture.until_waiting(1).await;

    // Each waits for the other, and this one gets through: so the gift gave way, and was tried again.
    rude.batch_execute(&format!("{}; COMMIT", lock(sender))).await.unwrap();

    assert!(sending.await.unwrap().is_ok());
    assert_eq!(calls.count(), 1);
    assert_eq!((fixture.balance(sender).await, fixture.count("gifts").await), (0, 1));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_comes_too_late_is_waited_for_again() {
    let fixture = Fixture::new().await;
    let (sender, receiver, calls) = (fixture.user_with(10).await, fixture.user().await, Calls::default());
    let slow = fixture.client().await;
    slow.batch_execute(&format!("BEGIN; {}", lock(sender))).await.unwrap();
    let sending = sending(&fixture, sender, receiver, &calls);
    let began = "SELECT query_start::text FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    fixture.until_waiting(1).await;
    let first = fixture.texts(began).await;
    until("the first attempt gives up and another waits", async || {
        let now = fixture.texts(began).await;
        now.len() == 1 && now != first
    })
    .await;
    assert_eq!(calls.count(), 0);

    slow.batch_execute("COMMIT").await.unwrap();

    assert!(sending.await.unwrap().is_ok());
    assert_eq!((calls.count(), fixture.balance(sender).await, fixture.count("gifts").await), (1, 0, 1));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_does_not_come_is_given_up() {
    let fixture = Fixture::new().await;
    let (sender, receiver, calls) = (fixture.user_with(10).await, fixture.user().await, Calls::default());
    let stuck = fixture.client().await;
    stuck.batch_execute(&format!("BEGIN; {}", lock(sender))).await.unwrap();

    assert_unavailable(&sending(&fixture, sender, receiver, &calls).await.unwrap());

    assert_eq!((calls.count(), fixture.waiting().await.len()), (0, 0));
    stuck.batch_execute("ROLLBACK").await.unwrap();
    assert_nothing_happened(&fixture, sender, receiver).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_too_long_is_given_up_at_once() {
    let fixture = Fixture::new().await;
    let (sender, receiver, calls) = (fixture.user_with(10).await, fixture.user().await, Calls::default());
    fixture
        .execute(
            "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
               'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
             CREATE TRIGGER dawdle BEFORE INSERT ON gifts FOR EACH STATEMENT EXECUTE FUNCTION dawdle()",
        )
        .await;

    assert_unavailable(&sending(&fixture, sender, receiver, &calls).await.unwrap());

    assert_eq!(calls.count(), 1);
    fixture.execute("DROP TRIGGER dawdle ON gifts").await;
    assert_nothing_happened(&fixture, sender, receiver).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_an_operator_cancels_is_given_up_and_no_bug() {
    let fixture = Fixture::new().await;
    let (sender, receiver, calls) = (fixture.user_with(10).await, fixture.user().await, Calls::default());
    let gate = fixture.shut_gate(Place::Before("pending_rollups")).await;
    let sending = sending(&fixture, sender, receiver, &calls);
    for pid in fixture.until_waiting(1).await {
        fixture.execute(&format!("SELECT pg_cancel_backend({pid})")).await;
    }

    assert_unavailable(&sending.await.unwrap());

    assert_eq!(calls.count(), 1);
    gate.open().await;
    gate.remove().await;
    assert_nothing_happened(&fixture, sender, receiver).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_without_a_free_connection_is_unavailable_and_recovers() {
    let fixture = Fixture::with_pool(1).await;
    let (sender, receiver, calls) = (fixture.user_with(10).await, fixture.user().await, Calls::default());
    let gate = fixture.shut_gate(Place::InCommit("idempotency_keys")).await;
    let mut tasks = Vec::new();
    for _ in 0..2 {
        tasks.push(sending(&fixture, sender, receiver, &calls));
    }
    // One waits in its commit, longer than the other waits for its connection.
    let waited = tokio::time::timeout(Duration::from_secs(15), futures_util::future::select_all(tasks)).await;
    let (first, _, mut others) = waited.unwrap();
    assert_unavailable(&first.unwrap());
    gate.open().await;
    let second = others.pop().unwrap().await.unwrap();
    assert!(second.is_ok(), "{second:?}");
    assert_eq!((fixture.balance(sender).await, fixture.count("gifts").await), (0, 1));
    fixture.assert_in_order().await;
}
