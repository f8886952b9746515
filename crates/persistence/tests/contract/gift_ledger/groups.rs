//! Orders that share a transaction: each is settled as if it were alone.

use std::sync::Arc;

use domain::{
    gift::{GiftLedger as _, GiftOrder, GiftReceipt, GiftRefusal, SendGiftError},
    id::UserId,
    money::Coins,
    store::StoreError,
};
use persistence::PgGiftLedger;
use tokio::task::JoinHandle;

use super::postings::deciding_wrongly;
use crate::support::{Calls, Fixture, at, deciding, order, refused};

type Settled = Result<GiftReceipt, SendGiftError>;

/// One ledger, whose writers are kept busy until the orders of a group are handed over.
struct Group {
    fixture: Fixture,
    gifts: Arc<PgGiftLedger>,
    receiver: UserId,
    /// Another one, whom nobody can give anything while he is held.
    held: UserId,
    calls: Calls,
    tasks: Vec<JoinHandle<Settled>>,
}

fn settle(gifts: &Arc<PgGiftLedger>, order: &GiftOrder, decide: domain::gift::GiftDecision) -> JoinHandle<Settled> {
    let (gifts, order) = (Arc::clone(gifts), order.clone());
    tokio::spawn(async move { gifts.settle(order, at(0), decide).await })
}

impl Group {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        let (gifts, receiver, held) = (Arc::new(fixture.gifts()), fixture.user().await, fixture.user().await);
        Self { fixture, gifts, receiver, held, calls: Calls::default(), tasks: Vec::new() }
    }

    fn order(&self, sender: UserId, gift: &str, key: &str) -> GiftOrder {
        order(sender, self.receiver, gift, 1, key)
    }

    fn settle(&self, order: &GiftOrder, decide: domain::gift::GiftDecision) -> JoinHandle<Settled> {
        settle(&self.gifts, order, decide)
    }

    /// Holds a user's row.
    async fn hold(&self, user: UserId) -> tokio_postgres::Client {
        let holder = self.fixture.client().await;
        holder.batch_execute(&format!("BEGIN; SELECT FROM users WHERE id = {user} FOR UPDATE")).await.unwrap();
        holder
    }

    /// So many gifts, each with a writer who waits for its receiver until he is let go.
    async fn busy(&self, writers: usize) -> (tokio_postgres::Client, Vec<JoinHandle<Settled>>) {
        let mut senders = Vec::new();
        for _ in 0..writers {
            senders.push(self.fixture.user_with(10).await);
        }
        let (holder, mut busy) = (self.hold(self.held).await, Vec::new());
        for sender in senders {
            let order = order(sender, self.held, "rose", 1, "busy");
            busy.push(self.settle(&order, deciding(&order, &Calls::default())));
            self.fixture.until_waiting(busy.len()).await;
        }
        (holder, busy)
    }

    /// Hands orders over while both writers are busy, and lets these go on: they are one group, in this order.
    async fn run(&mut self, orders: Vec<(GiftOrder, domain::gift::GiftDecision)>) -> Vec<Settled> {
        let (holder, busy) = self.busy(2).await;
        for (order, decide) in orders {
            self.tasks.push(self.settle(&order, decide));
            // Handed over before the next one.
            tokio::task::yield_now().await;
        }
        holder.batch_execute("COMMIT").await.unwrap();
        for busy in busy {
            busy.await.unwrap().unwrap();
        }
        let mut settled = Vec::new();
        for task in self.tasks.drain(..) {
            settled.push(task.await.unwrap());
        }
        settled
    }

    fn right(&self, order: GiftOrder) -> (GiftOrder, domain::gift::GiftDecision) {
        let decide = deciding(&order, &self.calls);
        (order, decide)
    }
}

