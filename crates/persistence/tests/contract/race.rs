//! What happens when much is asked at once.

use domain::{
    gift::{GiftLedger as _, GiftOrder, GiftRefusal},
    id::UserId,
    idempotency::Actor,
    money::Coins,
    user::{ProfileChange, Signature, UserRepository as _},
    wallet::{CoinLedger as _, MoneyAudit as _},
};
use persistence::PgMoneyAudit;
use tokio::time::timeout;

use crate::support::{Calls, DEADLINE, Fixture, at, at_once, calendar, deciding, granting, order, until, wish};

/// How many deadlocks the server saw in the database of a test whose work is done.
pub(crate) async fn deadlocks(fixture: Fixture) -> i64 {
    let count = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
        AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let Fixture { database, sql, test: _test, .. } = fixture;
    // A backend reports what it counted at the latest when it ends.
    drop(database);
    until("the pool has gone", async || sql.query_one(count, &[]).await.unwrap().get::<_, i64>(0) == 0).await;
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    sql.query_one(deadlocks, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_gifts_of_the_whole_balance_exactly_one_wins() {
    const RIVALS: usize = 30;
    const ROUNDS: usize = 200;

    let fixture = Fixture::new().await;
    let receivers = [fixture.user().await, fixture.user().await];
    let coins = |amount| Coins::new(amount).unwrap();
    for round in 1..=ROUNDS {
        let sender = fixture.user_with(500).await;
        let rivals = (0..RIVALS).map(|rival| order(sender, receivers[rival % 2], "crown", 1, &rival.to_string()));

        let (results, decided) = fixture.send_at_once(rivals.collect()).await;

        let won = results.iter().filter(|result| result.is_ok()).count();
        let lost = Err(GiftRefusal::InsufficientBalance { needed: coins(500), available: coins(0) });
        let losers = results.iter().filter(|result| **result == lost).count();
        assert_eq!((won, losers, decided), (1, RIVALS - 1, 30), "round {round}");
        assert_eq!(fixture.balance(sender).await, 0, "round {round}");
    }
    let rounds = i64::try_from(ROUNDS).unwrap();
    assert_eq!(fixture.count("gifts").await, rounds);
    let earned = fixture.diamonds(receivers[0]).await + fixture.diamonds(receivers[1]).await;
    assert_eq!(earned, 250 * rounds);
    fixture.assert_in_order().await;
}

/// Sixty gifts of a rose, ten by each of six users, crossing in every direction.
fn crossing(users: &[UserId]) -> Vec<GiftOrder> {
    let orders = (0..60).map(|number| {
        let (sender, step) = (number % 6, 1 + number / 6 % 5);
        order(users[sender], users[(sender + step) % 6], "rose", 1, &number.to_string())
    });
    orders.collect()
}

/// Sends the crossing gifts over four connections between users who have so many coins each.
async fn check_crossing(balance: i64, paid_each: i64) {
    let fixture = Fixture::with_pool(4).await;
    let mut users = Vec::new();
    for _ in 0..6 {
        users.push(fixture.user_with(balance).await);
    }

    let sent = timeout(DEADLINE, fixture.send_at_once(crossing(&users))).await;

    let (results, _) = sent.expect("crossing gifts are settled");
    let paid = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(i64::try_from(paid).unwrap(), 6 * paid_each);
    for user in users {
        assert_eq!(fixture.balance(user).await, balance - 10 * paid_each);
    }
    assert_eq!(fixture.count("gifts").await, 6 * paid_each);
    assert_eq!(fixture.number("SELECT SUM(income)::bigint FROM host_income").await, 5 * 6 * paid_each);
    fixture.assert_in_order().await;
    assert_eq!(deadlocks(fixture).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crossing_gifts_are_all_settled_over_few_connections_without_a_deadlock() {
    check_crossing(100, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crossing_gifts_that_not_all_can_pay_add_up() {
    check_crossing(34, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_counted_where_there_is_one() {
    let fixture = Fixture::new().await;
    let (one, two) = (fixture.user().await, fixture.user().await);
    let lock = |user: UserId| format!("SELECT FROM users WHERE id = {user} FOR UPDATE");
    let (first, second) = (fixture.client().await, fixture.client().await);
    first.batch_execute(&format!("BEGIN; {}", lock(one))).await.unwrap();
    second.batch_execute(&format!("BEGIN; {}", lock(two))).await.unwrap();
    let (crossed_first, crossed_second) = (lock(two), lock(one));
    let (crossed, crossed_too) = tokio::join!(first.batch_execute(&crossed_first), async {
        let result = second.batch_execute(&crossed_second).await;
        second.batch_execute("ROLLBACK").await.unwrap();
        result
    });
    assert_ne!(crossed.is_ok(), crossed_too.is_ok());
    drop((first, second));
    assert_eq!(deadlocks(fixture).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_gifts_and_changed_profiles_at_once_lose_nothing() {
    let fixture = Fixture::new().await;
    let (user, receiver) = (fixture.user_with(200).await, fixture.user().await);
    let gifts = (0..20).map(|number| {
        let (gifts, order) = (fixture.gifts(), order(user, receiver, "rose", 1, &format!("gift-{number}")));
        let task = async move {
            let decide = deciding(&order, &Calls::default());
            gifts.settle(order, at(0), decide).await.unwrap();
        };
        Box::pin(task) as _
    });
    let grants = (0..20).map(|number| {
        let (coins, wish) = (fixture.coins(), wish(Actor::CommandLine, user, 3, &format!("grant-{number}")));
        let task = async move {
            let decide = granting(&wish, &Calls::default());
            coins.change(wish, at(0), decide).await.unwrap();
        };
        Box::pin(task) as _
    });
    let changes = (0..20).map(|number| {
        let users = fixture.users();
        let signature = Some(Signature::parse(&format!("number {number}")).unwrap());
        let change = ProfileChange { signature, ..ProfileChange::default() };
        let task = async move {
            users.update_profile(user, &change, at(number)).await.unwrap().unwrap();
        };
        Box::pin(task) as _
    });
    let tasks: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>> = gifts.chain(grants).chain(changes).collect();

    at_once(tasks).await;

    assert_eq!(fixture.balance(user).await, 20 * 3);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_books_are_in_order_at_every_instant() {
    let fixture = Fixture::new().await;
    let (one, two) = (fixture.user_with(10_000).await, fixture.user_with(10_000).await);
    let traffic = tokio::spawn({
        let (gifts, coins) = (fixture.gifts(), fixture.coins());
        async move {
            for number in 0..40 {
                let (there, back) = (
                    order(one, two, "cute", 1, &format!("a{number}")),
                    order(two, one, "rose", 3, &format!("b{number}")),
                );
                let wish = wish(Actor::User(one), two, 11, &format!("c{number}"));
                let calls = Calls::default();
                let (there, back) = (
                    gifts.settle(there.clone(), at(0), deciding(&there, &calls)),
                    gifts.settle(back.clone(), at(0), deciding(&back, &calls)),
                );
                let (there, back, granted) =
                    tokio::join!(there, back, coins.change(wish.clone(), at(0), granting(&wish, &calls)));
                there.unwrap();
                back.unwrap();
                granted.unwrap();
            }
        }
    });
    let audit = PgMoneyAudit::new(fixture.database.clone(), calendar());
    let mut audits = 0;
    while !traffic.is_finished() || audits == 0 {
        assert_eq!(audit.discrepancies().await.unwrap(), []);
        audits += 1;
    }
    traffic.await.unwrap();
    fixture.assert_in_order().await;
}
