use super::*;
use crate::salary::{RawWeek, testing::*};

/// A week with four hours on four days, and so many diamonds.
fn week_of(host: i64, amount: i64) -> WeekInputs {
    let member =
        crate::agency::Membership::new(crate::id::MembershipId::new(5), UserId::new(host), AGENCY, on(-40, 0, 0), None);
    let sessions = (0..4).map(|day| session(day + 1, on(day, 8, 0), 240)).collect();
    let raw = raw(sessions, vec![gift(5, 23, amount)]);
    inputs(RawWeek { host: UserId::new(host), memberships: vec![member.unwrap()], ..raw })
}

#[test]
fn who_gains_and_who_loses_is_told_by_the_size_of_the_change() {
    // Built in, 16 hours on 4 days: 2 000 from 10 000 diamonds on, 6 000 from 30 000 on.
    let other = policy(vec![row(6, 3, 5_000, 1_000), row(10, 4, 20_000, 6_000)]);
    let (held, mut run) = (PolicyHistory::default(), DryRun::default());
    for (host, amount) in [(1, 4_000), (2, 5_000), (3, 10_000), (4, 20_000), (5, 30_000), (6, 10_000)] {
        run.add(&week_of(host, amount), &held, &other);
    }
    let told: Vec<_> = run.changes.iter().map(|change| (change.host.value(), change.difference())).collect();
    assert_eq!(told, [(4, 4_000), (2, 1_000), (3, -1_000), (6, -1_000)]);
    assert_eq!((run.weeks, run.gains, run.losses), (6, 2, 2));
    assert_eq!((run.before, run.after), (2_000 * 3 + 6_000, 1_000 * 3 + 6_000 * 2));
}

#[test]
fn each_week_is_compared_with_the_version_that_held() {
    let generous = PolicyVersion { number: 1, from: week("2026-W48"), policy: policy(vec![row(1, 1, 1, 9_000)]) };
    let mut run = DryRun::default();
    run.add(&week_of(1, 10_000), &PolicyHistory::new(vec![generous]), &SalaryPolicy::built_in());
    assert_eq!(run.changes.iter().map(SalaryChange::difference).collect::<Vec<_>>(), [-7_000]);
}

#[test]
fn weeks_that_nobody_decides_on_do_not_count() {
    let left = vec![membership(5, AGENCY, on(-40, 0, 0), Some(on(6, 0, 0)))];
    let mut run = DryRun::default();
    let raw = RawWeek { memberships: left, ..raw(vec![], vec![gift(5, 23, 10_000)]) };
    run.add(&inputs(raw), &PolicyHistory::default(), &policy(vec![row(0, 0, 1, 9_000)]));
    assert_eq!(run, DryRun::default());
}

#[test]
fn only_the_largest_changes_are_told_one_by_one() {
    let (held, mut run) = (PolicyHistory::default(), DryRun::default());
    let (small, large) = (policy(vec![row(0, 0, 1, 2_001)]), policy(vec![row(0, 0, 1, 9_000)]));
    for host in 1..=1_001 {
        run.add(&week_of(host, 10_000), &held, if host == 900 { &large } else { &small });
    }
    assert_eq!((run.changes.len(), run.gains), (DRY_RUN_CHANGES_MAX, 1_001));
    assert_eq!(run.changes.first().map(|change| change.host.value()), Some(900));
    assert_eq!(run.changes.last().map(|change| change.host.value()), Some(1_000));
}
