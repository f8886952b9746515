//! A database of one's own with users and coins in it, questions to it in plain SQL, and waiting with a deadline.

mod agencies;
mod at_once;
mod exchanging;
mod obstacles;
mod proof;
mod salaries;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use domain::{
    gift::{
        GiftDecision, GiftKey, GiftLedger as _, GiftOrder, GiftReceipt, GiftRefusal, Quantity, SendGiftError, settle,
    },
    id::UserId,
    idempotency::{Actor, RequestKey},
    time::BusinessCalendar,
    user::{DisplayName, NewUser, PasswordHash, PhoneNumber, Role, UserRepository as _},
    wallet::{
        CoinChange, CoinDecision, CoinError, CoinLedger as _, CoinOrder, CoinReceipt, CorrectionAmount, GrantAmount,
        Reason, change_balance,
    },
};
use persistence::{Database, PgCoinLedger, PgGiftLedger, PgUserRepository, PoolSettings};
use testkit::TestDatabase;
use tokio_postgres::{Client, NoTls};

pub(crate) use self::{
    agencies::card,
    at_once::at_once,
    exchanging::{exchange_of, exchange_refused, exchanging},
    obstacles::Place,
    proof::{Proof, roll_up},
    salaries::{deciding_salary, decision_of, salary_refused, week},
};

/// How long anything may take that is waited for. Generous: it ends a test that fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The tables that hold what users have and did.
pub(crate) const BOOKS: [&str; 7] =
    ["users", "gifts", "exchanges", "salary_requests", "diamond_movements", "coin_movements", "idempotency_keys"];

/// An instant of the tests' own time, in whole microseconds as the port of time gives it.
pub(crate) fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_400_000 + second, 123_456_000).unwrap()
}

/// The business calendar of the tests.
pub(crate) fn calendar() -> BusinessCalendar {
    BusinessCalendar::in_zone("Asia/Jakarta").unwrap()
}

/// A migrated database, a pool on it, and a connection beside the pool.
pub(crate) struct Fixture {
    pub(crate) database: Database,
    /// For questions and preparations: not one of the pool.
    pub(crate) sql: Client,
    users: AtomicI64,
    keys: AtomicI64,
    proof: Proof,
    // The last one, so that it is dropped when nothing uses it any more.
    pub(crate) test: TestDatabase,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with_pool(8).await
    }

    pub(crate) async fn with_pool(connections_max: u32) -> Self {
        let test = TestDatabase::create().await;
        let database = Database::connect(test.url(), PoolSettings { connections_max }).await.unwrap();
        let sql = connect(test.url()).await;
        Self {
            database,
            sql,
            users: AtomicI64::new(10_000_000),
            keys: AtomicI64::new(0),
            proof: Proof::default(),
            test,
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.test.url()
    }

    /// Another connection beside the pool, for transactions that get in the way.
    pub(crate) async fn client(&self) -> Client {
        connect(self.url()).await
    }

    pub(crate) fn users(&self) -> PgUserRepository {
        PgUserRepository::new(self.database.clone())
    }

    pub(crate) fn gifts(&self) -> PgGiftLedger {
        self.proof.owe();
        PgGiftLedger::new(self.database.clone(), calendar())
    }

    pub(crate) fn coins(&self) -> PgCoinLedger {
        self.proof.owe();
        PgCoinLedger::new(self.database.clone())
    }

    /// A new user without coins.
    pub(crate) async fn user(&self) -> UserId {
        let user = new_user(self.users.fetch_add(1, Ordering::Relaxed) + 1);
        self.users().insert(&user).await.unwrap();
        user.id
    }

    /// A new user to whom coins were granted.
    pub(crate) async fn user_with(&self, coins: i64) -> UserId {
        let user = self.user().await;
        self.top_up(user, coins).await;
        user
    }

    /// Grants coins through the real ledger.
    pub(crate) async fn top_up(&self, user: UserId, coins: i64) {
        let key = format!("top-up-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        self.grant(wish(Actor::CommandLine, user, coins, &key)).await.unwrap();
    }

    /// Grants or corrects coins.
    pub(crate) async fn grant(&self, wish: CoinOrder) -> Result<CoinReceipt, CoinError> {
        self.grant_at(wish, 0).await
    }

    /// Grants coins at a later second of the tests' time.
    pub(crate) async fn grant_at(&self, wish: CoinOrder, second: i64) -> Result<CoinReceipt, CoinError> {
        let decide = granting(&wish, &Calls::default());
        self.coins().change(wish, at(second), decide).await
    }

    /// Sends a gift by the real rule.
    pub(crate) async fn send(&self, order: &GiftOrder) -> Result<GiftReceipt, SendGiftError> {
        self.send_at(order, 0).await
    }

    /// Sends a gift at a later second of the tests' time.
    pub(crate) async fn send_at(&self, order: &GiftOrder, second: i64) -> Result<GiftReceipt, SendGiftError> {
        self.gifts().settle(order.clone(), at(second), deciding(order, &Calls::default())).await
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.sql.batch_execute(sql).await.unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    }

    /// The one number that a query answers.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let row = self.sql.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
        row.get(0)
    }

    /// The texts that a query answers.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.sql.query(sql, &[]).await.unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}")).await
    }

    pub(crate) async fn balance(&self, user: UserId) -> i64 {
        self.number(&format!("SELECT balance FROM users WHERE id = {user}")).await
    }

    pub(crate) async fn diamonds(&self, user: UserId) -> i64 {
        self.number(&format!("SELECT COALESCE(SUM(income), 0)::bigint FROM host_income WHERE host_id = {user}")).await
    }

    /// Every row of the books, as text.
    pub(crate) async fn books(&self) -> BTreeMap<&'static str, Vec<String>> {
        let mut books = BTreeMap::new();
        for table in BOOKS {
            books.insert(table, self.texts(&format!("SELECT t::text FROM {table} t ORDER BY 1")).await);
        }
        books
    }

    /// The backends of this database that wait for a lock.
    pub(crate) async fn waiting(&self) -> Vec<i32> {
        let waiting =
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.sql.query(waiting, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// Waits until so many backends wait for a lock; answers which.
    pub(crate) async fn until_waiting(&self, backends: usize) -> Vec<i32> {
        until("backends wait for a lock", async || self.waiting().await.len() == backends).await;
        self.waiting().await
    }
}

pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    // Ends when the client is dropped, and with an error when a test kills its backend.
    tokio::spawn(async move { connection.await.ok() });
    client
}

