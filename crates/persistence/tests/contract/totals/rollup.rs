//! Gifts that wait to be rolled up: whoever reads totals finds them there, once.

use std::sync::Arc;

use domain::{
    gift::GiftHistory as _,
    id::UserId,
    income::IncomeHistory as _,
    page::{Limit, PageRequest},
    ranking::{Board, Rankings as _},
    store::StoreError,
    time::{Period, Window},
    wallet::{ExchangeError, ExchangeLedger as _},
};
use persistence::{Database, PgExchangeLedger, PgGiftHistory, PgIncomeHistory, PgRankings, PoolSettings};
use tokio::sync::Barrier;

use crate::support::{Calls, Fixture, Place, at, calendar, exchange_of, exchanging, order, roll_up, until};

/// A database of another server, which sends nothing and so rolls up nothing by itself.
async fn reader(fixture: &Fixture) -> Database {
    Database::connect(fixture.url(), PoolSettings { connections_max: 4 }).await.unwrap()
}

/// A note of a gift of two roses (20 coins, 10 diamonds) and the gift, as a server leaves them that ends at once.
async fn left_behind(fixture: &Fixture) -> (UserId, UserId) {
    let (fan, host) = (fixture.user_with(20).await, fixture.user().await);
    // Nobody in the background takes it away before the test does.
    fixture.execute("BEGIN; SELECT pg_advisory_xact_lock(1919904876)").await;
    fixture.send(&order(fan, host, "rose", 2, "k")).await.unwrap();
    assert_eq!((fixture.count("pending_rollups").await, fixture.count("host_totals").await), (1, 0));
    (fan, host)
}

