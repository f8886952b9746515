//! `ExchangeLedger`: what moves, what a refusal leaves, and decisions that are wrong.

mod keys;
mod lost;
mod race;

use domain::{
    id::UserId,
    money::{AMOUNT_MAX, BasisPoints, Coins, Diamonds},
    store::StoreError,
    wallet::{
        ExchangeDecision, ExchangeError, ExchangeLedger as _, ExchangeOrder, ExchangePosting, ExchangeReceipt,
        ExchangeRefusal, exchange,
    },
};

use crate::support::{Calls, Fixture, Place, at, exchange_of, exchange_refused, exchanging, order};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_moves_exactly_what_the_rate_says() {
    let fixture = Fixture::new().await;
    for (there, diamonds, coins) in [(5, 4, 1), (10, 10, 3), (100, 99, 29), (49_995, 49_995, 14_998)] {
        let host = fixture.host_with(there).await;
        fixture.top_up(host, 7).await;

        let receipt = fixture.exchange_at(exchange_of(host, diamonds, "once"), 5).await.unwrap();

        let expected = ExchangeReceipt {
            exchange_id: receipt.exchange_id,
            diamonds: Diamonds::new(diamonds).unwrap(),
            coins: Coins::new(coins).unwrap(),
            diamonds_after: Diamonds::new(there - diamonds).unwrap(),
            balance_after: Coins::new(7 + coins).unwrap(),
            created_at: at(5),
        };
        assert_eq!(receipt, expected);
        assert_eq!((fixture.balance(host).await, fixture.diamonds(host).await), (7 + coins, there - diamonds));
        let micros = at(5).timestamp_micros();
        let row = format!(
            "SELECT concat_ws(' ', e.host_id, e.diamonds, e.rate_bp, e.coins, i.host_id, i.income, i.type,
                m.user_id, m.kind, m.amount, m.reference, m.actor_id, m.reason, k.operation,
                EXTRACT(epoch FROM e.created_at) * 1000000 = {micros}, e.created_at = i.created_at,
                e.created_at = m.created_at, e.created_at = k.created_at)
             FROM exchanges e JOIN diamond_movements i ON i.exchange_id = e.id JOIN coin_movements m ON m.exchange_id = e.id
             JOIN idempotency_keys k ON k.actor_id = e.host_id AND k.key = 'once' WHERE e.id = {}",
            receipt.exchange_id
        );
        let expected = format!(
            "{host} {diamonds} 3000 {coins} {host} -{diamonds} exchange {host} exchange {coins} once {host} \
             diamonds exchanged exchange t t t t"
        );
        assert_eq!(fixture.texts(&row).await, [expected]);
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn diamonds_are_those_of_gifts_of_every_category_and_of_salaries_without_what_was_exchanged() {
    let fixture = Fixture::new().await;
    let (fan, host) = (fixture.user_with(10_000).await, fixture.user().await);
    for (number, gift) in ["rose", "cute", "cupid", "burger"].into_iter().enumerate() {
        // On four days, so that all time is read and no other period.
        let day = 86_400 * i64::try_from(number).unwrap();
        fixture.send_at(&order(fan, host, gift, 1, gift), day).await.unwrap();
    }
    fixture.pay_salary(host, 2_000, 0).await;
    let mut left = 5 + 10 + 10 + 1_499 + 2_000;
    for diamonds in [1_000, 2_500, 4] {
        left -= diamonds;
        let receipt = fixture.exchange(exchange_of(host, diamonds, &diamonds.to_string())).await.unwrap();
        assert_eq!(receipt.diamonds_after.value(), left);
    }
    let refusal = exchange_refused(fixture.exchange(exchange_of(host, 21, "more")).await);
    assert_eq!(refusal, insufficient(21, 20));
    fixture.exchange(exchange_of(host, 20, "rest")).await.unwrap();
    assert_eq!(fixture.diamonds(host).await, 0);
    fixture.assert_in_order().await;
}

fn insufficient(needed: i64, available: i64) -> ExchangeRefusal {
    let diamonds = |amount| Diamonds::new(amount).unwrap();
    ExchangeRefusal::InsufficientDiamonds { needed: diamonds(needed), available: diamonds(available) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_writes_nothing_but_its_key_and_stays() {
    let fixture = Fixture::new().await;
    let (poor, rich) = (fixture.host_with(10).await, fixture.host_with(10).await);
    fixture.top_up(rich, AMOUNT_MAX - 2).await;
    let refusals = [
        (exchange_of(poor, 11, "a"), insufficient(11, 10)),
        (exchange_of(poor, AMOUNT_MAX, "b"), insufficient(AMOUNT_MAX, 10)),
        (exchange_of(rich, 10, "c"), ExchangeRefusal::BalanceTooLarge),
    ];
    for (order, refusal) in &refusals {
        let mut before = fixture.books().await;

        assert_eq!(exchange_refused(fixture.exchange(order.clone()).await), *refusal);

        let mut after = fixture.books().await;
        let (before_keys, after_keys) = (before.remove("idempotency_keys"), after.remove("idempotency_keys"));
        assert_eq!(after, before, "{refusal}");
        assert_eq!(after_keys.unwrap().len(), before_keys.unwrap().len() + 1, "{refusal}");
    }
    // The reasons go, the answers stay.
    let fan = fixture.user_with(100).await;
    fixture.send(&order(fan, poor, "rose", 10, "more")).await.unwrap();
    fixture.send(&order(rich, fan, "rose", 1, "less")).await.unwrap();
    for (order, refusal) in refusals {
        let calls = Calls::default();
        let again = fixture.exchanges().exchange(order.clone(), at(60), exchanging(&order, &calls)).await;
        assert_eq!((exchange_refused(again), calls.count()), (refusal, 0));
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_that_is_about_the_host_is_not_kept() {
    let fixture = Fixture::new().await;
    let host = fixture.host_with(10).await;
    let set_ban = |instant: &str| format!("UPDATE users SET banned_at = {instant} WHERE id = {host}");
    fixture.execute(&set_ban("'2026-11-01T00:00:00Z'")).await;
    let before = fixture.books().await;
    let nobody = exchange_of(UserId::new(99), 10, "k");
    assert_eq!(exchange_refused(fixture.exchange(nobody).await), ExchangeRefusal::UnknownHost);
    assert_eq!(exchange_refused(fixture.exchange(exchange_of(host, 10, "k")).await), ExchangeRefusal::HostBanned);
    assert_eq!(fixture.books().await, before);
    fixture.execute(&set_ban("NULL")).await;
    fixture.exchange(exchange_of(host, 10, "k")).await.unwrap();
    fixture.assert_in_order().await;
}

/// Exchanges ten of ten diamonds (three coins) by a wrong decision; it must show in the error and leave no trace.
async fn check_refused(
    fixture: &Fixture,
    wrong: impl Fn(&mut ExchangePosting) + Send + Sync + 'static,
    expected: &str,
) {
    let host = fixture.host_with(10).await;
    let order = exchange_of(host, 10, "k");
    let before = fixture.books().await;

    let result = fixture.exchanges().exchange(order.clone(), at(0), deciding_wrongly(&order, wrong)).await;

    let Err(ExchangeError::Store(StoreError::Corrupt(cause))) = result else { panic!("{expected}: {result:?}") };
    assert!(cause.to_string().contains(expected), "{expected}: {cause}");
    assert_eq!(fixture.books().await, before, "{expected}");
    // The key is free, and the connection is good, for the right decision.
    fixture.exchange(order).await.unwrap();
    assert_eq!((fixture.balance(host).await, fixture.diamonds(host).await), (3, 0), "{expected}");
}

/// The real rule with something wrong in what it decides.
fn deciding_wrongly(
    order: &ExchangeOrder,
    wrong: impl Fn(&mut ExchangePosting) + Send + Sync + 'static,
) -> ExchangeDecision {
    let order = order.clone();
    Box::new(move |facts| {
        let mut posting = exchange(&order, facts)?;
        wrong(&mut posting);
        Ok(posting)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_posting_writes_nothing() {
    let fixture = Fixture::new().await;
    let set = |diamonds, diamonds_after, coins, balance_after| {
        move |posting: &mut ExchangePosting| {
            posting.diamonds = Diamonds::new(diamonds).unwrap();
            posting.diamonds_after = Diamonds::new(diamonds_after).unwrap();
            posting.coins = Coins::new(coins).unwrap();
            posting.balance_after = Coins::new(balance_after).unwrap();
        }
    };
    // More than is there, whatever is claimed to be left.
    check_refused(&fixture, set(20, 0, 6, 6), "other diamonds").await;
    check_refused(&fixture, set(11, 0, 3, 3), "other diamonds").await;
    check_refused(&fixture, set(10, 1, 3, 3), "other diamonds").await;
    check_refused(&fixture, set(AMOUNT_MAX, AMOUNT_MAX, 3, 3), "other diamonds").await;
    for coins in [1, 2, 4, 10] {
        check_refused(&fixture, set(10, 0, coins, coins), "exchanges_rate_exact").await;
    }
    check_refused(&fixture, set(10, 0, 0, 0), "exchanges_coins_within_range").await;
    for balance in [0, 2, 4, AMOUNT_MAX] {
        check_refused(&fixture, set(10, 0, 3, balance), "does not add up").await;
    }
    let whole = |posting: &mut ExchangePosting| {
        posting.rate = BasisPoints::WHOLE;
        (posting.coins, posting.balance_after) = (Coins::new(10).unwrap(), Coins::new(10).unwrap());
    };
    check_refused(&fixture, whole, "exchanges_rate_bp_known").await;
    let nobody = |posting: &mut ExchangePosting| posting.host = UserId::new(1);
    check_refused(&fixture, nobody, "exchanges_host_id_fkey").await;
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_locks_nobody_but_its_host() {
    let fixture = Fixture::new().await;
    let host = fixture.host_with(10).await;
    let gate = fixture.shut_gate(Place::InCommit("exchanges")).await;
    let exchanging = tokio::spawn({
        let (exchanges, order) = (fixture.exchanges(), exchange_of(host, 10, "k"));
        let decide = exchanging(&order, &Calls::default());
        async move { exchanges.exchange(order, at(0), decide).await }
    });
    fixture.until_waiting(1).await;

    let free = "SELECT id::text FROM users FOR NO KEY UPDATE SKIP LOCKED";
    assert_eq!(fixture.texts(free).await.len(), 1, "the fan");
    let totals = "(SELECT 1 FROM host_totals FOR UPDATE SKIP LOCKED) totals";
    assert_eq!(fixture.count(totals).await, fixture.count("host_totals").await);
    // Not even a gift to that host waits.
    let fan = fixture.user_with(10).await;
    fixture.send(&order(fan, host, "rose", 1, "meanwhile")).await.unwrap();

    gate.open().await;
    let receipt = exchanging.await.unwrap().unwrap();
    assert_eq!((receipt.diamonds_after.value(), fixture.diamonds(host).await), (0, 5));
    fixture.assert_in_order().await;
}
