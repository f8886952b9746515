//! Whole weeks under policies of the trade, worked out by hand.

use super::*;
use crate::salary::{ReductionDraft, RowDraft, SalaryPolicy};

/// A session a day from 08:00 on, of so many minutes; none where it is zero.
fn sessions(minutes: [i64; 7]) -> Vec<SessionPart> {
    let of_day = |(day, minutes): (i64, i64)| session(day + 1, on(day, 8, 0), minutes);
    (0..).zip(minutes).filter(|(_, minutes)| *minutes > 0).map(of_day).collect()
}

/// Minutes of the seven days and the diamonds of Monday; then the minutes that count, valid days, and what is paid.
fn check(policy: SalaryPolicy, week: ([i64; 7], i64), expected: (u32, u32, Option<i64>)) {
    let raw = raw(sessions(week.0), vec![gift(5, 23, week.1)]);
    let statement = Statement::of(&version(policy), &inputs(raw));
    let salary = statement.claim().map(|claim| claim.salary.value());
    assert_eq!((statement.figures.minutes, statement.figures.valid_days, salary), expected, "{week:?}");
}

#[test]
fn a_daily_cap_makes_one_long_day_worth_no_more_than_four_hours() {
    let table = || policy(vec![row(10, 0, 0, 5_000)]);
    check(table(), ([600, 0, 0, 0, 0, 0, 0], 0), (240, 1, None));
    check(table(), ([240, 240, 119, 0, 0, 0, 0], 0), (599, 2, None));
    check(table(), ([600, 600, 120, 0, 0, 0, 0], 0), (600, 3, Some(5_000)));
    let without = crate::salary::PolicyDraft { daily_cap_minutes: 1_500, ..draft(vec![row(10, 0, 0, 5_000)]) };
    check(SalaryPolicy::parse(&without).unwrap(), ([600, 0, 0, 0, 0, 0, 0], 0), (600, 1, Some(5_000)));
}

#[test]
fn the_built_in_policy_pays_a_week_of_two_hours_a_day() {
    let built_in = SalaryPolicy::built_in;
    // 7 × 2 h = 14 h on 7 days: what the last two rows ask for.
    check(built_in(), ([120; 7], 299_999), (840, 7, Some(20_000)));
    check(built_in(), ([120; 7], 300_000), (840, 7, Some(60_000)));
    check(built_in(), ([119; 7], 1_000_000), (833, 0, None));
    // 29 minutes are no session, and so neither time nor a day.
    check(built_in(), ([29; 7], 1_000_000), (0, 0, None));
}

#[test]
fn seventy_per_cent_of_a_week_whose_hours_were_missed() {
    let missed = vec!["minutes".to_owned(), "valid_days".to_owned()];
    let reduction = Some(ReductionDraft { missed, basis_points: 7_000 });
    let table = || policy(vec![RowDraft { reduction: reduction.clone(), ..row(10, 4, 30_000, 6_000) }]);
    check(table(), ([150, 150, 150, 150, 0, 0, 0], 30_000), (600, 4, Some(6_000)));
    check(table(), ([240, 240, 119, 0, 0, 0, 0], 30_000), (599, 2, Some(4_200)));
    check(table(), ([0; 7], 30_000), (0, 0, Some(4_200)));
    check(table(), ([240; 7], 29_999), (1_680, 7, None));
}

#[test]
fn a_first_month_ends_with_the_fourth_week() {
    let newcomer = RowDraft { last_week: Some(4), ..row(4, 2, 0, 3_000) };
    for (joined_days_ago, expected) in [(0, Some(3_000)), (21, Some(3_000)), (22, None)] {
        let memberships = vec![membership(5, AGENCY, on(-joined_days_ago, 0, 0), None)];
        let raw = RawWeek { memberships, ..raw(sessions([120, 120, 0, 0, 0, 0, 0]), vec![]) };
        let statement = Statement::of(&version(policy(vec![newcomer.clone()])), &inputs(raw));
        assert_eq!(statement.claim().map(|claim| claim.salary.value()), expected, "{joined_days_ago}");
    }
}