async fn income(database: &Database, host: UserId) -> Result<i64, StoreError> {
    let span = calendar().span(Period::Daily, at(0));
    let income = PgIncomeHistory::new(database.clone()).gift_income(host, span).await?;
    Ok(income.normal.value())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_report_has_the_gifts_that_were_sent_before() {
    let limit = Limit::parse(10).unwrap();
    for report in 0..6 {
        let fixture = Fixture::new().await;
        let (fan, host) = left_behind(&fixture).await;
        fixture.execute("COMMIT").await;
        let (database, today) = (reader(&fixture).await, calendar().span(Period::Daily, at(0)));
        match report {
            0 => assert_eq!(income(&database, host).await.unwrap(), 10),
            1 => {
                let days = PgIncomeHistory::new(database).days(host, Window::ALWAYS, limit).await.unwrap();
                assert_eq!(days.iter().map(|day| day.income.normal.value()).collect::<Vec<_>>(), [10]);
            }
            2 => {
                let page = PageRequest { after: None, limit };
                let received = PgGiftHistory::new(database).contributions(host, today, page).await.unwrap();
                assert_eq!(received.total.value(), 20);
            }
            3 => {
                let top = PgRankings::new(database).top(Board::Hosts, today, limit, None).await.unwrap();
                assert_eq!(top.iter().map(|host| (host.user_id, host.coins.value())).collect::<Vec<_>>(), [(host, 20)]);
            }
            4 => {
                let standing = PgRankings::new(database).standing(Board::FansOf(host), today, fan, 10).await.unwrap();
                assert_eq!(standing.map(|standing| standing.coins.value()), Some(20));
            }
            _ => {
                let order = exchange_of(host, 10, "x");
                let decide = exchanging(&order, &Calls::default());
                let receipt = PgExchangeLedger::new(database).exchange(order, at(0), decide).await.unwrap();
                assert_eq!(receipt.diamonds_after.value(), 0);
            }
        }
        assert_eq!(fixture.count("pending_rollups").await, 0, "{report}");
        fixture.assert_in_order().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gifts_are_rolled_up_once_by_however_many() {
    let fixture = Fixture::new().await;
    let (fan, host) = (fixture.user_with(1_000).await, fixture.user().await);
    let servers = [reader(&fixture).await, reader(&fixture).await];
    for round in 0..10 {
        fixture.send(&order(fan, host, "rose", 2, &format!("k{round}"))).await.unwrap();
        let (barrier, mut readers) = (Arc::new(Barrier::new(20)), Vec::new());
        for number in 0..20 {
            let (database, barrier) = (servers[number % 2].clone(), Arc::clone(&barrier));
            readers.push(tokio::spawn(async move {
                barrier.wait().await;
                income(&database, host).await.unwrap()
            }));
        }
        for reader in readers {
            assert_eq!(reader.await.unwrap(), 10 * (round + 1));
        }
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roll_up_that_dies_anywhere_is_made_again_as_a_whole() {
    for table in ["host_totals", "fan_totals"] {
        for place in [Place::Before(table), Place::InCommit(table)] {
            let fixture = Fixture::new().await;
            let (_, host) = left_behind(&fixture).await;
            fixture.execute("COMMIT").await;
            fixture.kill_at(place, 1_000).await;
            let database = reader(&fixture).await;

            let result = income(&database, host).await;

            assert!(matches!(result, Err(StoreError::Unavailable(_))), "{place:?}: {result:?}");
            fixture.spare(place).await;
            assert_eq!(fixture.count("host_totals").await, 0, "{place:?}");
            assert_eq!(income(&database, host).await.unwrap(), 10, "{place:?}");
            fixture.assert_in_order().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gifts_go_on_while_nothing_can_be_rolled_up() {
    let fixture = Fixture::new().await;
    let (fan, host) = left_behind(&fixture).await;
    fixture.top_up(fan, 30).await;
    let database = reader(&fixture).await;
    for number in 0..3 {
        fixture.send(&order(fan, host, "rose", 1, &format!("more-{number}"))).await.unwrap();
    }
    // Somebody rolls up for longer than a statement waits: nobody is told a number that is not true any more.
    let result = income(&database, host).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    fixture.execute("COMMIT").await;
    assert_eq!(income(&database, host).await.unwrap(), 25);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roll_up_waits_for_nobody_who_holds_a_user() {
    let fixture = Fixture::new().await;
    let (_, host) = left_behind(&fixture).await;
    fixture.execute("COMMIT").await;
    let holder = fixture.client().await;
    holder.batch_execute("BEGIN; SELECT FROM users FOR UPDATE").await.unwrap();
    roll_up(&reader(&fixture).await).await;
    assert_eq!(income(&reader(&fixture).await, host).await.unwrap(), 10);
    holder.batch_execute("COMMIT").await.unwrap();
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_fits_into_one_roll_up_is_rolled_up_in_several() {
    let fixture = Fixture::new().await;
    let (fan, host) = left_behind(&fixture).await;
    fixture.top_up(fan, 10 * 150).await;
    for number in 0..150 {
        // Of two hours, in turn.
        let second = number % 2 * 3_600;
        fixture.send_at(&order(fan, host, "rose", 1, &format!("more-{number}")), second).await.unwrap();
    }
    assert_eq!(fixture.count("pending_rollups").await, 151);
    fixture.execute("COMMIT").await;
    assert_eq!(income(&reader(&fixture).await, host).await.unwrap(), 10 + 5 * 150);
    assert_eq!(fixture.count("pending_rollups").await, 0);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roll_up_that_is_too_large_for_its_time_is_made_in_smaller_ones() {
    let fixture = Fixture::new().await;
    let (fan, host) = left_behind(&fixture).await;
    fixture.top_up(fan, 10 * 60).await;
    for number in 0..60 {
        fixture.send(&order(fan, host, "rose", 1, &format!("more-{number}"))).await.unwrap();
    }
    // More than twenty gifts at once take more time than there is.
    fixture
        .execute(
            "COMMIT; CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN IF (SELECT SUM(cardinality(gift_ids)) FROM gone) > 20 THEN PERFORM pg_sleep(10); END IF; RETURN NULL; END';
             CREATE TRIGGER dawdle AFTER DELETE ON pending_rollups REFERENCING OLD TABLE AS gone
               FOR EACH STATEMENT EXECUTE FUNCTION dawdle()",
        )
        .await;
    let database = reader(&fixture).await;
    let mut failures = 0;
    let income = loop {
        match income(&database, host).await {
            Ok(income) => break income,
            Err(StoreError::Unavailable(_)) if failures < 6 => failures += 1,
            Err(error) => panic!("{error:?}"),
        }
    };
    assert_eq!((income, fixture.count("pending_rollups").await), (10 + 5 * 60, 0));
    assert!(failures > 0);
    fixture.execute("DROP TRIGGER dawdle ON pending_rollups").await;
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_goes_away_leaves_no_roll_up_in_the_middle() {
    let fixture = Fixture::new().await;
    let (_, host) = left_behind(&fixture).await;
    fixture.execute("COMMIT").await;
    let gate = fixture.shut_gate(Place::Before("fan_totals")).await;
    let database = reader(&fixture).await;
    let leading = tokio::spawn({
        let database = database.clone();
        async move { income(&database, host).await }
    });
    fixture.until_waiting(1).await;
    leading.abort();
    assert!(leading.await.unwrap_err().is_cancelled());
    gate.open().await;
    assert_eq!(income(&database, host).await.unwrap(), 10);
    gate.remove().await;
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_is_answered_again_while_nothing_can_be_rolled_up() {
    let fixture = Fixture::new().await;
    let host = fixture.host_with(20).await;
    let receipt = fixture.exchange(exchange_of(host, 10, "k")).await.unwrap();
    let fan = fixture.user_with(10).await;
    fixture.execute("BEGIN; SELECT pg_advisory_xact_lock(1919904876)").await;
    fixture.send(&order(fan, host, "rose", 1, "meanwhile")).await.unwrap();
    let exchanges = fixture.exchanges();
    let ask = async |key: &str| {
        let order = exchange_of(host, 10, key);
        let decide = exchanging(&order, &Calls::default());
        exchanges.exchange(order, at(0), decide).await
    };
    assert_eq!(ask("k").await.unwrap(), receipt);
    let refused = ask("another").await;
    assert!(matches!(refused, Err(ExchangeError::Store(StoreError::Unavailable(_)))), "{refused:?}");
    fixture.execute("COMMIT").await;
    ask("another").await.unwrap();
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_may_only_be_read_shows_totals_as_they_are_until_it_may_be_written() {
    let set =
        |what: &str| format!("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {what}', current_database()); END $$");
    let fixture = Fixture::new().await;
    let (_, host) = left_behind(&fixture).await;
    let operator = fixture.client().await;
    operator.batch_execute(&set("SET default_transaction_read_only = on")).await.unwrap();
    let database = reader(&fixture).await;

    assert_eq!(income(&database, host).await.unwrap(), 0);

    operator
        .batch_execute(&format!(
            "SET default_transaction_read_only = off; {}",
            set("RESET default_transaction_read_only")
        ))
        .await
        .unwrap();
    fixture.execute("COMMIT").await;
    // Its sessions that are open stay read-only until they are renewed.
    until("what was sent is there", async || income(&database, host).await.is_ok_and(|income| income == 10)).await;
    fixture.assert_in_order().await;
}
