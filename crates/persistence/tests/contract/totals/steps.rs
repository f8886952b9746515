//! Rankings of hosts are read by steps of their coins: every page is what sorting all of them would give.

use std::cmp::Reverse;

use domain::{ranking::Board, time::Period};

use super::ranking;
use crate::support::Fixture;

/// Around the ends of steps, where a digit comes in or one of the first three changes, and some of them twice.
const COINS: [i64; 20] = [
    1,
    9,
    10,
    99,
    100,
    999,
    1_000,
    1_009,
    1_010,
    1_019,
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