#[tokio::test(flavor = "current_thread")]
async fn who_waits_at_the_same_time_shares_a_transaction() {
    let mut group = Group::new().await;
    let mut orders = Vec::new();
    for number in 0..40 {
        let sender = group.fixture.user_with(10).await;
        orders.push(group.right(group.order(sender, "rose", &format!("k{number}"))));
    }
    let settled = group.run(orders).await;
    assert!(settled.iter().all(Result::is_ok), "{settled:?}");
    // The two that kept the writers busy, and one group.
    assert_eq!(group.fixture.number("SELECT COUNT(DISTINCT xmin::text) FROM gifts").await, 3);
    assert_eq!((group.fixture.count("gifts").await, group.calls.count()), (42, 40));
    group.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_writer_who_waits_keeps_nobody_else_waiting() {
    let group = Group::new().await;
    let (holder, mut busy) = group.busy(1).await;
    let busy = busy.remove(0);
    for number in 0..3 {
        let sender = group.fixture.user_with(10).await;
        let one = group.order(sender, "rose", &format!("k{number}"));
        group.settle(&one, deciding(&one, &group.calls)).await.unwrap().unwrap();
    }
    assert!(!busy.is_finished());
    holder.batch_execute("COMMIT").await.unwrap();
    busy.await.unwrap().unwrap();
    group.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_sender_whom_another_server_holds_is_settled_with_the_next_group() {
    let group = Group::new().await;
    let other_server = Arc::new(group.fixture.gifts());
    let sender = group.fixture.user_with(1_000).await;
    let others = [group.fixture.user_with(1_000).await, group.fixture.user_with(1_000).await];
    let mut tasks = Vec::new();
    for number in 0..60 {
        // The same sender on both servers, and others beside him.
        let gifts = if number % 2 == 0 { &group.gifts } else { &other_server };
        for from in [sender, others[number % 2]] {
            let one = group.order(from, "rose", &format!("k{number}"));
            tasks.push(settle(gifts, &one, deciding(&one, &group.calls)));
        }
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!((group.fixture.balance(sender).await, group.fixture.count("gifts").await), (400, 120));
    group.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_bad_order_fails_alone() {
    let mut group = Group::new().await;
    let (mut orders, mut senders) = (Vec::new(), Vec::new());
    for number in 0..9 {
        let sender = group.fixture.user_with(100).await;
        senders.push(sender);
        let one = group.order(sender, "rose", &format!("k{number}"));
        let decide = if number == 4 {
            deciding_wrongly(&one, |posting| posting.balance_after = Coins::ZERO)
        } else {
            deciding(&one, &group.calls)
        };
        orders.push((one, decide));
    }
    let settled = group.run(orders).await;
    for (number, result) in settled.iter().enumerate() {
        match result {
            Err(SendGiftError::Store(StoreError::Corrupt(_))) => assert_eq!(number, 4),
            other => assert!(other.is_ok() && number != 4, "{number}: {other:?}"),
        }
    }
    assert_eq!(group.fixture.balance(senders[4]).await, 100);
    assert_eq!(group.fixture.count("gifts").await, 2 + 8);
    group.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_key_is_one_request_within_a_group_too() {
    let mut group = Group::new().await;
    let sender = group.fixture.user_with(1_000).await;
    let mut orders: Vec<_> = (0..10).map(|_| group.right(group.order(sender, "rose", "k"))).collect();
    orders.push(group.right(group.order(sender, "cute", "k")));
    let mut settled = group.run(orders).await;
    assert_eq!(refused(settled.pop().unwrap()), GiftRefusal::KeyReused);
    let receipts: Vec<_> = settled.into_iter().map(Result::unwrap).collect();
    assert!(receipts.iter().all(|receipt| *receipt == receipts[0]), "{receipts:?}");
    assert_eq!((group.calls.count(), group.fixture.balance(sender).await), (1, 990));
    group.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "current_thread")]
async fn the_balance_is_as_those_before_have_left_it() {
    let mut group = Group::new().await;
    // A rose costs 10: three of five.
    let sender = group.fixture.user_with(35).await;
    let orders = (0..5).map(|number| group.right(group.order(sender, "rose", &format!("k{number}")))).collect();
    let settled = group.run(orders).await;
    let left: Vec<_> = settled
        .into_iter()
        .map(|result| result.map(|receipt| receipt.balance_after.value()).map_err(|error| error.to_string()))
        .collect();
    let refusal = Err("10 coins are needed and 5 are there".to_owned());
    assert_eq!(left, [Ok(25), Ok(15), Ok(5), refusal.clone(), refusal]);
    group.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_sender_who_is_held_holds_nobody_else_up() {
    let mut group = Group::new().await;
    let held = group.fixture.user_with(1_000).await;
    let holder = group.hold(held).await;
    let late: Vec<_> = (0..20).map(|number| group.order(held, "rose", &format!("held-{number}"))).collect();
    let mut waiting = Vec::new();
    for one in &late {
        waiting.push(group.settle(one, deciding(one, &group.calls)));
    }
    group.fixture.until_waiting(1).await;
    for round in 0..5 {
        let mut tasks = Vec::new();
        for number in 0..10 {
            let sender = group.fixture.user_with(10).await;
            let one = group.order(sender, "rose", &format!("{round}-{number}"));
            tasks.push(group.settle(&one, deciding(&one, &group.calls)));
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    }
    holder.batch_execute("COMMIT").await.unwrap();
    // Some may have been told to ask again meanwhile; asking again makes each of them one gift.
    for (one, task) in late.iter().zip(waiting) {
        if task.await.unwrap().is_err() {
            group.fixture.send(one).await.unwrap();
        }
    }
    assert_eq!(group.fixture.balance(held).await, 800);
    assert_eq!(group.fixture.count("gifts").await, 70);
    group.tasks.clear();
    group.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_receiver_who_is_held_for_too_long_fails_the_gifts_to_him_alone() {
    let group = Group::new().await;
    let (holder, busy) = group.busy(2).await;
    let mut behind = Vec::new();
    for number in 0..3 {
        let sender = group.fixture.user_with(10).await;
        let one = group.order(sender, "rose", &format!("k{number}"));
        behind.push(group.settle(&one, deciding(&one, &group.calls)));
    }
    for task in busy {
        let result = task.await.unwrap();
        assert!(matches!(result, Err(SendGiftError::Store(StoreError::Unavailable(_)))), "{result:?}");
    }
    for task in behind {
        task.await.unwrap().unwrap();
    }
    holder.batch_execute("ROLLBACK").await.unwrap();
    group.fixture.assert_in_order().await;
}
