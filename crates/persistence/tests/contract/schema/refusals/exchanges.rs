//! What the database refuses of exchanges: a wrong rate, a leg too many, a leg too few.

use super::{ALLOWED, Books, Table, check};

pub(super) fn tables() -> Vec<Table> {
    vec![rates(), legs(), right_exchange(), made()]
}

const AT: &str = "'2026-11-23T10:00:00Z'";

/// An exchange, right in everything but in what is given.
fn exchange(host: i64, diamonds: i64, rate: i64, coins: i64) -> String {
    format!(
        "INSERT INTO exchanges (host_id, diamonds, rate_bp, coins, created_at)
         VALUES ({host}, {diamonds}, {rate}, {coins}, {AT});"
    )
}

/// The same as exchange 1, whatever number the database would give it.
fn first(host: i64, diamonds: i64, rate: i64, coins: i64) -> String {
    format!(
        "INSERT INTO exchanges (id, host_id, diamonds, rate_bp, coins, created_at) OVERRIDING SYSTEM VALUE
         VALUES (1, {host}, {diamonds}, {rate}, {coins}, {AT});"
    )
}

/// What exchange 1 takes.
fn taken(host: i64, income: i64, kind: &str, exchange: &str) -> String {
    format!(
        "INSERT INTO diamond_movements (host_id, income, type, created_at, exchange_id)
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
    check(rates()).await;
}

fn rates() -> Table {
    const MOST: i64 = 9_007_199_254_740_991;

    let rows = [
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
    ];
    let rows = rows.map(|(diamonds, rate, coins, expected)| (exchange(HOST, diamonds, rate, coins), expected));
    // With both legs, so that nothing else is wrong.
    let whole = |diamonds: i64, rate: i64, coins: i64| {
        let (taken, given) = (taken(HOST, -diamonds, "exchange", "1"), given(HOST, coins, "exchange", "1"));
        format!("{}{taken}{given}", first(HOST, diamonds, rate, coins))
    };
    let income = "INSERT INTO exchanges (host_id, diamonds, income, rate_bp, coins, created_at)
        VALUES (10000002, 10, 10, 3000, 3, '2026-11-23T10:00:00Z')";
    let others = [
        (whole(10, 3_000, 4), "exchanges_rate_exact"),
        (whole(10, 5_000, 5), "exchanges_rate_bp_known"),
        (exchange(1, 10, 3_000, 3), "exchanges_host_id_fkey"),
        (income.to_owned(), "generated"),
    ];
    Table::new(Books::Sent, rows.into_iter().chain(others))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_has_both_legs_and_each_leg_is_its_own() {
    check(legs()).await;
    check(right_exchange()).await;
}

fn legs() -> Table {
    let whole = first(HOST, 10, 3_000, 3);
    let (take, give) = (taken(HOST, -10, "exchange", "1"), given(HOST, 3, "exchange", "1"));
    let with = |taken: &str, given: &str| format!("{whole}{taken}{given}");
    let rows = [
        (format!("{whole}{take}"), "exchanges_both_legs"),
        (format!("{whole}{give}"), "exchanges_both_legs"),
        (take.clone(), "diamond_movements_exchange_id_fkey"),
        (give.clone(), "coin_movements_exchange_id_fkey"),
        (taken(HOST, -10, "exchange", "NULL"), "diamond_movements_type_matches_exchange_id"),
        (given(HOST, 3, "exchange", "NULL"), "coin_movements_kind_matches_exchange_id"),
        (with(&taken(HOST, 10, "salary", "1"), &give), "diamond_movements_type_matches_exchange_id"),
        (with(&take, &given(HOST, 3, "grant", "1")), "coin_movements_kind_matches_exchange_id"),
        (with(&taken(HOST, -9, "exchange", "1"), &give), "diamond_movements_exchange_id_fkey"),
        (with(&taken(HOST, -11, "exchange", "1"), &give), "diamond_movements_exchange_id_fkey"),
        (with(&taken(HOST, -10, "exchange", "2"), &give), "diamond_movements_exchange_id_fkey"),
        (with(&taken(10_000_003, -10, "exchange", "1"), &give), "diamond_movements_exchange_id_fkey"),
        (with(&take, &given(HOST, 2, "exchange", "1")), "coin_movements_exchange_id_fkey"),
        (with(&take, &given(HOST, 4, "exchange", "1")), "coin_movements_exchange_id_fkey"),
        (with(&take, &given(10_000_003, 3, "exchange", "1")), "coin_movements_exchange_id_fkey"),
        (with(&take, &format!("{give}{take}")), "diamond_movements_exchange_id_key"),
        (with(&take, &format!("{give}{give}")), "coin_movements_exchange_id_key"),
    ];
    Table::new(Books::Sent, rows)
}

/// What is right is allowed, or the other tables show nothing.
fn right_exchange() -> Table {
    let (take, give) = (taken(HOST, -10, "exchange", "1"), given(HOST, 3, "exchange", "1"));
    Table::new(Books::Sent, [(format!("{}{take}{give}", first(HOST, 10, 3_000, 3)), ALLOWED)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_was_made_keeps_its_legs_and_gets_no_other() {
    check(made()).await;
}

fn made() -> Table {
    let rows = [
        (taken(HOST, -10, "exchange", "1"), "diamond_movements_exchange_id_key"),
        (given(HOST, 3, "exchange", "1"), "coin_movements_exchange_id_key"),
        // It has its legs, whoever else is called by its number.
        (first(HOST, 20, 3_000, 6), "exchanges_pkey"),
        (first(HOST, 10, 3_000, 3), "exchanges_pkey"),
        ("DELETE FROM exchanges".to_owned(), "exchanges_append_only"),
        ("UPDATE exchanges SET coins = 4".to_owned(), "exchanges_append_only"),
        ("TRUNCATE exchanges, diamond_movements, coin_movements".to_owned(), "exchanges_append_only"),
        ("DELETE FROM diamond_movements WHERE exchange_id = 1".to_owned(), "diamond_movements_append_only"),
        ("DELETE FROM coin_movements WHERE exchange_id = 1".to_owned(), "coin_movements_append_only"),
    ];
    Table::new(Books::Exchanged, rows)
}
