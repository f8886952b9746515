//! Requests that nobody waits for any more: dropped at every point, they leave everything or nothing, and no lock.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use domain::{
    gift::{GiftLedger as _, GiftOrder},
    id::UserId,
    wallet::ExchangeLedger as _,
};
use tokio::{task::JoinHandle, time::timeout};

use crate::support::{Calls, Fixture, Place, at, deciding, exchange_of, exchanging, order, until};

/// How soon a row must be free again after its transaction was dropped and nothing else holds it. The server hears of
/// it at once; the rest is for a busy machine.
const FREE_AGAIN: Duration = Duration::from_secs(3);

/// Polls a future so many times and drops it; answers what it came to, if it did.
async fn dropped_after<T>(polls: u32, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (pin!(future), polls);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// After an order was dropped: the row of its sender is free, what it left is whole, and asking again makes it one gift.
async fn check_dropped(fixture: &Fixture, order: &GiftOrder, balance: i64, text: &str) {
    let lock = format!("SELECT FROM users WHERE id = {} FOR UPDATE", order.sender());
    let locked = timeout(FREE_AGAIN, fixture.sql.batch_execute(&lock)).await;
    assert!(locked.is_ok(), "{text}: the sender is still locked");
    let key = order.key().as_str();
    let left = format!(
        "SELECT concat_ws(' ', (SELECT COUNT(*) FROM idempotency_keys WHERE key = '{key}'),
            (SELECT COUNT(*) FROM gifts) - (SELECT COALESCE(SUM(gifts), 0) FROM host_totals WHERE period = 'all')
              - (SELECT COALESCE(SUM(cardinality(gift_ids)), 0) FROM pending_rollups),
            (SELECT COUNT(*) FROM gifts g JOIN idempotency_keys k ON g.id = (k.outcome -> 'sent' ->> 'gift_id')::bigint
              WHERE k.key = '{key}'),
            (SELECT balance FROM users WHERE id = {}))",
        order.sender()
    );
    let (nothing, everything) = (format!("0 0 0 {balance}"), format!("1 0 1 {}", balance - 10));
    let found = fixture.texts(&left).await;
    assert!(found == [nothing] || found == [everything], "{text}: {found:?}");

    fixture.send(order).await.unwrap();
    let kept = format!("SELECT COUNT(*) FROM idempotency_keys WHERE key = '{key}'");
    assert_eq!((fixture.number(&kept).await, fixture.balance(order.sender()).await), (1, balance - 10), "{text}");
    fixture.roll_up().await;
    let counted = "SELECT SUM(gifts)::bigint FROM host_totals WHERE period = 'all'";
    assert_eq!(fixture.count("gifts").await, fixture.number(counted).await, "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_dropped_after_any_number_of_polls_is_whole_or_nothing() {
    const POLLS_MAX: u32 = 200;

    let fixture = Fixture::with_pool(3).await;
    let (sender, receiver) = (fixture.user_with(10 * 200).await, fixture.user().await);
    let mut balance = 10 * 200;
    let mut polls = 0;
    loop {
        let order = order(sender, receiver, "rose", 1, &format!("after-{polls}"));
        let decide = deciding(&order, &Calls::default());
        let gifts = fixture.gifts();
        let finished = dropped_after(polls, gifts.settle(order.clone(), at(0), decide)).await;
        check_dropped(&fixture, &order, balance, &format!("after {polls} polls")).await;
        balance -= 10;
        if finished.is_some() {
            break;
        }
        polls += 1;
        assert!(polls < POLLS_MAX, "a gift is settled within {POLLS_MAX} polls");
    }
    // At least one to hand it over, and one to hear of it.
    assert!(polls >= 2, "{polls}");
    assert_eq!(fixture.count("gifts").await, i64::from(polls) + 1);
    fixture.assert_in_order().await;
}

// On one thread: an answer of the database arrives only while the exchange waits for it, so that no wait is passed over.
#[tokio::test(flavor = "current_thread")]
async fn an_exchange_dropped_after_any_number_of_polls_is_whole_or_nothing() {
    const POLLS_MAX: u32 = 200;

    let fixture = Fixture::with_pool(3).await;
    let host = fixture.host_with(10 * i64::from(POLLS_MAX)).await;
    let (mut polls, mut diamonds) = (0, fixture.diamonds(host).await);
    loop {
        let order = exchange_of(host, 10, &format!("after-{polls}"));
        let decide = exchanging(&order, &Calls::default());
        let exchanges = fixture.exchanges();
        let finished = dropped_after(polls, exchanges.exchange(order.clone(), at(0), decide)).await;

        let lock = format!("SELECT FROM users WHERE id = {host} FOR UPDATE");
        timeout(FREE_AGAIN, fixture.sql.batch_execute(&lock)).await.expect("the host is free").unwrap();
        let rows = "SELECT concat_ws(' ', (SELECT COUNT(*) FROM exchanges),
            (SELECT COUNT(*) FROM diamond_movements WHERE type = 'exchange'),
            (SELECT COUNT(*) FROM coin_movements WHERE kind = 'exchange'),
            (SELECT COUNT(*) FROM idempotency_keys WHERE operation = 'exchange'),
            (SELECT balance / 3 FROM users WHERE id = (SELECT MAX(host_id) FROM host_income)))";
        let whole = |count: u32| [format!("{count} {count} {count} {count} {count}")];
        let found = fixture.texts(rows).await;
        assert!(found == whole(polls) || found == whole(polls + 1), "after {polls} polls: {found:?}");

        // Asking again makes it one exchange.
        fixture.exchange(order).await.unwrap();
        diamonds -= 10;
        assert_eq!(fixture.texts(rows).await, whole(polls + 1));
        assert_eq!(fixture.diamonds(host).await, diamonds);
        if finished.is_some() {
            break;
        }
        polls += 1;
        assert!(polls < POLLS_MAX, "diamonds are exchanged within {POLLS_MAX} polls");
    }
    // At least a poll for each of begin, lock, totals, incomes, key, exchange, two legs, balance, key, commit.
    assert!(polls >= 11, "{polls}");
    fixture.assert_in_order().await;
}

