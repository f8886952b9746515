//! Corrections: mistakes put right by a movement of their own, which never takes more than there is.

use domain::{
    id::UserId,
    idempotency::{Actor, RequestKey},
    money::{AMOUNT_MAX, Coins},
    store::StoreError,
    testing::LoadedDice,
    wallet::{CoinError, CoinLedger as _, CoinOrder, CoinRefusal, Reason},
};

use super::{deciding_wrongly, refused};
use crate::support::{Calls, Fixture, at, at_once, correction, deciding, granting, order, wish};

fn insufficient(needed: i64, available: i64) -> CoinRefusal {
    let (needed, available) = (Coins::new(needed).unwrap(), Coins::new(available).unwrap());
    CoinRefusal::InsufficientBalance { needed, available }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_moves_exactly_its_amount_and_is_written_down() {
    let fixture = Fixture::new().await;
    let (user, admin) = (fixture.user_with(100).await, fixture.user().await);
    for (actor, amount, balance) in
        [(Actor::User(admin), -30, 70), (Actor::CommandLine, 5, 75), (Actor::User(admin), -75, 0)]
    {
        let wish = correction(actor, user, amount, &format!("k{amount}"));
        let receipt = fixture.coins().change(wish.clone(), at(5), granting(&wish, &Calls::default())).await.unwrap();

        assert_eq!((receipt.balance_after.value(), fixture.balance(user).await), (balance, balance));
        let actor = if actor == Actor::CommandLine { "-".to_owned() } else { admin.to_string() };
        let row = format!(
            "SELECT concat_ws(' ', user_id, kind, amount, reference, COALESCE(actor_id::text, '-'), reason)
               FROM coin_movements WHERE id = {}",
            receipt.movement_id
        );
        assert_eq!(fixture.texts(&row).await, [format!("{user} correction {amount} k{amount} {actor} a test")]);
        // What a user loses, the mint gets back.
        let entries = format!(
            "SELECT concat_ws(' ', account, user_id, amount) FROM ledger_entries
              WHERE source = 'coin_movements' AND source_id = {} ORDER BY 1",
            receipt.movement_id
        );
        assert_eq!(fixture.texts(&entries).await, [format!("mint {}", -amount), format!("user_coins {user} {amount}")]);
    }
    let lines =
        "SELECT concat_ws(' ', action, subject_kind, subject_key, COALESCE(actor_id::text, '-'), before, after, reason)
        FROM audit_log WHERE action = 'coins_corrected' ORDER BY id";
    let line = |actor: &str, before: i64, after: i64, amount: i64| {
        format!(
            "coins_corrected user {user} {actor} [[\"balance\", \"{before}\"]] \
             [[\"balance\", \"{after}\"], [\"key\", \"k{amount}\"]] a test"
        )
    };
    let admin = admin.to_string();
    assert_eq!(
        fixture.texts(lines).await,
        [line(&admin, 100, 70, -30), line("-", 70, 75, 5), line(&admin, 75, 0, -75)]
    );
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_correction_writes_nothing_but_its_key_and_stays() {
    let fixture = Fixture::new().await;
    let (user, rich, poor) = (fixture.user_with(10).await, fixture.user_with(AMOUNT_MAX).await, fixture.user().await);
    let refusals = [
        (correction(Actor::CommandLine, user, -11, "a"), insufficient(11, 10)),
        (correction(Actor::User(rich), user, -AMOUNT_MAX, "b"), insufficient(AMOUNT_MAX, 10)),
        (correction(Actor::CommandLine, poor, -1, "c"), insufficient(1, 0)),
        (correction(Actor::CommandLine, rich, 1, "d"), CoinRefusal::BalanceTooLarge),
        (correction(Actor::CommandLine, UserId::new(99), -1, "e"), CoinRefusal::UnknownUser),
    ];
    let (lines, mut before) = (fixture.count("audit_log").await, fixture.books().await);
    for (wish, refusal) in &refusals {
        assert_eq!(refused(fixture.grant(wish.clone()).await), *refusal);
    }
    let mut after = fixture.books().await;
    let (before_keys, after_keys) = (before.remove("idempotency_keys"), after.remove("idempotency_keys"));
    assert_eq!((after, fixture.count("audit_log").await), (before, lines));
    assert_eq!(after_keys.unwrap().len(), before_keys.unwrap().len() + refusals.len());
    // The reasons go, the answers stay.
    fixture.top_up(user, 100).await;
    fixture.top_up(poor, 100).await;
    for (wish, refusal) in refusals {
        let calls = Calls::default();
        let again = fixture.coins().change(wish.clone(), at(60), granting(&wish, &calls)).await;
        assert_eq!((refused(again), calls.count()), (refusal, 0));
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_under_a_key_that_nobody_chose_writes_nothing_at_all() {
    let fixture = Fixture::new().await;
    let user = fixture.user_with(10).await;
    let before = fixture.books().await;
    let key = RequestKey::generate(&LoadedDice::new([1, 2]));
    let wish = CoinOrder { key, ..correction(Actor::CommandLine, user, -11, "k") };
    for _ in 0..2 {
        assert_eq!(refused(fixture.grant(wish.clone()).await), insufficient(11, 10));
    }
    assert_eq!(fixture.books().await, before);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_corrects_once_and_is_no_other_wishs() {
    let fixture = Fixture::new().await;
    let (user, admin) = (fixture.user_with(100).await, fixture.user().await);
    let actor = Actor::User(admin);
    let first = fixture.grant(correction(actor, user, -30, "k")).await.unwrap();
    fixture.grant(wish(actor, user, 30, "granted")).await.unwrap();
    let before = fixture.books().await;
    for second in [1, 3_600] {
        let (wish, calls) = (correction(actor, user, -30, "k"), Calls::default());
        let again = fixture.coins().change(wish.clone(), at(second), granting(&wish, &calls)).await.unwrap();
        assert_eq!((again, calls.count()), (first, 0));
    }
    let another_reason = CoinOrder { reason: Reason::parse("another").unwrap(), ..correction(actor, user, -30, "k") };
    for reused in [
        correction(actor, user, 30, "k"),
        correction(actor, user, -31, "k"),
        correction(actor, admin, -30, "k"),
        correction(actor, user, 30, "granted"),
        wish(actor, user, 30, "k"),
        another_reason,
    ] {
        assert_eq!(refused(fixture.grant(reused.clone()).await), CoinRefusal::KeyReused, "{reused:?}");
    }
    assert_eq!(fixture.books().await, before);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_corrections_of_the_whole_balance_exactly_one_wins() {
    let fixture = Fixture::new().await;
    for round in 0..5 {
        let user = fixture.user_with(70).await;
        let rivals = (0..20).map(|rival| correction(Actor::CommandLine, user, -70, &format!("{round}-{rival}")));

        let (results, decided) = fixture.grant_at_once(rivals.collect()).await;

        let losers = results.iter().filter(|result| **result == Err(insufficient(70, 0))).count();
        assert_eq!((results.iter().filter(|result| result.is_ok()).count(), losers, decided), (1, 19, 20));
        assert_eq!(fixture.balance(user).await, 0);
    }
    assert_eq!(fixture.count("coin_movements WHERE kind = 'correction'").await, 5);
    assert_eq!(fixture.count("audit_log WHERE action = 'coins_corrected'").await, 5);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_twenty_times_at_once_is_one_correction() {
    let fixture = Fixture::new().await;
    let user = fixture.user_with(70).await;
    let (results, decided) = fixture.grant_at_once(vec![correction(Actor::CommandLine, user, -7, "k"); 20]).await;
    let first = results[0].unwrap();
    assert_eq!((results, decided), (vec![Ok(first); 20], 1));
    assert_eq!(fixture.balance(user).await, 63);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corrections_grants_and_gifts_at_once_never_overdraw() {
    let fixture = Fixture::new().await;
    let (user, host) = (fixture.user_with(100).await, fixture.user().await);
    let mut tasks: Vec<std::pin::Pin<Box<dyn Future<Output = i64> + Send>>> = Vec::new();
    for number in 0..20 {
        let (coins, gifts) = (fixture.coins(), fixture.gifts());
        let amounts = [-10, 1];
        for amount in amounts {
            let (coins, wish) = (
                fixture.coins(),
                correction(Actor::User(host), user, amount, &format!("{amount} {number}").replace(' ', "_")),
            );
            tasks.push(Box::pin(async move {
                let decide = granting(&wish, &Calls::default());
                if coins.change(wish, at(0), decide).await.is_ok() { amount } else { 0 }
            }));
        }
        let gift = order(user, host, "rose", 1, &format!("gift-{number}"));
        tasks.push(Box::pin(async move {
            let decide = deciding(&gift, &Calls::default());
            if domain::gift::GiftLedger::settle(&gifts, gift, at(0), decide).await.is_ok() { -10 } else { 0 }
        }));
        let granted = wish(Actor::User(host), user, 2, &format!("grant-{number}"));
        tasks.push(Box::pin(async move {
            let decide = granting(&granted, &Calls::default());
            coins.change(granted, at(0), decide).await.unwrap();
            2
        }));
    }
    let moved: i64 = at_once(tasks).await.into_iter().sum();
    assert_eq!(fixture.balance(user).await, 100 + moved);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_decision_to_take_too_much_meets_the_database() {
    let fixture = Fixture::new().await;
    for (amount, claimed, expected) in
        [(-11, 0, "users_balance_non_negative"), (-5, 6, "posting"), (-5, 10, "posting"), (5, 5, "posting")]
    {
        let user = fixture.user_with(10).await;
        let wish = correction(Actor::CommandLine, user, amount, "wrong");
        let before = fixture.books().await;
        let result = fixture.coins().change(wish.clone(), at(0), deciding_wrongly(&wish, claimed)).await;
        let Err(CoinError::Store(StoreError::Corrupt(cause))) = result else { panic!("{amount}: {result:?}") };
        assert!(cause.to_string().contains(expected), "{amount}: {cause}");
        assert_eq!(fixture.books().await, before);
    }
    fixture.assert_in_order().await;
}
