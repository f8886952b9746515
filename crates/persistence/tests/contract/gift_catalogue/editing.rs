//! Changes of the catalogue: one after the other, each with its line of the log, and in force for the next gift.

use domain::{
    gift::{
        CATALOGUE_GIFTS_MAX, CatalogueContext, CatalogueEdit, CatalogueError, CatalogueGift, CatalogueOrder,
        CataloguePosting, CatalogueRefusal, Category, GiftCatalogue as _, GiftChange, GiftKey, GiftLedger as _,
        GiftName, GiftRefusal, NewGift, SizeClass, SortOrder, UnitPrice, edit,
    },
    idempotency::Actor,
    money::BasisPoints,
    store::StoreError,
    wallet::Reason,
};
use persistence::{Database, PgGiftCatalogue, PgGiftLedger, PoolSettings};
use testkit::{Cut, Proxy};

use super::keys;
use crate::support::{Calls, Fixture, at, at_once, calendar, deciding, order, refused};

fn price(coins: i64) -> CatalogueEdit {
    CatalogueEdit::Change(GiftChange { price: UnitPrice::new(coins), ..GiftChange::default() })
}

fn name(text: &str) -> CatalogueEdit {
    CatalogueEdit::Change(GiftChange { name: GiftName::parse(text).ok(), ..GiftChange::default() })
}

fn on_sale(is_active: bool) -> CatalogueEdit {
    CatalogueEdit::Change(GiftChange { is_active: Some(is_active), ..GiftChange::default() })
}

fn new(price: i64) -> CatalogueEdit {
    CatalogueEdit::Add(NewGift {
        name: GiftName::parse("Tiara").unwrap(),
        price: UnitPrice::new(price).unwrap(),
        category: Category::SuperLucky,
        host_share: BasisPoints::new(1_000).unwrap(),
        is_active: true,
        sort_order: SortOrder::new(35).unwrap(),
        size_class: SizeClass::Large,
    })
}

fn wish(by: Actor, key: &str, edit: CatalogueEdit) -> CatalogueOrder {
    CatalogueOrder { by, key: GiftKey::parse(key).unwrap(), edit, reason: Reason::parse("a test").ok() }
}

/// Edits by the real rule, on any database.
async fn edit_on(database: &Database, order: CatalogueOrder) -> Result<CataloguePosting, CatalogueError> {
    let wish = order.clone();
    let decide = move |facts: &CatalogueContext| edit(&wish, facts);
    PgGiftCatalogue::new(database.clone()).edit(order, at(7), Box::new(decide)).await
}

impl Fixture {
    async fn edit(&self, key: &str, edit: CatalogueEdit) -> Result<CataloguePosting, CatalogueError> {
        edit_on(&self.database, wish(Actor::CommandLine, key, edit)).await
    }

    async fn all(&self) -> Vec<CatalogueGift> {
        PgGiftCatalogue::new(self.database.clone()).all().await.unwrap()
    }

    /// The lines of the log: before and after.
    async fn changes(&self) -> Vec<String> {
        self.texts("SELECT before::text || ' -> ' || after::text FROM audit_log WHERE action = 'catalogue_changed' ORDER BY id")
            .await
    }
}