/// Settles an order in a task that can be aborted.
fn settling(fixture: &Fixture, order: &GiftOrder) -> JoinHandle<()> {
    let (gifts, order) = (fixture.gifts(), order.clone());
    tokio::spawn(async move {
        let decide = deciding(&order, &Calls::default());
        gifts.settle(order, at(0), decide).await.ok();
    })
}

async fn abort(task: JoinHandle<()>) {
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_aborted_at_any_statement_is_whole_or_nothing() {
    let fixture = Fixture::new().await;
    let receiver = fixture.user().await;
    for place in [
        Place::Before("gifts"),
        Place::Before("pending_rollups"),
        Place::Before("users"),
        Place::Before("idempotency_keys"),
        Place::InCommit("gifts"),
        Place::InCommit("idempotency_keys"),
    ] {
        let sender = fixture.user_with(30).await;
        let order = order(sender, receiver, "rose", 1, &format!("for-{sender}"));
        let gate = fixture.shut_gate(place).await;
        let task = settling(&fixture, &order);
        fixture.until_waiting(1).await;
        abort(task).await;

        gate.open().await;

        check_dropped(&fixture, &order, 30, &format!("{place:?}")).await;
        gate.remove().await;
    }
    fixture.assert_in_order().await;
}

/// Holds the row of a user in a transaction of its own.
async fn hold(fixture: &Fixture, user: UserId) -> tokio_postgres::Client {
    let holder = fixture.client().await;
    holder.batch_execute(&format!("BEGIN; SELECT FROM users WHERE id = {user} FOR UPDATE")).await.unwrap();
    holder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_that_was_handed_over_is_sent_whether_anybody_waits_or_not() {
    let fixture = Fixture::new().await;
    let (sender, receiver) = (fixture.user_with(30).await, fixture.user().await);
    let order = order(sender, receiver, "rose", 1, "k");
    let holder = hold(&fixture, sender).await;
    let task = settling(&fixture, &order);
    fixture.until_waiting(1).await;
    abort(task).await;
    assert_eq!(fixture.count("gifts").await, 0);

    holder.batch_execute("COMMIT").await.unwrap();

    until("the gift is sent", async || fixture.count("gifts").await == 1).await;
    check_dropped(&fixture, &order, 30, "aborted while it waits").await;
    fixture.assert_in_order().await;
}
