//! Connections that die at the worst moment: diamonds are exchanged once, or the answer says that nobody knows.

use domain::{
    id::UserId,
    store::StoreError,
    wallet::{ExchangeError, ExchangeLedger as _, ExchangeReceipt},
};
use persistence::{Database, PgExchangeLedger, PoolSettings};
use testkit::{Cut, Proxy};

use crate::support::{Calls, Fixture, Place, at, exchange_of, exchanging};

/// Every place at which an exchange can lose its connection before its commit, and in it.
const PLACES: [Place; 7] = [
    Place::Before("exchanges"),
    Place::Before("diamond_movements"),
    Place::Before("coin_movements"),
    Place::Before("users"),
    Place::Before("idempotency_keys"),
    Place::InCommit("exchanges"),
    Place::InCommit("idempotency_keys"),
];

/// Ten diamonds came to exactly one exchange, with everything that belongs to it.
async fn assert_exchanged_once(fixture: &Fixture, host: UserId, receipt: &ExchangeReceipt) {
    let exchanged = format!("SELECT id::text FROM exchanges WHERE host_id = {host}");
    assert_eq!(fixture.texts(&exchanged).await, [receipt.exchange_id.to_string()]);
    assert_eq!((fixture.balance(host).await, fixture.diamonds(host).await), (3, 0));
    assert_eq!(fixture.exchange(exchange_of(host, 10, "k")).await.unwrap(), *receipt);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_killed_anywhere_is_replaced_and_the_diamonds_are_exchanged_once() {
    let fixture = Fixture::new().await;
    for place in PLACES {
        let host = fixture.host_with(10).await;
        fixture.kill_at(place, 1).await;
        let receipt = fixture.exchange(exchange_of(host, 10, "k")).await.unwrap();
        assert!(fixture.spare(place).await > 1, "{place:?}");
        assert_exchanged_once(&fixture, host, &receipt).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backends_killed_at_every_attempt_are_given_up_with_an_honest_answer() {
    let fixture = Fixture::new().await;
    for place in PLACES {
        let host = fixture.host_with(10).await;
        let before = fixture.books().await;
        fixture.kill_at(place, 1_000).await;

        let result = fixture.exchange(exchange_of(host, 10, "k")).await;

        fixture.spare(place).await;
        let Err(ExchangeError::Store(error)) = result else { panic!("{place:?}: {result:?}") };
        let is_honest = match place {
            Place::Before(_) => matches!(error, StoreError::Unavailable(_)),
            Place::InCommit(_) => matches!(error, StoreError::OutcomeUnknown(_)),
        };
        assert!(is_honest, "{place:?}: {error:?}");
        assert_eq!(fixture.books().await, before, "{place:?}");
        let receipt = fixture.exchange(exchange_of(host, 10, "k")).await.unwrap();
        assert_exchanged_once(&fixture, host, &receipt).await;
    }
}

/// Exchanges ten diamonds through a proxy; answers the result and how often was decided.
async fn exchange_through(proxy: &Proxy, host: UserId) -> (Result<ExchangeReceipt, ExchangeError>, u32) {
    let database = Database::connect(proxy.url(), PoolSettings { connections_max: 4 }).await.unwrap();
    let (order, calls) = (exchange_of(host, 10, "k"), Calls::default());
    let decide = exchanging(&order, &calls);
    (PgExchangeLedger::new(database).exchange(order, at(0), decide).await, calls.count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_whose_commit_was_lost_is_found_or_repeated() {
    let fixture = Fixture::new().await;
    for (cut, expected) in [(Cut::AfterCommit, 1), (Cut::BeforeCommit, 2)] {
        let host = fixture.host_with(10).await;
        let proxy = Proxy::cutting(fixture.url(), cut, 1).await;
        let (result, decided) = exchange_through(&proxy, host).await;
        assert!(proxy.is_done());
        assert_eq!(decided, expected, "{cut:?}");
        assert_exchanged_once(&fixture, host, &result.unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_whose_commits_are_never_answered_has_an_unknown_outcome() {
    let fixture = Fixture::new().await;
    for (cut, exchanged) in [(Cut::AfterCommit, 1), (Cut::BeforeCommit, 0)] {
        let host = fixture.host_with(10).await;
        let proxy = Proxy::cutting(fixture.url(), cut, 1_000).await;
        let (result, _) = exchange_through(&proxy, host).await;
        assert!(matches!(result, Err(ExchangeError::Store(StoreError::OutcomeUnknown(_)))), "{cut:?}: {result:?}");
        let count = format!("SELECT COUNT(*) FROM exchanges WHERE host_id = {host}");
        assert_eq!(fixture.number(&count).await, exchanged, "{cut:?}");
        // Asking again with the key tells.
        let receipt = fixture.exchange(exchange_of(host, 10, "k")).await.unwrap();
        assert_exchanged_once(&fixture, host, &receipt).await;
    }
}