pub(crate) fn new_user(id: i64) -> NewUser {
    let id = UserId::new(id);
    NewUser {
        id,
        phone: PhoneNumber::from_stored(format!("08{id}")),
        password: PasswordHash::new(format!("$argon2id${id}")),
        name: DisplayName::default_for(id),
        role: Role::User,
        created_at: at(0),
    }
}

pub(crate) fn key(text: &str) -> RequestKey {
    RequestKey::parse(text).unwrap()
}

pub(crate) fn order(sender: UserId, receiver: UserId, gift: &str, quantity: i64, text: &str) -> GiftOrder {
    let gift = GiftKey::parse(gift).unwrap();
    GiftOrder::new(sender, receiver, gift, Quantity::parse(quantity).unwrap(), None, key(text)).unwrap()
}

pub(crate) fn wish(actor: Actor, user: UserId, coins: i64, text: &str) -> CoinOrder {
    CoinOrder {
        actor,
        user,
        change: CoinChange::Grant(GrantAmount::parse(coins).unwrap()),
        reason: Reason::parse("a test").unwrap(),
        key: key(text),
    }
}

pub(crate) fn correction(actor: Actor, user: UserId, coins: i64, text: &str) -> CoinOrder {
    CoinOrder { change: CoinChange::Correction(CorrectionAmount::parse(coins).unwrap()), ..wish(actor, user, 1, text) }
}

/// How often a decision was asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls(Arc<AtomicU32>);

impl Calls {
    pub(crate) fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The real rule, with its calls counted.
pub(crate) fn deciding(order: &GiftOrder, calls: &Calls) -> GiftDecision {
    let (order, calls) = (order.clone(), calls.clone());
    Box::new(move |facts| {
        calls.add();
        settle(&order, facts)
    })
}

/// The real rule, with its calls counted.
pub(crate) fn granting(wish: &CoinOrder, calls: &Calls) -> CoinDecision {
    let (change, calls) = (wish.change, calls.clone());
    Box::new(move |facts| {
        calls.add();
        change_balance(change, facts)
    })
}

/// The refusal that an order met.
pub(crate) fn refused(result: Result<GiftReceipt, SendGiftError>) -> GiftRefusal {
    match result {
        Err(SendGiftError::Refused(refusal)) => refusal,
        other => panic!("no refusal but {other:?}"),
    }
}

/// Waits until something holds, or fails at the deadline.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let mut pulse = tokio::time::interval(Duration::from_millis(5));
    let held = async {
        while !condition().await {
            pulse.tick().await;
        }
    };
    assert!(tokio::time::timeout(DEADLINE, held).await.is_ok(), "waited in vain until {what}");
}
