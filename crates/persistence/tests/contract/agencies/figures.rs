//! `AgencyFigures`: what hosts did while they were members, and nothing before or after.

use chrono::TimeDelta;
use domain::{
    agency::{HostFigures, Overview},
    idempotency::Actor,
    live::LiveSessions as _,
    money::Diamonds,
    page::Limit,
    ranking::GiftTotals as _,
    salary::{ActivationOrder, PolicyDraft, PolicyHistory, SalaryPolicies as _, SalaryPolicy},
    time::Period,
    wallet::{Discrepancy, MoneyAudit as _},
};
use persistence::{PgGiftTotals, PgMoneyAudit};

use super::page;
use crate::support::{Fixture, at, calendar, order, week};

/// A session from one second to another, which is not over before its end.
async fn live(fixture: &Fixture, host: domain::id::UserId, from: i64, to: i64) {
    let session = fixture.sessions().start(host, None, at(from)).await.unwrap().session;
    for beat in (from..=to).step_by(100) {
        fixture.sessions().beat(session.id, host, at(beat)).await.unwrap();
    }
    fixture.sessions().end(session.id, host, at(to)).await.unwrap().unwrap();
}

/// Midnight in Jakarta is so many seconds after the beginning of the tests' time.
const MIDNIGHT: i64 = 53_200;
/// The seconds of a day.
const DAY: i64 = 86_400;
/// The Monday of the next week.
const MONDAY: i64 = MIDNIGHT + 6 * DAY;

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
async fn a_session_is_split_over_its_days_to_the_microsecond() {
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
    // With 33 minutes it is a valid one on both of its days, neither of which is a valid day.
    let kept = "SELECT valid_micros::text FROM membership_totals WHERE period = 'daily' ORDER BY starts_at";
    assert_eq!(fixture.texts(kept).await, ["699876544", "1300123456"]);
    let members = figures.members(owner, agency, Period::Weekly, page(9)).await.unwrap().items;
    assert_eq!((members.len(), members[0].active_days, members[0].from), (1, 0, at(0)));
    let yesterday = calendar().span(Period::Daily, at(0)).starts_at();
    assert!(yesterday < at(0) && at(MIDNIGHT) - yesterday < TimeDelta::hours(25));
    fixture.assert_in_order().await;
}

/// The policy of a week from now on: how many minutes a valid session and a valid day have.
async fn activate(fixture: &Fixture, from: &str, session_minutes: i64, day_minutes: i64) {
    let draft = PolicyDraft {
        valid_session_minutes: session_minutes,
        valid_day_minutes: day_minutes,
        ..PolicyDraft::built_in()
    };
    let policy = SalaryPolicy::parse(&draft).unwrap();
    let (order, now) = (ActivationOrder { by: Actor::CommandLine, policy, from: week(from) }, at(0));
    let wish = order.clone();
    let decide = move |history: &PolicyHistory| domain::salary::activate(&wish, history, calendar(), now);
    fixture.policies().activate(order, Box::new(decide)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_is_active_by_the_policy_of_its_week_and_within_the_membership() {
    let fixture = Fixture::new().await;
    let (owner, agency) = fixture.agency().await;
    let (host, second, third) = (fixture.user().await, fixture.user().await, fixture.user().await);
    activate(&fixture, "2026-W49", 1, 1).await;
    activate(&fixture, "2026-W50", 3, 5).await;
    // Of two policies from one week on, the later one.
    activate(&fixture, "2026-W49", 2, 4).await;
    fixture.join(owner, agency, host, 0).await;
    // By the built-in policy, this is nothing.
    live(&fixture, host, 1_000, 1_300).await;
    let sessions = [
        // Two valid sessions, a valid day. Then one that is a second too short, and then a valid one that is not enough.
        (MONDAY + 1_000, 120),
        (MONDAY + 2_000, 120),
        (MONDAY + DAY, 119),
        (MONDAY + DAY + 2_000, 239),
        // On Sunday, and over midnight: by the next week's policy, what lies on Monday is too short, and Monday with it.
        (MONDAY + 6 * DAY + 1_000, 120),
        (MONDAY + 7 * DAY - 130, 260),
        (MONDAY + 7 * DAY + 2_000, 200),
        (MONDAY + 8 * DAY, 179),
        (MONDAY + 8 * DAY + 2_000, 179),
        (MONDAY + 9 * DAY, 300),
        (MONDAY + 10 * DAY, 299),
    ];
    for (from, seconds) in sessions {
        live(&fixture, host, from, from + seconds).await;
    }
    // What was before he joined makes the session a valid one, and is not the agency's.
    for (late, seconds) in [(second, 240), (third, 239)] {
        let joins = MONDAY + 3 * DAY;
        let session = fixture.sessions().start(late, None, at(joins - 100)).await.unwrap().session;
        fixture.sessions().beat(session.id, late, at(joins)).await.unwrap();
        fixture.join(owner, agency, late, joins).await;
        for beat in [100, 200, seconds] {
            fixture.sessions().beat(session.id, late, at(joins + beat)).await.unwrap();
        }
        fixture.sessions().end(session.id, late, at(joins + seconds)).await.unwrap().unwrap();
    }
    let check = async || {
        for (second_of, period, expected) in [
            (MIDNIGHT, Period::Weekly, [0, 0, 0]),
            (MONDAY + DAY, Period::Weekly, [0, 1, 2]),
            (MONDAY + DAY, Period::Daily, [0, 0, 0]),
            (MONDAY + 8 * DAY, Period::Weekly, [0, 0, 1]),
            // November has one Monday of these.
            (MONDAY, Period::Monthly, [0, 0, 1]),
            (MONDAY + 10 * DAY, Period::Monthly, [0, 1, 2]),
            (MONDAY + 10 * DAY, Period::All, [0, 1, 3]),
        ] {
            let figures = fixture.figure_service(second_of);
            let members = figures.members(owner, agency, period, page(9)).await.unwrap().items;
            let days: Vec<_> = members.iter().map(|member| member.active_days).collect();
            assert_eq!(days, expected, "{second_of} {period:?}");
        }
    };
    check().await;
    fixture.assert_in_order().await;
    assert_eq!(PgGiftTotals::new(fixture.database.clone(), calendar()).rebuild().await.unwrap(), []);
    check().await;
    fixture.execute("UPDATE membership_totals SET valid_micros = valid_micros + 1 WHERE period = 'daily'").await;
    let found = PgMoneyAudit::new(fixture.database.clone(), calendar()).discrepancies().await.unwrap();
    assert!(!found.is_empty() && found.iter().all(|one| one.subject.contains(" daily ")), "{found:?}");
    PgGiftTotals::new(fixture.database.clone(), calendar()).rebuild().await.unwrap();
    check().await;
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
        let found = figures.members(owner, agency, Period::Monthly, next).await.unwrap();
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
    fixture.roll_up().await;
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
