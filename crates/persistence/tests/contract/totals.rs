//! `GiftTotals` and `Rankings`: what is kept beside every gift, and who comes first.

mod rollup;
mod steps;
mod sums;

use std::collections::BTreeMap;

use domain::{
    id::UserId,
    page::Limit,
    ranking::{Board, GiftTotals as _, RankCursor, Rankings as _},
    time::Period,
    wallet::{Discrepancy, MoneyAudit as _},
};
use persistence::{PgGiftTotals, PgMoneyAudit, PgRankings};

use crate::support::{Fixture, at, calendar, order};

const TOTALS: [&str; 2] = ["host_totals", "fan_totals"];

fn totals(fixture: &Fixture) -> PgGiftTotals {
    PgGiftTotals::new(fixture.database.clone(), calendar())
}

async fn rows(fixture: &Fixture) -> BTreeMap<&'static str, Vec<String>> {
    fixture.roll_up().await;
    let mut rows = BTreeMap::new();
    for table in TOTALS {
        rows.insert(table, fixture.texts(&format!("SELECT t::text FROM {table} t ORDER BY 1")).await);
    }
    rows
}

/// Gifts of several fans to several hosts, of every category, on both sides of every border of the calendar.
async fn world(fixture: &Fixture) -> (Vec<UserId>, Vec<UserId>) {
    let (mut fans, mut hosts) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        fans.push(fixture.user_with(1_000_000).await);
        hosts.push(fixture.user().await);
    }
    // 09:13:20 on a Monday in Jakarta; the last second of the hour, the week before, and the first of the next hour, day, week,
    // month and year.
    let seconds = [0, 2_799, -33_201, 2_800, 53_200, 571_600, 658_000, 3_336_400];
    for (number, second) in seconds.into_iter().enumerate() {
        for (place, gift) in ["rose", "cute", "cupid", "burger"].into_iter().enumerate() {
            let (fan, host) = (fans[(number + place) % 3], hosts[(number * place) % 3]);
            fixture.send_at(&order(fan, host, gift, 1, &format!("{number}-{place}")), second).await.unwrap();
        }
    }
    (fans, hosts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn totals_are_what_a_rebuild_makes_of_the_gifts() {
    let fixture = Fixture::new().await;
    world(&fixture).await;
    fixture.assert_in_order().await;
    let kept = rows(&fixture).await;
    assert!(kept["host_totals"].len() > 20 && kept["fan_totals"].len() > 5, "{kept:?}");
    assert_eq!(totals(&fixture).zone().await.unwrap(), None);
    assert_eq!(totals(&fixture).rebuild().await.unwrap(), []);
    assert_eq!(rows(&fixture).await, kept);
    assert_eq!(totals(&fixture).zone().await.unwrap().as_deref(), Some("Asia/Jakarta"));
    // Whatever zone the server of the database is in.
    let role = fixture.texts("SELECT current_user::text").await;
    fixture.execute(&format!("ALTER ROLE {} SET TimeZone = 'America/St_Johns'", role[0])).await;
    let other = persistence::Database::connect(fixture.url(), persistence::PoolSettings { connections_max: 2 }).await;
    assert_eq!(PgGiftTotals::new(other.unwrap(), calendar()).rebuild().await.unwrap(), []);
    fixture.execute(&format!("ALTER ROLE {} RESET TimeZone", role[0])).await;
    assert_eq!(rows(&fixture).await, kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_difference_is_reported_and_mended() {
    let fixture = Fixture::new().await;
    let (fan, host) = (fixture.user_with(1_000).await, fixture.user().await);
    fixture.send(&order(fan, host, "rose", 2, "k")).await.unwrap();
    let kept = rows(&fixture).await;
    for (plant, proofs) in [
        ("UPDATE host_totals SET coins = coins + 7 WHERE period = 'daily'", &[("hosts", 7)][..]),
        ("UPDATE host_totals SET gifts = 2 WHERE period = 'all'", &[("hosts", 0)]),
        ("UPDATE host_totals SET lucky_income = 1 WHERE period = 'all'", &[("hosts", 0)]),
        ("UPDATE host_totals SET reached_at = 'epoch' WHERE period = 'all'", &[("hosts", 0)]),
        ("UPDATE fan_totals SET all_coins = 1", &[("fans", -19)]),
        ("UPDATE fan_totals SET hour_coins = 1", &[("fans", 0)]),
        ("UPDATE fan_totals SET day_starts_at = 'epoch'", &[("fans", 0)]),
        ("UPDATE fan_totals SET reached_at = 'epoch'", &[("fans", 0)]),
        ("DELETE FROM host_totals WHERE period = 'weekly'", &[("hosts", -20)]),
        ("DELETE FROM fan_totals", &[("fans", -20)]),
        ("UPDATE fan_totals SET fan_id = host_id", &[("fans", -20), ("fans", 20)]),
    ] {
        fixture.execute(plant).await;
        let audit = PgMoneyAudit::new(fixture.database.clone(), calendar()).discrepancies().await.unwrap();
        let rebuilt = totals(&fixture).rebuild().await.unwrap();
        assert_eq!(audit, rebuilt, "{plant}");
        let mut found: Vec<_> =
            rebuilt.iter().map(|Discrepancy { proof, difference, .. }| (proof.as_str(), *difference)).collect();
        found.sort_unstable();
        let expected: Vec<_> =
            proofs.iter().map(|(whose, by)| (format!("totals of {whose} equal their gifts"), *by)).collect();
        assert_eq!(found, expected.iter().map(|(proof, by)| (proof.as_str(), *by)).collect::<Vec<_>>(), "{plant}");
        assert_eq!(rows(&fixture).await, kept, "{plant}");
    }
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn totals_hold_when_many_give_the_same_hosts_at_once() {
    let fixture = Fixture::new().await;
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(fixture.user_with(10_000).await);
    }
    // Everybody gives everybody else, so that gifts cross.
    let orders: Vec<_> = (0..48)
        .map(|number| {
            let (sender, step) = (number % 4, 1 + number / 4 % 3);
            order(people[sender], people[(sender + step) % 4], "rose", 1, &format!("gift-{number}"))
        })
        .collect();
    let (sent, _) = fixture.send_at_once(orders).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    fixture.assert_in_order().await;
    assert_eq!(fixture.number("SELECT SUM(coins)::bigint FROM host_totals WHERE period = 'all'").await, 480);
}

/// Who is ranked how, page by page; with his coins.
async fn ranking(fixture: &Fixture, board: Board, period: Period, second: i64, limit: u32) -> Vec<(i64, i64)> {
    let rankings = PgRankings::new(fixture.database.clone());
    let (mut all, mut after, mut rank) = (Vec::new(), None, 0);
    loop {
        let span = calendar().span(period, at(second));
        let mut page = rankings.top(board, span, Limit::parse(limit).unwrap(), after).await.unwrap();
        let is_last = page.len() <= usize::try_from(limit).unwrap();
        page.truncate(usize::try_from(limit).unwrap());
        rank += u32::try_from(page.len()).unwrap();
        for entry in &page {
            let standing = rankings.standing(board, span, entry.user_id, 1_000).await.unwrap().unwrap();
            assert_eq!((standing.ahead as usize, standing.coins), (all.len(), entry.coins));
            all.push((entry.user_id.value(), entry.coins.value()));
        }
        if is_last {
            return all;
        }
        after = page.last().map(|last| RankCursor {
            rank,
            coins: last.coins,
            reached_at: last.reached_at,
            user_id: last.user_id,
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_coins_rank_by_who_got_there_first_and_then_by_id() {
    let fixture = Fixture::new().await;
    let host = fixture.user().await;
    let mut fans = Vec::new();
    for _ in 0..5 {
        fans.push(fixture.user_with(10_000).await);
    }
    // Coins, and when they came: 0 and 1 have equal coins at one instant, 2 as many but earlier, 3 more, 4 fewer.
    for (number, (fan, roses, second)) in
        [(1, 3, 50), (0, 1, 10), (0, 2, 50), (2, 3, 40), (3, 4, 60), (4, 1, 5)].into_iter().enumerate()
    {
        fixture.send_at(&order(fans[fan], host, "rose", roses, &format!("gift-{number}")), second).await.unwrap();
    }
    let expected = [3, 2, 0, 1, 4].map(|fan| fans[fan].value());
    let coins = [40, 30, 30, 30, 10];
    let expected: Vec<_> = expected.into_iter().zip(coins).collect();
    for period in Period::EVERY {
        for limit in [1, 2, 3, 5, 100] {
            assert_eq!(ranking(&fixture, Board::FansOf(host), period, 0, limit).await, expected, "{period:?} {limit}");
        }
        assert_eq!(ranking(&fixture, Board::Hosts, period, 0, 100).await, [(host.value(), 140)]);
    }
    // An hour later only all the longer spans have them; somebody who gave nothing has no place.
    assert_eq!(ranking(&fixture, Board::FansOf(host), Period::Hourly, 3_600, 100).await, []);
    assert_eq!(ranking(&fixture, Board::FansOf(host), Period::Daily, 3_600, 100).await, expected);
    let (rankings, span) = (PgRankings::new(fixture.database.clone()), calendar().span(Period::All, at(0)));
    assert_eq!(rankings.standing(Board::FansOf(host), span, host, 1_000).await.unwrap(), None);
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_ahead_are_counted_up_to_a_limit() {
    let fixture = Fixture::new().await;
    let host = fixture.user().await;
    let mut last = host;
    for roses in (1..=5).rev() {
        last = fixture.user_with(1_000).await;
        fixture.send(&order(last, host, "rose", roses, &format!("gift-{roses}"))).await.unwrap();
    }
    let rankings = PgRankings::new(fixture.database.clone());
    let span = calendar().span(Period::Daily, at(0));
    for (most, ahead) in [(10, 4), (4, 4), (3, 3), (1, 1)] {
        let standing = rankings.standing(Board::FansOf(host), span, last, most).await.unwrap();
        assert_eq!(standing.map(|standing| standing.ahead), Some(ahead));
    }
    fixture.assert_in_order().await;
}
