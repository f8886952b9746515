//! What the database refuses of exchanges: a wrong rate, a leg too many, a leg too few.

use super::refusals::{fixture, refusal};
use crate::support::{Fixture, exchange_of};

const AT: &str = "'2026-11-23T10:00:00Z'";

/// An exchange, right in everything but in what is given.
fn exchange(host: i64, diamonds: i64, rate: i64, coins: i64) -> String {
    format!(
        "INSERT INTO exchanges (host_id, diamonds, rate_bp, coins, created_at)
         VALUES ({host}, {diamonds}, {rate}, {coins}, {AT});"
    )
}

/// What exchange 1 takes.
fn taken(host: i64, income: i64, kind: &str, exchange: &str) -> String {
    format!(
        "INSERT INTO host_income (host_id, income, type, created_at, exchange_id)
         VALUES ({host}, {income}, '{kind}', {AT}, {exchange});"
    )
}

/// What exchange 1 gives.
fn given(host: i64, coins: i64, kind: &str, exchange: &str) -> String {
    format!(
        "INSERT INTO coin_movements (user_id, kind, amount, reference, reason, created_at, exchange_id)
         VALUES ({host}, '{kind}', {coins}, 'k', 'a test', {AT}, {exchange});"
    )
}

const HOST: i64 = 10_000_002;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_gives_thirty_per_cent_of_what_it_takes_floored() {
    const MOST: i64 = 9_007_199_254_740_991;

    let fixture = fixture().await;
    for (diamonds, rate, coins, expected) in [
        (10, 3_000, 2, "exchanges_rate_exact"),
        (10, 3_000, 4, "exchanges_rate_exact"),
        (9, 3_000, 3, "exchanges_rate_exact"),
        (19_999, 3_000, 6_000, "exchanges_rate_exact"),
        (MOST, 3_000, 2_702_159_776_422_298, "exchanges_rate_exact"),
        (10, 5_000, 5, "exchanges_rate_bp_known"),
        (10, 10_000, 10, "exchanges_rate_bp_known"),
        (3, 3_000, 0, "exchanges_coins_within_range"),
        (0, 3_000, 0, "exchanges_coins_within_range"),
        (-10, 3_000, -3, "exchanges_coins_within_range"),
        (0, 3_000, 1, "exchanges_diamonds_within_range"),
        (MOST + 1, 3_000, 2_702_159_776_422_297, "exchanges_diamonds_within_range"),
        (i64::MAX, 3_000, 2_767_011_611_056_432, "exchanges_diamonds_within_range"),
        // Right in itself, and refused for what it lacks.
        (4, 3_000, 1, "exchanges_both_legs"),
        (19_999, 3_000, 5_999, "exchanges_both_legs"),
        (MOST, 3_000, 2_702_159_776_422_297, "exchanges_both_legs"),
    ] {
        let statement = exchange(HOST, diamonds, rate, coins);
        assert_eq!(refusal(&fixture, &statement).await, expected, "{diamonds} at {rate}: {coins}");
    }
    assert_eq!(refusal(&fixture, &exchange(1, 10, 3_000, 3)).await, "exchanges_host_id_fkey");
    let income = "INSERT INTO exchanges (host_id, diamonds, income, rate_bp, coins, created_at)
        VALUES (10000002, 10, 10, 3000, 3, '2026-11-23T10:00:00Z')";
    assert_eq!(refusal(&fixture, income).await, "generated");
    assert_eq!(fixture.count("exchanges").await, 0);
    fixture.assert_in_order().await;
}

/// All statements in one transaction.
async fn refusal_of_all(fixture: &Fixture, statements: &[String]) -> String {
    let refused = refusal(fixture, &format!("BEGIN; {} COMMIT", statements.concat())).await;
    fixture.execute("ROLLBACK").await;
    // Identities are not taken back.
    fixture.execute("ALTER TABLE exchanges ALTER COLUMN id RESTART WITH 1").await;
    refused
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_has_both_legs_and_each_leg_is_its_own() {
    let fixture = fixture().await;
    let before = fixture.books().await;
    let whole = exchange(HOST, 10, 3_000, 3);
    let (take, give) = (taken(HOST, -10, "exchange", "1"), given(HOST, 3, "exchange", "1"));
    let with = |taken: &String, given: &String| vec![whole.clone(), taken.clone(), given.clone()];
    for (statements, expected) in [
        (vec![whole.clone(), take.clone()], "exchanges_both_legs"),
        (vec![whole.clone(), give.clone()], "exchanges_both_legs"),
        (vec![take.clone()], "host_income_exchange_id_fkey"),
        (vec![give.clone()], "coin_movements_exchange_id_fkey"),
        (vec![taken(HOST, -10, "exchange", "NULL")], "host_income_type_matches_exchange_id"),
        (vec![given(HOST, 3, "exchange", "NULL")], "coin_movements_kind_matches_exchange_id"),
        (with(&taken(HOST, 10, "salary", "1"), &give), "host_income_type_matches_exchange_id"),
        (with(&take, &given(HOST, 3, "grant", "1")), "coin_movements_kind_matches_exchange_id"),
        (with(&taken(HOST, -9, "exchange", "1"), &give), "host_income_exchange_id_fkey"),
        (with(&taken(HOST, -11, "exchange", "1"), &give), "host_income_exchange_id_fkey"),
        (with(&taken(HOST, -10, "exchange", "2"), &give), "host_income_exchange_id_fkey"),
        (with(&taken(10_000_003, -10, "exchange", "1"), &give), "host_income_exchange_id_fkey"),
        (with(&take, &given(HOST, 2, "exchange", "1")), "coin_movements_exchange_id_fkey"),
        (with(&take, &given(HOST, 4, "exchange", "1")), "coin_movements_exchange_id_fkey"),
        (with(&take, &given(10_000_003, 3, "exchange", "1")), "coin_movements_exchange_id_fkey"),
        (with(&take, &format!("{give}{take}")), "host_income_exchange_id_key"),
        (with(&take, &format!("{give}{give}")), "coin_movements_exchange_id_key"),
    ] {
        assert_eq!(refusal_of_all(&fixture, &statements).await, expected, "{statements:?}");
    }
    assert_eq!(fixture.books().await, before);
    fixture.assert_in_order().await;
    // What is right is allowed, or the table above shows nothing.
    assert_eq!(refusal_of_all(&fixture, &with(&take, &give)).await, "allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_was_made_keeps_its_legs_and_gets_no_other() {
    let fixture = fixture().await;
    let host = domain::id::UserId::new(HOST);
    fixture.exchange(exchange_of(host, 10, "x")).await.unwrap();
    let before = fixture.books().await;
    for (statement, expected) in [
        (taken(HOST, -10, "exchange", "1"), "host_income_exchange_id_key"),
        (given(HOST, 3, "exchange", "1"), "coin_movements_exchange_id_key"),
        ("DELETE FROM exchanges".to_owned(), "exchanges_append_only"),
        ("UPDATE exchanges SET coins = 4".to_owned(), "exchanges_append_only"),
        ("TRUNCATE exchanges, host_income, coin_movements".to_owned(), "exchanges_append_only"),
        ("DELETE FROM host_income WHERE exchange_id = 1".to_owned(), "host_income_append_only"),
        ("DELETE FROM coin_movements WHERE exchange_id = 1".to_owned(), "coin_movements_append_only"),
    ] {
        assert_eq!(refusal(&fixture, &statement).await, expected, "{statement}");
    }
    assert_eq!(fixture.books().await, before);
    fixture.assert_in_order().await;
}