fn refusal(result: Result<CataloguePosting, CatalogueError>) -> CatalogueRefusal {
    match result {
        Err(CatalogueError::Refused(refusal)) => refusal,
        other => panic!("no refusal but {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_written_with_how_the_entry_was_and_is() {
    let fixture = Fixture::new().await;
    let admin = fixture.user().await;
    let added = edit_on(&fixture.database, wish(Actor::User(admin), "tiara", new(900))).await.unwrap();
    let changed = fixture.edit("tiara", price(901)).await.unwrap();
    assert_eq!((added.before, changed.before), (None, Some(added.after.clone())));
    assert_eq!(changed.after, CatalogueGift { price: UnitPrice::new(901).unwrap(), ..added.after });
    let all = fixture.all().await;
    assert_eq!(keys(&all)[2..5], ["coffee", "tiara", "crown"]);
    assert_eq!(all[3], changed.after);

    let lines = "SELECT concat_ws(' ', action, subject_kind, subject_key, COALESCE(actor_id::text, '-'), reason,
        EXTRACT(epoch FROM created_at) * 1000000 = ";
    let lines = format!("{lines} {}) FROM audit_log ORDER BY id", at(7).timestamp_micros());
    let line = |actor: &str| format!("catalogue_changed gift tiara {actor} a test t");
    assert_eq!(fixture.texts(&lines).await, [line(&admin.to_string()), line("-")]);
    let whole = |coins: i64| {
        format!(
            "[[\"name\", \"Tiara\"], [\"coin_value\", \"{coins}\"], [\"category\", \"s-lucky\"], \
             [\"host_share_bp\", \"1000\"], [\"is_active\", \"true\"], [\"sort_order\", \"35\"], [\"size_class\", \"large\"]]"
        )
    };
    let expected = [format!("[] -> {}", whole(900)), format!("{} -> {}", whole(900), whole(901))];
    assert_eq!(fixture.changes().await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_or_done_already_writes_nothing() {
    let fixture = Fixture::new().await;
    fixture.edit("tiara", new(900)).await.unwrap();
    let (entries, lines) = (fixture.all().await, fixture.changes().await);
    for (key, edit, expected) in [
        ("tiara", new(901), CatalogueRefusal::KeyTaken),
        ("rose", new(900), CatalogueRefusal::KeyTaken),
        ("nothing", price(5), CatalogueRefusal::UnknownGift),
        ("rose", CatalogueEdit::Change(GiftChange::default()), CatalogueRefusal::NothingToChange),
    ] {
        assert_eq!(refusal(fixture.edit(key, edit).await), expected);
    }
    for (key, edit) in [("tiara", new(900)), ("rose", price(10)), ("rose", on_sale(true))] {
        assert!(!fixture.edit(key, edit).await.unwrap().is_change());
    }
    assert_eq!((fixture.all().await, fixture.changes().await), (entries, lines));
    let more = i64::try_from(CATALOGUE_GIFTS_MAX).unwrap() - fixture.count("gift_catalogue").await;
    let fill = format!(
        "INSERT INTO gift_catalogue (key, name, coin_value, category, host_share_bp, sort_order)
         SELECT 'gift-' || n, 'Gift', 1, 'normal', 5000, 400 FROM generate_series(1, {more}) n"
    );
    fixture.execute(&fill).await;
    assert_eq!(refusal(fixture.edit("one-more", new(1)).await), CatalogueRefusal::TooManyGifts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_holds_for_the_next_gift_on_every_server() {
    let fixture = Fixture::new().await;
    let (fan, host) = (fixture.user_with(1_000).await, fixture.user().await);
    // Another server has sent of the entry before, and keeps its connections.
    let other = Database::connect(fixture.url(), PoolSettings { connections_max: 2 }).await.unwrap();
    let send = async |key: &str| {
        let order = order(fan, host, "rose", 1, key);
        let decide = deciding(&order, &Calls::default());
        PgGiftLedger::new(other.clone(), calendar()).settle(order, at(0), decide).await
    };
    assert_eq!(send("a").await.unwrap().total.value(), 10);
    fixture.edit("rose", price(25)).await.unwrap();
    assert_eq!(send("b").await.unwrap().total.value(), 25);
    fixture.edit("rose", on_sale(false)).await.unwrap();
    assert_eq!(refused(send("c").await), GiftRefusal::UnknownGift);
    assert!(!keys(&PgGiftCatalogue::new(other.clone()).active().await.unwrap()).contains(&"rose"));
    assert!(keys(&fixture.all().await).contains(&"rose"));
    fixture.edit("rose", on_sale(true)).await.unwrap();
    assert_eq!(send("d").await.unwrap().total.value(), 25);
    // What was answered stays.
    assert_eq!(send("a").await.unwrap().total.value(), 10);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_once_undo_nothing_and_the_log_is_one_chain() {
    let fixture = Fixture::new().await;
    let edits = (1..=10).flat_map(|number| [price(100 + number), name(&format!("Rose {number}"))]);
    let tasks = edits.map(|edit| {
        let (database, order) = (fixture.database.clone(), wish(Actor::CommandLine, "rose", edit));
        async move { edit_on(&database, order).await.unwrap() }
    });
    let postings = at_once(tasks.collect()).await;

    // Every price and every name was there once: each change left the other member alone.
    let lines = fixture.changes().await;
    assert_eq!((postings.len(), lines.len()), (20, 20));
    let pairs: Vec<_> = lines.iter().map(|line| line.split_once(" -> ").unwrap()).collect();
    for (earlier, later) in pairs.iter().zip(&pairs[1..]) {
        assert_eq!(earlier.1, later.0);
    }
    let rose = &fixture.all().await[0];
    assert!(rose.price.value() > 100 && rose.name.starts_with("Rose "), "{rose:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_gifts_under_one_key_one_is_added() {
    let fixture = Fixture::new().await;
    let tasks = (0..20).map(|number| {
        let (database, order) = (fixture.database.clone(), wish(Actor::CommandLine, "tiara", new(900 + number % 2)));
        async move { edit_on(&database, order).await }
    });
    let results = at_once(tasks.collect()).await;
    let (same, others): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((same.len(), others.len()), (10, 10));
    assert_eq!(same.into_iter().filter(|posting| posting.as_ref().unwrap().is_change()).count(), 1);
    assert!(others.into_iter().all(|result| refusal(result) == CatalogueRefusal::KeyTaken));
    assert_eq!(fixture.changes().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gifts_do_not_wait_for_a_change_nor_a_change_for_gifts() {
    let fixture = Fixture::new().await;
    let (fan, host) = (fixture.user_with(100).await, fixture.user().await);
    let other = fixture.client().await;
    other.batch_execute("BEGIN; LOCK TABLE gift_catalogue IN SHARE ROW EXCLUSIVE MODE").await.unwrap();
    fixture.send(&order(fan, host, "rose", 1, "a")).await.unwrap();
    assert_eq!(fixture.all().await.len(), 13);
    other.batch_execute("ROLLBACK; BEGIN; SELECT FROM gift_catalogue").await.unwrap();
    fixture.edit("rose", price(11)).await.unwrap();
    other.batch_execute("ROLLBACK").await.unwrap();
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_whose_commit_was_answered_to_nobody_is_unknown_and_not_repeated() {
    let fixture = Fixture::new().await;
    for (cut, coins, lines) in [(Cut::BeforeCommit, 10, 0), (Cut::AfterCommit, 25, 1)] {
        let proxy = Proxy::cutting(fixture.url(), cut, 1).await;
        let database = Database::connect(proxy.url(), PoolSettings { connections_max: 4 }).await.unwrap();
        let result = edit_on(&database, wish(Actor::CommandLine, "rose", price(25))).await;
        assert!(matches!(result, Err(CatalogueError::Store(StoreError::OutcomeUnknown(_)))), "{cut:?}: {result:?}");
        assert_eq!((fixture.all().await[0].price.value(), fixture.changes().await.len()), (coins, lines), "{cut:?}");
    }
    // Asked again, it is done already.
    assert!(!fixture.edit("rose", price(25)).await.unwrap().is_change());
}
