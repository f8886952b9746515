//! One key, one grant: repeated requests, keys used for something else, and many requests at once.

use domain::{
    id::UserId,
    idempotency::Actor,
    wallet::{CoinLedger as _, CoinOrder, CoinRefusal, Reason},
};

use super::refused;
use crate::support::{Calls, Fixture, Place, at, granting, order, wish};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_key_gets_the_first_receipt_without_a_decision() {
    let fixture = Fixture::new().await;
    let (user, other) = (fixture.user_with(100).await, fixture.user().await);
    let wish = wish(Actor::CommandLine, user, 7, "again");
    let first = fixture.grant(wish.clone()).await.unwrap();
    fixture.send(&order(user, other, "rose", 1, "meanwhile")).await.unwrap();
    let before = fixture.books().await;

    for second in [1, 3_600] {
        let calls = Calls::default();
        let again = fixture.coins().change(wish.clone(), at(second), granting(&wish, &calls)).await.unwrap();
        assert_eq!((again, calls.count()), (first, 0));
    }
    assert_eq!(fixture.books().await, before);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_with_other_content_is_refused() {
    let fixture = Fixture::new().await;
    let (user, other, admin) = (fixture.user().await, fixture.user().await, fixture.user_with(10).await);
    let actor = Actor::User(admin);
    let first = fixture.grant(wish(actor, user, 7, "k")).await.unwrap();
    fixture.send(&order(admin, user, "rose", 1, "sent")).await.unwrap();
    let before = fixture.books().await;

    let another_reason = CoinOrder { reason: Reason::parse("another").unwrap(), ..wish(actor, user, 7, "k") };
    for reused in [wish(actor, other, 7, "k"), wish(actor, user, 8, "k"), another_reason, wish(actor, user, 7, "sent")]
    {
        let calls = Calls::default();
        let result = fixture.coins().change(reused.clone(), at(1), granting(&reused, &calls)).await;
        assert_eq!((refused(result), calls.count()), (CoinRefusal::KeyReused, 0), "{reused:?}");
    }
    assert_eq!(fixture.books().await, before);
    assert_eq!(fixture.grant(wish(actor, user, 7, "k")).await.unwrap(), first);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actors_with_the_same_key_do_not_meet() {
    let fixture = Fixture::new().await;
    let (user, one, two) = (fixture.user().await, fixture.user().await, fixture.user().await);
    for (actor, amount) in [(Actor::CommandLine, 1), (Actor::User(one), 2), (Actor::User(two), 4)] {
        fixture.grant(wish(actor, user, amount, "k")).await.unwrap();
    }
    assert_eq!(fixture.balance(user).await, 7);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_fifty_times_at_once_is_one_grant() {
    let fixture = Fixture::new().await;
    let user = fixture.user().await;

    let (results, decided) = fixture.grant_at_once(vec![wish(Actor::CommandLine, user, 7, "k"); 50]).await;

    let first = results[0].unwrap();
    assert_eq!((results, decided), (vec![Ok(first); 50], 1));
    assert_eq!((fixture.balance(user).await, fixture.count("coin_movements").await), (7, 1));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_for_two_users_at_once_is_one_grant() {
    let fixture = Fixture::new().await;
    let (one, two) = (fixture.user().await, fixture.user().await);
    // Both have decided: the first is in its commit when the second, behind the lock of another user, keeps its key.
    let gate = fixture.shut_gate(Place::InCommit("coin_movements")).await;
    let granting = tokio::spawn({
        let (coins, wish) = (fixture.coins(), wish(Actor::CommandLine, one, 7, "k"));
        async move {
            let decide = granting(&wish, &Calls::default());
            coins.change(wish, at(0), decide).await
        }
    });
    fixture.until_waiting(1).await;
    let late = async {
        fixture.until_waiting(2).await;
        gate.open().await;
    };
    let (second, ()) = tokio::join!(fixture.grant(wish(Actor::CommandLine, two, 7, "k")), late);

    assert!(granting.await.unwrap().is_ok());
    assert_eq!(refused(second), CoinRefusal::KeyReused);
    assert_eq!((fixture.balance(one).await, fixture.balance(two).await), (7, 0));
    assert_eq!((fixture.count("coin_movements").await, fixture.count("idempotency_keys").await), (1, 1));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_for_many_users_at_once_is_one_grant() {
    let fixture = Fixture::new().await;
    let mut wishes = Vec::new();
    for _ in 0..20 {
        wishes.push(wish(Actor::CommandLine, fixture.user().await, 7, "k"));
    }

    let (results, _) = fixture.grant_at_once(wishes).await;

    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(results.iter().filter(|result| **result == Err(CoinRefusal::KeyReused)).count(), 19);
    assert_eq!(fixture.number("SELECT SUM(balance)::bigint FROM users").await, 7);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_for_nobody_at_once_is_one_refusal() {
    let fixture = Fixture::new().await;
    // There is no row to lock: the key alone keeps them apart.
    let nobody = wish(Actor::CommandLine, UserId::new(99), 7, "k");
    let (results, _) = fixture.grant_at_once(vec![nobody; 20]).await;
    assert_eq!(results, vec![Err(CoinRefusal::UnknownUser); 20]);
    assert_eq!(fixture.count("idempotency_keys").await, 1);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_kept_by_an_earlier_release_are_still_read() {
    let fixture = Fixture::new().await;
    let user = fixture.user().await;
    for (name, outcome, expected) in [
        ("a", r#""unknown_user""#, Err(CoinRefusal::UnknownUser)),
        ("b", r#""balance_too_large""#, Err(CoinRefusal::BalanceTooLarge)),
        ("c", r#"{"granted": {"movement_id": 42, "balance_after": 20}}"#, Ok((42, 20))),
    ] {
        let wish = wish(Actor::CommandLine, user, 7, name);
        let content = format!("grant to={user} amount=7 reason=a test");
        fixture
            .execute(&format!(
                "INSERT INTO idempotency_keys (actor_id, key, operation, fingerprint, outcome, created_at) VALUES
                   (0, '{name}', 'grant', sha256('{content}'), '{outcome}', '2026-11-23T10:00:00Z')"
            ))
            .await;
        let result = match fixture.grant(wish).await {
            Ok(receipt) => Ok((receipt.movement_id.value(), receipt.balance_after.value())),
            refusal => Err(refused(refusal)),
        };
        assert_eq!(result, expected);
    }
    fixture.spoil();
}
