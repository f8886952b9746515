//! Connections that die at the worst moment: what was asked happens once, or the answer says that nobody knows.

mod unanswered;

use domain::{
    gift::{GiftLedger as _, GiftOrder, GiftReceipt, SendGiftError},
    idempotency::Actor,
    store::StoreError,
    user::{AvatarPath, UserRepository as _},
    wallet::{CoinError, CoinLedger as _},
};
use persistence::{Database, PgCoinLedger, PgGiftLedger, PgUserRepository, PoolSettings};
use testkit::{Cut, Proxy, Weather};

use crate::support::{Calls, Fixture, Place, at, calendar, correction, deciding, granting, order, until, wish};

/// Every place at which a gift can lose its connection before its commit, and in it.
const PLACES: [Place; 6] = [
    Place::Before("gifts"),
    Place::Before("pending_rollups"),
    Place::Before("users"),
    Place::Before("idempotency_keys"),
    Place::InCommit("gifts"),
    Place::InCommit("idempotency_keys"),
];

/// A gift of a rose by a new sender with thirty coins.
async fn new_order(fixture: &Fixture) -> GiftOrder {
    let (sender, receiver) = (fixture.user_with(30).await, fixture.user().await);
    order(sender, receiver, "rose", 1, "k")
}

/// The order came to exactly one gift, with everything that belongs to it.
async fn assert_sent_once(fixture: &Fixture, order: &GiftOrder, receipt: &GiftReceipt) {
    let sent = format!("SELECT id::text FROM gifts WHERE sender_id = {}", order.sender());
    assert_eq!(fixture.texts(&sent).await, [receipt.gift_id.to_string()]);
    assert_eq!((fixture.balance(order.sender()).await, fixture.diamonds(order.receiver()).await), (20, 5));
    assert_eq!(fixture.send(order).await.unwrap(), *receipt);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_killed_anywhere_is_replaced_and_the_gift_is_sent_once() {
    let fixture = Fixture::new().await;
    for place in PLACES {
        for deaths in [1, 2] {
            let order = new_order(&fixture).await;
            fixture.kill_at(place, deaths).await;
            let receipt = fixture.send(&order).await.unwrap();
            assert!(fixture.spare(place).await > i64::from(deaths), "{place:?}");
            assert_sent_once(&fixture, &order, &receipt).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backends_killed_at_every_attempt_are_given_up_with_an_honest_answer() {
    let fixture = Fixture::new().await;
    for place in PLACES {
        let order = new_order(&fixture).await;
        let before = fixture.books().await;
        fixture.kill_at(place, 1_000).await;

        let result = fixture.send(&order).await;

        assert_eq!(fixture.spare(place).await, 3, "{place:?}: so often is a transaction tried");
        let Err(SendGiftError::Store(error)) = result else { panic!("{place:?}: {result:?}") };
        let is_honest = match place {
            Place::Before(_) => matches!(error, StoreError::Unavailable(_)),
            Place::InCommit(_) => matches!(error, StoreError::OutcomeUnknown(_)),
        };
        assert!(is_honest, "{place:?}: {error:?}");
        assert_eq!(fixture.books().await, before, "{place:?}");
        let receipt = fixture.send(&order).await.unwrap();
        assert_sent_once(&fixture, &order, &receipt).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_killed_while_it_waits_for_its_sender_is_replaced() {
    let fixture = Fixture::new().await;
    let (order, calls) = (new_order(&fixture).await, Calls::default());
    let holder = fixture.client().await;
    let lock = format!("BEGIN; SELECT FROM users WHERE id = {} FOR UPDATE", order.sender());
    holder.batch_execute(&lock).await.unwrap();
    let sending = tokio::spawn({
        let (gifts, order, decide) = (fixture.gifts(), order.clone(), deciding(&order, &calls));
        async move { gifts.settle(order, at(0), decide).await }
    });
    let killed = fixture.until_waiting(1).await;
    fixture.execute(&format!("SELECT pg_terminate_backend({})", killed[0])).await;
    until("another backend waits", async || {
        let waiting = fixture.waiting().await;
        waiting.len() == 1 && waiting != killed
    })
    .await;

    holder.batch_execute("COMMIT").await.unwrap();

    let receipt = sending.await.unwrap().unwrap();
    assert_eq!(calls.count(), 1);
    assert_sent_once(&fixture, &order, &receipt).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_whose_idle_connections_all_died_still_sends() {
    let fixture = Fixture::with_pool(4).await;
    let orders = [new_order(&fixture).await, new_order(&fixture).await, new_order(&fixture).await];
    // Four at once, so that four connections are open and idle.
    let warm =
        [new_order(&fixture).await, new_order(&fixture).await, new_order(&fixture).await, new_order(&fixture).await];
    assert!(fixture.send_at_once(warm.to_vec()).await.0.iter().all(Result::is_ok));
    for order in orders {
        fixture
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
            )
            .await;
        let receipt = fixture.send(&order).await.unwrap();
        assert_sent_once(&fixture, &order, &receipt).await;
    }
}

/// A pool that reaches the database of a fixture through a proxy.
async fn through(proxy: &Proxy) -> Database {
    Database::connect(proxy.url(), PoolSettings { connections_max: 4 }).await.unwrap()
}

/// Sends an order through a proxy; answers the result and how often was decided.
async fn send_through(database: &Database, order: &GiftOrder) -> (Result<GiftReceipt, SendGiftError>, u32) {
    let calls = Calls::default();
    let decide = deciding(order, &calls);
    (PgGiftLedger::new(database.clone(), calendar()).settle(order.clone(), at(0), decide).await, calls.count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_whose_commit_was_answered_to_nobody_is_found_and_not_repeated() {
    let fixture = Fixture::new().await;
    for cuts in [1, 2] {
        let order = new_order(&fixture).await;
        let proxy = Proxy::cutting(fixture.url(), Cut::AfterCommit, cuts).await;
        let (result, decided) = send_through(&through(&proxy).await, &order).await;
        assert!(proxy.is_done());
        assert_eq!(decided, 1);
        assert_sent_once(&fixture, &order, &result.unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_whose_commit_never_arrived_is_repeated() {
    let fixture = Fixture::new().await;
    for cuts in [1, 2] {
        let order = new_order(&fixture).await;
        let proxy = Proxy::cutting(fixture.url(), Cut::BeforeCommit, cuts).await;
        let (result, decided) = send_through(&through(&proxy).await, &order).await;
        assert_eq!(decided, 1 + cuts);
        assert_sent_once(&fixture, &order, &result.unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_whose_commits_are_never_answered_has_an_unknown_outcome() {
    let fixture = Fixture::new().await;
    for (cut, sent) in [(Cut::AfterCommit, 1), (Cut::BeforeCommit, 0)] {
        let order = new_order(&fixture).await;
        let proxy = Proxy::cutting(fixture.url(), cut, 1_000).await;
        let (result, _) = send_through(&through(&proxy).await, &order).await;
        assert!(matches!(result, Err(SendGiftError::Store(StoreError::OutcomeUnknown(_)))), "{cut:?}: {result:?}");
        let count = format!("SELECT COUNT(*) FROM gifts WHERE sender_id = {}", order.sender());
        assert_eq!(fixture.number(&count).await, sent, "{cut:?}");
        // Asking again with the key tells.
        let receipt = fixture.send(&order).await.unwrap();
        assert_sent_once(&fixture, &order, &receipt).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_whose_commit_was_answered_to_nobody_is_found_and_not_repeated() {
    let fixture = Fixture::new().await;
    let user = fixture.user().await;
    let proxy = Proxy::cutting(fixture.url(), Cut::AfterCommit, 1).await;
    let (wish, calls) = (wish(Actor::CommandLine, user, 7, "k"), Calls::default());

    let coins = PgCoinLedger::new(through(&proxy).await);
    let receipt = coins.change(wish.clone(), at(0), granting(&wish, &calls)).await.unwrap();

    assert!(proxy.is_done());
    assert_eq!((calls.count(), fixture.balance(user).await, fixture.count("coin_movements").await), (1, 7, 1));
    assert_eq!(fixture.grant(wish).await.unwrap(), receipt);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_whose_commits_are_never_answered_has_an_unknown_outcome_and_its_key_tells() {
    let fixture = Fixture::new().await;
    for (cut, cuts, balance) in
        [(Cut::AfterCommit, 1, 20), (Cut::AfterCommit, 1_000, 20), (Cut::BeforeCommit, 1_000, 50)]
    {
        let user = fixture.user_with(50).await;
        let proxy = Proxy::cutting(fixture.url(), cut, cuts).await;
        let wish = correction(Actor::User(user), user, -30, "k");

        let coins = PgCoinLedger::new(through(&proxy).await);
        let result = coins.change(wish.clone(), at(0), granting(&wish, &Calls::default())).await;

        if cuts == 1 {
            // Found under its key by the attempt after.
            assert_eq!(result.unwrap().balance_after.value(), 20);
        } else {
            assert!(matches!(result, Err(CoinError::Store(StoreError::OutcomeUnknown(_)))), "{cut:?}: {result:?}");
        }
        assert_eq!(fixture.balance(user).await, balance, "{cut:?}");
        let receipt = fixture.grant(wish).await.unwrap();
        assert_eq!((receipt.balance_after.value(), fixture.balance(user).await), (20, 20), "{cut:?}");
    }
    assert_eq!(fixture.count("audit_log WHERE action = 'coins_corrected'").await, 3);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_avatar_whose_commit_was_answered_to_nobody_is_not_its_own_predecessor() {
    let fixture = Fixture::new().await;
    let user = fixture.user().await;
    let [old, new] = ["old", "new"].map(|name| AvatarPath::new(format!("/uploads/avatars/{name}.jpg")));
    fixture.users().replace_avatar(user, &old, at(1)).await.unwrap();
    for (cut, found) in [(Cut::BeforeCommit, &old), (Cut::AfterCommit, &new)] {
        let proxy = Proxy::cutting(fixture.url(), cut, 1).await;
        let users = PgUserRepository::new(through(&proxy).await);
        let replaced = users.replace_avatar(user, &new, at(2)).await;
        assert!(proxy.is_done());
        // Whether the old one is still in use is unknown, so nobody is told to delete it.
        assert!(matches!(replaced, Err(StoreError::OutcomeUnknown(_))), "{cut:?}: {replaced:?}");
        assert_eq!(fixture.users().find(user).await.unwrap().unwrap().avatar.as_ref(), Some(found));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_is_unavailable_and_found_again() {
    let fixture = Fixture::new().await;
    let order = new_order(&fixture).await;
    let proxy = Proxy::cutting(fixture.url(), Cut::BeforeCommit, 1).await;
    let database = through(&proxy).await;
    // The one open connection dies in its commit, and there is no other to be had.
    proxy.turn(Weather::Shut);

    let (result, _) = send_through(&database, &order).await;
    assert!(matches!(result, Err(SendGiftError::Store(StoreError::OutcomeUnknown(_)))), "{result:?}");
    let ((result, decided), pinged) = tokio::join!(send_through(&database, &order), database.ping());
    assert!(matches!(result, Err(SendGiftError::Store(StoreError::Unavailable(_)))), "{result:?}");
    assert_eq!(decided, 0);
    assert!(matches!(pinged, Err(StoreError::Unavailable(_))), "{pinged:?}");
    assert_eq!(fixture.count("gifts").await, 0);

    proxy.turn(Weather::Fine);
    database.ping().await.unwrap();
    let (result, _) = send_through(&database, &order).await;
    assert_sent_once(&fixture, &order, &result.unwrap()).await;
}
