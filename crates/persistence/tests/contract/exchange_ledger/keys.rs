//! One key, one outcome: repeated requests, keys used for something else, and many requests at once.

use domain::{
    gift::GiftRefusal,
    idempotency::{Actor, RequestKey},
    testing::LoadedDice,
    wallet::{ExchangeLedger as _, ExchangeOrder, ExchangeRefusal},
};

use super::insufficient;
use crate::support::{Calls, Fixture, at, exchange_of, exchange_refused, exchanging, order, refused, wish};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_key_gets_the_first_receipt_without_a_decision() {
    let fixture = Fixture::new().await;
    let (fan, host) = (fixture.user_with(100).await, fixture.host_with(20).await);
    let order_again = exchange_of(host, 10, "again");
    let first = fixture.exchange(order_again.clone()).await.unwrap();
    // Nothing that happens meanwhile changes the answer.
    fixture.send(&order(fan, host, "rose", 1, "meanwhile")).await.unwrap();
    fixture.exchange(exchange_of(host, 15, "another")).await.unwrap();
    fixture.execute(&format!("UPDATE users SET banned_at = '2026-11-01T00:00:00Z' WHERE id = {host}")).await;
    let before = fixture.books().await;

    for second in [1, 3_600, -3_600] {
        let calls = Calls::default();
        let decide = exchanging(&order_again, &calls);
        let again = fixture.exchanges().exchange(order_again.clone(), at(second), decide).await.unwrap();
        assert_eq!((again, calls.count()), (first, 0));
    }
    assert_eq!(fixture.books().await, before);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_with_other_content_is_refused() {
    let fixture = Fixture::new().await;
    let (host, other) = (fixture.host_with(20).await, fixture.host_with(20).await);
    let receipt = fixture.exchange(exchange_of(host, 10, "k")).await.unwrap();
    fixture.grant(wish(Actor::User(host), other, 5, "granted")).await.unwrap();
    fixture.top_up(host, 10).await;
    fixture.send(&order(host, other, "rose", 1, "sent")).await.unwrap();
    let before = fixture.books().await;
    for reused in [
        exchange_of(host, 9, "k"),
        exchange_of(host, 11, "k"),
        // A key that a grant or a gift used is used.
        exchange_of(host, 10, "granted"),
        exchange_of(host, 10, "sent"),
    ] {
        let calls = Calls::default();
        let result = fixture.exchanges().exchange(reused.clone(), at(1), exchanging(&reused, &calls)).await;
        assert_eq!((exchange_refused(result), calls.count()), (ExchangeRefusal::KeyReused, 0), "{reused:?}");
    }
    assert_eq!(refused(fixture.send(&order(host, other, "rose", 1, "k")).await), GiftRefusal::KeyReused);
    assert_eq!(fixture.exchange(exchange_of(host, 10, "k")).await.unwrap(), receipt);
    assert_eq!(fixture.books().await, before);
    // Another host's key is another key.
    fixture.exchange(exchange_of(other, 11, "k")).await.unwrap();
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_fifty_times_at_once_is_one_exchange() {
    let fixture = Fixture::new().await;
    let host = fixture.host_with(1_000).await;

    let (results, decided) = fixture.exchange_at_once(vec![exchange_of(host, 10, "k"); 50]).await;

    let first = results[0].unwrap();
    assert_eq!((results, decided), (vec![Ok(first); 50], 1));
    assert_eq!((fixture.balance(host).await, fixture.diamonds(host).await), (3, 990));
    assert_eq!(fixture.count("exchanges").await, 1);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_with_many_contents_at_once_is_one_exchange() {
    let fixture = Fixture::new().await;
    let host = fixture.host_with(1_000).await;
    let orders = (0..20).map(|number| exchange_of(host, 10 + number, "k")).collect();

    let (results, decided) = fixture.exchange_at_once(orders).await;

    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(results.iter().filter(|result| **result == Err(ExchangeRefusal::KeyReused)).count(), 19);
    assert_eq!((decided, fixture.count("exchanges").await), (1, 1));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_under_a_key_that_nobody_knows_is_not_kept() {
    let fixture = Fixture::new().await;
    let host = fixture.host_with(10).await;
    let before = fixture.books().await;
    let keyless = |diamonds: i64, face: u64| ExchangeOrder {
        key: RequestKey::generate(&LoadedDice::new([face, face])),
        ..exchange_of(host, diamonds, "k")
    };
    for face in 0..5 {
        assert_eq!(exchange_refused(fixture.exchange(keyless(11, face)).await), insufficient(11, 10));
    }
    assert_eq!(fixture.books().await, before);
    fixture.exchange(keyless(10, 9)).await.unwrap();
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_kept_by_an_earlier_release_are_still_read() {
    let fixture = Fixture::new().await;
    let host = fixture.host_with(50).await;
    let exchanged = r#"{"exchanged": {"exchange_id": 42, "diamonds": 10, "coins": 3, "diamonds_after": 7,
        "balance_after": 8, "created_at": "2026-11-23T10:00:00.000001Z"}}"#;
    let kept = [
        ("a", r#"{"insufficient_diamonds": {"needed": 10, "available": 6}}"#, Err(insufficient(10, 6))),
        ("b", r#""balance_too_large""#, Err(ExchangeRefusal::BalanceTooLarge)),
        ("c", exchanged, Ok((42, 10, 3, 7, 8, "2026-11-23T10:00:00.000001+00:00".to_owned()))),
    ];
    for (name, outcome, expected) in kept {
        fixture
            .execute(&format!(
                "INSERT INTO idempotency_keys (actor_id, key, operation, fingerprint, outcome, created_at) VALUES
                   ({host}, '{name}', 'exchange', sha256('exchange diamonds=10'), '{outcome}', '2026-11-23T10:00:00Z')"
            ))
            .await;
        let result = match fixture.exchange(exchange_of(host, 10, name)).await {
            Ok(receipt) => Ok((
                receipt.exchange_id.value(),
                receipt.diamonds.value(),
                receipt.coins.value(),
                receipt.diamonds_after.value(),
                receipt.balance_after.value(),
                receipt.created_at.to_rfc3339(),
            )),
            refusal => Err(exchange_refused(refusal)),
        };
        assert_eq!(result, expected);
    }
    fixture.spoil();
}
