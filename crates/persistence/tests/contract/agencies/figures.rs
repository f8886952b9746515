//! `AgencyFigures`: what hosts did while they were members, and nothing before or after.

use chrono::TimeDelta;
use domain::{
    agency::{HostFigures, Overview},
    live::LiveSessions as _,
    money::Diamonds,
    page::Limit,
    ranking::GiftTotals as _,
    time::Period,
    wallet::{Discrepancy, MoneyAudit as _},
};
use persistence::{PgGiftTotals, PgMoneyAudit};

use super::page;
use crate::support::{Fixture, at, calendar, order};

/// A session from one second to another, which is not over before its end.
async fn live(fixture: &Fixture, host: domain::id::UserId, from: i64, to: i64) {
    let session = fixture.sessions().start(host, None, at(from)).await.unwrap().session;
    for beat in (from..=to).step_by(100) {
        fixture.sessions().beat(session.id, host, at(beat)).await.unwrap();
    }
    fixture.sessions().end(session.id, host, at(to)).await.unwrap().unwrap();
}

/// Name, sessions, seconds and income.
fn told(hosts: &[HostFigures]) -> Vec<(i64, i64, i64, i64)> {
    hosts.iter().map(|one| (one.host.value(), one.lives, one.live_seconds, one.income.value())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_lies_within_a_membership_counts() {
    let fixture = Fixture::new().await;
    let ((owner, agency), (rival, other)) = (fixture.agency().await, fixture.agency().await);
    let (host, idle, fan) = (fixture.user().await, fixture.user().await, fixture.user_with(100_000).await);
    let give = async |second: i64, roses: i64| {
        fixture.send_at(&order(fan, host, "rose", roses, &format!("{second}")), second).await.unwrap();
    };
    give(0, 1).await;
    // A session that goes on while the host joins, leaves, and joins another agency: each has its part.
    let session = fixture.sessions().start(host, None, at(0)).await.unwrap().session;
    for (second, action) in [(100, 0), (150, 2), (200, 4), (250, 8), (300, 16)] {
        fixture.sessions().beat(session.id, host, at(second)).await.unwrap();
        match second {
            100 => drop(fixture.join(owner, agency, host, second).await),
            200 => drop(fixture.leave(host, second).await),
            300 => drop(fixture.join(rival, other, host, second).await),
            _ => give(second, action).await,
        }
    }
    give(350, 32).await;
    fixture.sessions().beat(session.id, host, at(360)).await.unwrap();
    fixture.sessions().end(session.id, host, at(360)).await.unwrap();
    fixture.join(owner, agency, idle, 400).await;

    let figures = fixture.figure_service(400);
    let diamonds = |value| Diamonds::new(value).unwrap();
    let ten = diamonds(10);
    let overview = figures.overview(owner, agency).await.unwrap();
    let expected = Overview {
        members: 1,
        live_now: 0,
        total: ten,
        today: ten,
        this_week: ten,
        this_month: ten,
        last_month: Diamonds::ZERO,
    };
    assert_eq!(overview, expected);
    assert_eq!(figures.overview(rival, other).await.unwrap().total, diamonds(160));
    for period in [Period::Daily, Period::Weekly, Period::Monthly, Period::All] {
        let hosts = figures.hosts(owner, agency, period, Limit::MAX).await.unwrap();
        assert_eq!(told(&hosts), [(host.value(), 1, 100, 10), (idle.value(), 0, 0, 0)], "{period:?}");
        assert_eq!([hosts[0].is_member, hosts[1].is_member], [false, true]);
        let lives = figures.lives(owner, agency, period).await.unwrap();
        assert_eq!((lives.lives, lives.live_now, lives.live_seconds, told(&lives.top).len()), (1, 0, 100, 1));
        assert_eq!(figures.lives(rival, other, period).await.unwrap().live_seconds, 60);
    }
    assert!(figures.overview(owner, other).await.is_err() && figures.overview(host, agency).await.is_err());
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_split_over_its_days_and_days_are_active_from_some_minutes_on() {
    // Midnight in Jakarta is 53 200 seconds after the beginning of the tests' time.
    const MIDNIGHT: i64 = 53_200;

    let fixture = Fixture::new().await;
    let (owner, agency) = fixture.agency().await;
    let host = fixture.user().await;
    fixture.join(owner, agency, host, 0).await;
    live(&fixture, host, MIDNIGHT - 700, MIDNIGHT + 1_300).await;
    let figures = fixture.figure_service(MIDNIGHT + 5_000);
    let today = figures.hosts(owner, agency, Period::Daily, Limit::MAX).await.unwrap();
    let week = figures.hosts(owner, agency, Period::Weekly, Limit::MAX).await.unwrap();
    // The last instants have a part of a second, which a part of a session does not.
    assert_eq!((told(&today), told(&week)), (vec![(host.value(), 1, 1_300, 0)], vec![(host.value(), 1, 2_000, 0)]));
    for (minutes, days) in [(0, 2), (11, 2), (12, 1), (21, 1), (22, 0)] {
        let members = figures.members(owner, agency, Period::Weekly, minutes, page(9)).await.unwrap().items;
        assert_eq!((members.len(), members[0].active_days, members[0].from), (1, days, at(0)), "{minutes}");
    }
    let yesterday = calendar().span(Period::Daily, at(0)).starts_at();
    assert!(yesterday < at(0) && at(MIDNIGHT) - yesterday < TimeDelta::hours(25));
    fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_are_paged_who_joined_last_first() {
    let fixture = Fixture::new().await;
    let (owner, agency) = fixture.agency().await;
    let mut hosts = Vec::new();
    for number in 0..5 {
        let host = fixture.user().await;
        fixture.join(owner, agency, host, number / 2).await;
        hosts.push(host);
    }
    let (figures, mut seen, mut next) = (fixture.figure_service(9), Vec::new(), page(2));
    loop {
        let found = figures.members(owner, agency, Period::Monthly, 120, next).await.unwrap();
        seen.extend(found.items.into_iter().map(|member| member.host));
        let Some(after) = found.next else { break };
        next.after = Some(after);
    }
    hosts.reverse();
    assert_eq!(seen, hosts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn totals_are_what_a_rebuild_makes_and_differences_are_found_and_mended() {
    let fixture = Fixture::new().await;
    let (owner, agency) = fixture.agency().await;
    let (host, fan) = (fixture.user().await, fixture.user_with(100_000).await);
    live(&fixture, host, 0, 300).await;
    fixture.join(owner, agency, host, 301).await;
    live(&fixture, host, 52_900, 53_500).await;
    for second in [310, 53_199, 53_200, 571_600, 3_336_400] {
        fixture.send_at(&order(fan, host, "rose", 3, &second.to_string()), second).await.unwrap();
    }
    let kept = "SELECT t::text FROM membership_totals t ORDER BY 1";
    let before = fixture.texts(kept).await;
    assert!(before.len() > 8, "{before:?}");
    let totals = PgGiftTotals::new(fixture.database.clone(), calendar());
    assert_eq!(totals.rebuild().await.unwrap(), []);
    assert_eq!(fixture.texts(kept).await, before);
    for (plant, by) in [
        ("UPDATE membership_totals SET income = income + 7 WHERE period = 'all'", 7),
        ("UPDATE membership_totals SET live_seconds = 1 WHERE period = 'all'", 0),
        ("UPDATE membership_totals SET lives = 9 WHERE period = 'all'", 0),
        ("UPDATE membership_totals SET viewers = 9 WHERE period = 'all'", 0),
        ("DELETE FROM membership_totals WHERE period = 'all'", -75),
        ("UPDATE membership_totals SET starts_at = '2020-01-01' WHERE period = 'all'", -75),
    ] {
        fixture.execute(plant).await;
        let found = PgMoneyAudit::new(fixture.database.clone(), calendar()).discrepancies().await.unwrap();
        let is_ours = |one: &Discrepancy| {
            one.proof == "totals of memberships equal their gifts and sessions"
                && one.subject.starts_with("membership 1 all ")
        };
        assert!(!found.is_empty() && found.iter().all(is_ours), "{plant}: {found:?}");
        assert!(found.iter().any(|one| one.difference == by), "{plant}: {found:?}");
        assert_eq!(totals.rebuild().await.unwrap(), found, "{plant}");
        assert_eq!(fixture.texts(kept).await, before, "{plant}");
    }
    fixture.assert_in_order().await;
}
