//! Rankings of hosts are read by steps of their coins, those of fans by an index that ends with the coins: every page is what
//! sorting all of them would give.

use std::cmp::Reverse;

use domain::{ranking::Board, time::Period};

use super::ranking;
use crate::support::Fixture;

/// Around the ends of steps, where a digit comes in or one of the first two changes, and some of them twice.
const COINS: [i64; 26] = [
    1,
    9,
    10,
    99,
    100,
    109,
    110,
    119,
    120,
    999,
    1_000,
    1_009,
    1_010,
    1_019,
    1_099,
    1_100,
    9_999,
    10_000,
    10_099,
    10_100,
    10_100,
    123_456,
    123_456,
    124_000,
    9_007_199_254_740_990,
    9_007_199_254_740_991,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_any_length_go_through_all_steps_in_order() {
    let fixture = Fixture::new().await;
    let mut hosts = Vec::new();
    for coins in COINS {
        let host = fixture.user().await;
        fixture
            .execute(&format!(
                "INSERT INTO host_totals (host_id, period, starts_at, coins, gifts, normal_income, luxury_income,
                                          lucky_income, s_lucky_income, reached_at)
                 VALUES ({host}, 'all', 'epoch', {coins}, 1, 0, 0, 0, 0, '2026-11-23T10:00Z')"
            ))
            .await;
        hosts.push((host.value(), coins));
    }
    hosts.sort_by_key(|(host, coins)| (Reverse(*coins), *host));
    for limit in [1, 2, 7, 100] {
        assert_eq!(ranking(&fixture, Board::Hosts, Period::All, 0, limit).await, hosts, "pages of {limit}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fans_with_the_same_coins_rank_by_the_instant_and_then_by_their_ids() {
    let fixture = Fixture::new().await;
    let host = fixture.user().await;
    let mut fans = Vec::new();
    for number in 0..30_i64 {
        let fan = fixture.user().await;
        // Three amounts, five instants: every instant of an amount is there twice.
        let (coins, second) = (10 * (1 + number % 3), number / 3 % 5);
        fixture
            .execute(&format!(
                "INSERT INTO fan_totals (host_id, fan_id, hour_starts_at, hour_coins, day_starts_at, day_coins,
                                         week_starts_at, week_coins, month_starts_at, month_coins, all_coins, reached_at)
                 VALUES ({host}, {fan}, 'epoch', 1, 'epoch', 1, 'epoch', 1, 'epoch', 1, {coins},
                         timestamptz '2026-11-23T10:00Z' - {second} * interval '1 second')"
            ))
            .await;
        fans.push((fan.value(), coins, second));
    }
    fans.sort_by_key(|(fan, coins, second)| (Reverse(*coins), Reverse(*second), *fan));
    let expected: Vec<(i64, i64)> = fans.into_iter().map(|(fan, coins, _)| (fan, coins)).collect();
    for limit in [1, 2, 7, 100] {
        let ranked = ranking(&fixture, Board::FansOf(host), Period::All, 0, limit).await;
        assert_eq!(ranked, expected, "pages of {limit}");
    }
}
