//! `CoinLedger`: grants and corrections, their refusals, and their keys.

mod corrections;
mod keys;

use domain::{
    id::UserId,
    idempotency::Actor,
    money::{AMOUNT_MAX, Coins},
    store::StoreError,
    wallet::{
        CoinDecision, CoinError, CoinLedger as _, CoinOrder, CoinPosting, CoinReceipt, CoinRefusal, change_balance,
    },
};

use crate::support::{Calls, Fixture, at, granting, wish};

/// The refusal that a wish met.
fn refused(result: Result<CoinReceipt, CoinError>) -> CoinRefusal {
    match result {
        Err(CoinError::Refused(refusal)) => refusal,
        other => panic!("no refusal but {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_moves_exactly_its_amount() {
    let fixture = Fixture::new().await;
    let (user, admin) = (fixture.user().await, fixture.user().await);
    let mut balance = 0;
    for (actor, actor_id, amount) in [
        (Actor::CommandLine, "-".to_owned(), 1),
        (Actor::User(admin), admin.to_string(), 500),
        (Actor::User(user), user.to_string(), AMOUNT_MAX - 501),
    ] {
        let wish = wish(actor, user, amount, "k");
        let receipt = fixture.coins().change(wish.clone(), at(5), granting(&wish, &Calls::default())).await.unwrap();

        balance += amount;
        assert_eq!(receipt.balance_after, Coins::new(balance).unwrap());
        assert_eq!(fixture.balance(user).await, balance);
        let micros = at(5).timestamp_micros();
        let row = format!(
            "SELECT concat_ws(' ', user_id, kind, amount, reference, COALESCE(actor_id::text, '-'), reason,
               EXTRACT(epoch FROM created_at) * 1000000 = {micros}) FROM coin_movements WHERE id = {}",
            receipt.movement_id
        );
        assert_eq!(fixture.texts(&row).await, [format!("{user} grant {amount} k {actor_id} a test t")]);
    }
    assert_eq!((fixture.count("coin_movements").await, fixture.balance(admin).await), (3, 0));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_writes_nothing_but_its_key_and_stays() {
    let fixture = Fixture::new().await;
    let rich = fixture.user_with(AMOUNT_MAX).await;
    let refusals = [
        (wish(Actor::CommandLine, UserId::new(99), 1, "a"), CoinRefusal::UnknownUser),
        (wish(Actor::CommandLine, rich, 1, "b"), CoinRefusal::BalanceTooLarge),
        (wish(Actor::User(rich), rich, AMOUNT_MAX, "c"), CoinRefusal::BalanceTooLarge),
    ];
    for (wish, refusal) in &refusals {
        let mut before = fixture.books().await;

        assert_eq!(refused(fixture.grant(wish.clone()).await), *refusal);

        let mut after = fixture.books().await;
        let (before_keys, after_keys) = (before.remove("idempotency_keys"), after.remove("idempotency_keys"));
        assert_eq!(after, before, "{refusal}");
        assert_eq!(after_keys.unwrap().len(), before_keys.unwrap().len() + 1, "{refusal}");
    }
    // The reasons go, the answers stay.
    fixture
        .execute(
            "INSERT INTO users (id, phone, password, name, created_at, updated_at)
               VALUES (99, '0899', '', 'Late', '2026-11-01T00:00:00Z', '2026-11-01T00:00:00Z')",
        )
        .await;
    let poor = fixture.user().await;
    fixture.send(&crate::support::order(rich, poor, "rose", 1, "gift")).await.unwrap();
    for (wish, refusal) in refusals {
        let calls = Calls::default();
        let again = fixture.coins().change(wish.clone(), at(60), granting(&wish, &calls)).await;
        assert_eq!((refused(again), calls.count()), (refusal, 0));
    }
    fixture.assert_in_order().await;
}

/// The real rule with something wrong in what it decides.
fn deciding_wrongly(wish: &CoinOrder, balance_after: i64) -> CoinDecision {
    let change = wish.change;
    Box::new(move |facts| {
        change_balance(change, facts).ok();
        Ok(CoinPosting { balance_after: Coins::new(balance_after).unwrap() })
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_posting_writes_nothing() {
    let fixture = Fixture::new().await;
    for (balance, amount, claimed, expected) in [
        (10, 5, 0, "posting"),
        (10, 5, 10, "posting"),
        (10, 5, 16, "posting"),
        (10, 5, AMOUNT_MAX, "posting"),
        (AMOUNT_MAX, 1, AMOUNT_MAX, "users_balance_within_range"),
        (AMOUNT_MAX, AMOUNT_MAX, 0, "users_balance_within_range"),
    ] {
        let user = fixture.user_with(balance).await;
        let wish = wish(Actor::User(user), user, amount, "k");
        let before = fixture.books().await;

        let result = fixture.coins().change(wish.clone(), at(0), deciding_wrongly(&wish, claimed)).await;

        let Err(CoinError::Store(StoreError::Corrupt(cause))) = result else { panic!("{claimed}: {result:?}") };
        assert!(cause.to_string().contains(expected), "{claimed}: {cause}");
        assert_eq!(fixture.books().await, before, "{claimed}");
    }
    let nobody = wish(Actor::CommandLine, UserId::new(1), 5, "nobody");
    let before = fixture.books().await;
    let result = fixture.coins().change(nobody.clone(), at(0), deciding_wrongly(&nobody, 5)).await;
    assert!(matches!(result, Err(CoinError::Store(StoreError::Corrupt(_)))), "{result:?}");
    assert_eq!(fixture.books().await, before);
    fixture.assert_in_order().await;
}
