//! The policies that are found in the trade, each with figures worked out by hand, and what is no policy.

use super::*;
use crate::salary::testing::{draft, policy, row};

/// Hours, valid days, diamonds, and week of membership; then the row that wins and what it pays.
type Example = ((u32, u32, i64, u32), Option<(usize, i64)>);

fn check(policy: &SalaryPolicy, examples: &[Example]) {
    for ((hours, valid_days, gift_diamonds, membership_week), expected) in examples {
        let week = WeekFigures {
            minutes: hours * 60,
            valid_days: *valid_days,
            gift_diamonds: Diamonds::new(*gift_diamonds).unwrap(),
            membership_week: *membership_week,
        };
        let award = policy.award(&week).map(|award| (award.row, award.salary.value()));
        assert_eq!(award, *expected, "{week:?}");
    }
}

fn reduced(row: &RowDraft, missed: &[&str], basis_points: i64) -> RowDraft {
    let missed = missed.iter().map(|word| (*word).to_owned()).collect();
    RowDraft { reduction: Some(ReductionDraft { missed, basis_points }), ..row.clone() }
}

#[test]
fn the_built_in_policy_pays_by_its_five_rows() {
    check(
        &SalaryPolicy::built_in(),
        &[
            ((6, 3, 10_000, 9), Some((1, 2_000))),
            ((6, 3, 9_999, 9), None),
            ((5, 3, 10_000, 9), None),
            ((6, 2, 1_000_000, 9), None),
            ((10, 4, 30_000, 9), Some((2, 6_000))),
            // A million, but hours for the second row only.
            ((11, 4, 1_000_000, 9), Some((2, 6_000))),
            ((12, 5, 100_000, 9), Some((3, 20_000))),
            ((14, 6, 999_999, 9), Some((4, 60_000))),
            ((28, 7, 1_000_000, 9), Some((5, 200_000))),
        ],
    );
}

#[test]
fn a_plain_table_of_hours_and_days() {
    let table = policy(vec![row(10, 5, 0, 5_000), row(15, 5, 0, 8_000), row(20, 6, 0, 12_000)]);
    check(
        &table,
        &[
            ((9, 7, 1_000_000, 9), None),
            ((10, 5, 0, 9), Some((1, 5_000))),
            ((20, 5, 0, 9), Some((2, 8_000))),
            ((20, 6, 0, 9), Some((3, 12_000))),
        ],
    );
}

/// Hours, days, diamonds, salary. The hours change with the level, and twice a higher level pays less than the one before.
const LEVELS: [(i64, i64, i64, i64); 31] = [
    (4, 2, 1_000, 100),
    (4, 2, 2_000, 200),
    (6, 3, 3_000, 350),
    (6, 3, 5_000, 600),
    (6, 3, 7_500, 900),
    (8, 3, 10_000, 1_300),
    (8, 4, 15_000, 2_000),
    (8, 4, 20_000, 2_700),
    (10, 4, 25_000, 3_400),
    (10, 4, 30_000, 4_200),
    (10, 4, 40_000, 5_600),
    (10, 5, 50_000, 7_000),
    (12, 5, 60_000, 8_400),
    (12, 5, 80_000, 11_000),
    (12, 5, 100_000, 9_000),
    (12, 5, 120_000, 14_000),
    (14, 5, 150_000, 18_000),
    (14, 5, 180_000, 21_000),
    (14, 6, 200_000, 24_000),
    (14, 6, 250_000, 30_000),
    (14, 6, 300_000, 36_000),
    (16, 6, 400_000, 48_000),
    (16, 6, 500_000, 60_000),
    (16, 6, 600_000, 45_000),
    (16, 6, 800_000, 90_000),
    (12, 5, 1_000_000, 110_000),
    (12, 5, 1_500_000, 160_000),
    (12, 5, 2_000_000, 210_000),
    (10, 4, 3_000_000, 300_000),
    (10, 4, 5_000_000, 500_000),
    (8, 3, 10_000_000, 1_000_000),
];

#[test]
fn a_table_of_31_rows_whose_salary_is_not_monotonic() {
    let table = policy(LEVELS.map(|(hours, days, diamonds, salary)| row(hours, days, diamonds, salary)).into());
    check(
        &table,
        &[
            ((4, 2, 999, 9), None),
            ((4, 2, 1_000, 9), Some((1, 100))),
            ((28, 7, 99_999, 9), Some((14, 11_000))),
            // One diamond more, one level up, and 2 000 less: the order rules.
            ((28, 7, 100_000, 9), Some((15, 9_000))),
            ((28, 7, 599_999, 9), Some((23, 60_000))),
            ((28, 7, 600_000, 9), Some((24, 45_000))),
            // Higher levels ask for fewer hours: 15 of them are no 24th level, and a 26th.
            ((15, 6, 999_999, 9), Some((21, 36_000))),
            ((15, 6, 1_000_000, 9), Some((26, 110_000))),
            ((8, 3, 10_000_000, 9), Some((31, 1_000_000))),
            ((7, 3, 10_000_000, 9), Some((5, 900))),
        ],
    );
    for (place, (hours, days, diamonds, salary)) in (1_usize..).zip(LEVELS) {
        let (hours, days) = (u32::try_from(hours).unwrap(), u32::try_from(days).unwrap());
        check(&table, &[((hours, days, diamonds, 9), Some((place, salary)))]);
    }
}

#[test]
fn a_target_that_is_met_with_hours_missed_pays_70_per_cent() {
    let missable = ["minutes", "valid_days"];
    let rows = [row(6, 3, 10_000, 2_001), row(10, 4, 30_000, 6_000)].map(|row| reduced(&row, &missable, 7_000));
    let table = policy(rows.into());
    check(
        &table,
        &[
            ((6, 3, 10_000, 9), Some((1, 2_001))),
            // 70 per cent of 2 001 are 1 400.7.
            ((5, 3, 10_000, 9), Some((1, 1_400))),
            ((0, 0, 10_000, 9), Some((1, 1_400))),
            ((28, 7, 9_999, 9), None),
            // The second target is met: its row wins in part, though the first is reached in full.
            ((6, 3, 30_000, 9), Some((2, 4_200))),
            ((10, 3, 30_000, 9), Some((2, 4_200))),
            ((10, 4, 30_000, 9), Some((2, 6_000))),
        ],
    );
    let missed = table.award(&WeekFigures {
        minutes: 600,
        valid_days: 3,
        gift_diamonds: Diamonds::new(30_000).unwrap(),
        membership_week: 9,
    });
    assert_eq!(missed.map(|award| award.missed), Some(FigureSet::NONE.with(Figure::ValidDays)));
}

#[test]
fn a_reduction_forgives_what_it_names_and_nothing_else() {
    let table = policy(vec![reduced(&row(10, 4, 30_000, 6_000), &["minutes"], 5_000)]);
    check(
        &table,
        &[
            ((9, 4, 30_000, 9), Some((1, 3_000))),
            ((9, 3, 30_000, 9), None),
            ((10, 3, 30_000, 9), None),
            ((9, 4, 29_999, 9), None),
        ],
    );
    // The other way round: hours kept, target missed.
    let effort = policy(vec![reduced(&row(10, 4, 30_000, 6_000), &["gift_diamonds"], 1_000)]);
    check(&effort, &[((10, 4, 0, 9), Some((1, 600))), ((9, 4, 29_999, 9), None)]);
}

#[test]
fn a_reduced_row_is_two_rows_the_part_before_the_whole() {
    let one = policy(vec![row(6, 3, 0, 2_000), reduced(&row(10, 4, 30_000, 6_000), &["minutes", "valid_days"], 7_000)]);
    let two = policy(vec![row(6, 3, 0, 2_000), row(0, 0, 30_000, 4_200), row(10, 4, 30_000, 6_000)]);
    for minutes in (0..=1_200).step_by(60) {
        for valid_days in 0..=7 {
            for gift_diamonds in [0, 29_999, 30_000] {
                let gift_diamonds = Diamonds::new(gift_diamonds).unwrap();
                let week = WeekFigures { minutes, valid_days, gift_diamonds, membership_week: 9 };
                let salary = |policy: &SalaryPolicy| policy.award(&week).map(|award| award.salary);
                assert_eq!(salary(&one), salary(&two), "{week:?}");
            }
        }
    }
}

#[test]
fn a_row_for_the_first_month() {
    let newcomer = RowDraft { last_week: Some(4), ..row(4, 2, 0, 3_000) };
    let before = policy(vec![newcomer.clone(), row(6, 3, 10_000, 2_000), row(10, 4, 30_000, 6_000)]);
    check(
        &before,
        &[
            ((4, 2, 0, 1), Some((1, 3_000))),
            ((4, 2, 0, 4), Some((1, 3_000))),
            ((4, 2, 0, 5), None),
            // What stands behind it is reached too, and pays what it pays.
            ((6, 3, 10_000, 2), Some((2, 2_000))),
            ((10, 4, 30_000, 2), Some((3, 6_000))),
        ],
    );
    let behind = policy(vec![row(6, 3, 10_000, 2_000), newcomer]);
    check(&behind, &[((6, 3, 10_000, 4), Some((2, 3_000))), ((6, 3, 10_000, 5), Some((1, 2_000)))]);
    let loyal = RowDraft { first_week: Some(52), ..row(6, 3, 10_000, 2_500) };
    let table = policy(vec![row(6, 3, 10_000, 2_000), loyal]);
    check(&table, &[((6, 3, 10_000, 51), Some((1, 2_000))), ((6, 3, 10_000, 52), Some((2, 2_500)))]);
}

#[test]
fn a_policy_is_the_same_after_a_way_as_plain_data() {
    let rows = vec![
        RowDraft { first_week: Some(2), last_week: Some(4), ..row(4, 2, 0, 3_000) },
        reduced(&row(10, 4, 30_000, 6_000), &["minutes", "valid_days"], 7_000),
    ];
    for draft in [PolicyDraft::built_in(), draft(rows)] {
        let policy = SalaryPolicy::parse(&draft).unwrap();
        assert_eq!(policy.to_draft(), draft);
    }
    let text = policy(vec![reduced(&row(10, 4, 30_000, 6_000), &["valid_days", "minutes"], 7_000)]).to_string();
    let expected = "session_minutes=30 day_minutes=120 daily_cap=240\n\
                    minutes=600 days=4 diamonds=30000 salary=6000 missing=minutes+valid_days part=7000";
    assert_eq!(text, expected);
}

#[test]
fn what_is_wrong_with_a_policy_is_said() {
    let built_in = PolicyDraft::built_in;
    for (wrong, expected) in [
        (PolicyDraft { valid_session_minutes: 0, ..built_in() }, InvalidPolicy::SessionMinutes),
        (PolicyDraft { valid_session_minutes: 1_501, ..built_in() }, InvalidPolicy::SessionMinutes),
        (PolicyDraft { valid_day_minutes: -1, ..built_in() }, InvalidPolicy::DayMinutes),
        (PolicyDraft { daily_cap_minutes: 119, ..built_in() }, InvalidPolicy::DailyCap),
        (PolicyDraft { daily_cap_minutes: i64::MAX, ..built_in() }, InvalidPolicy::DailyCap),
        (draft(vec![]), InvalidPolicy::Rows),
        (draft(vec![row(1, 1, 1, 1); POLICY_ROWS_MAX + 1]), InvalidPolicy::Rows),
    ] {
        assert_eq!(SalaryPolicy::parse(&wrong), Err(expected));
    }
}

fn check_row(row: &RowDraft, expected: &RowProblem) {
    let sound = RowDraft { last_week: Some(1), ..super::super::testing::row(1, 1, 1, 1) };
    let parsed = SalaryPolicy::parse(&draft(vec![sound, row.clone()]));
    assert_eq!(parsed, Err(InvalidPolicy::Row { row: 2, problem: expected.clone() }), "{row:?}");
}

#[test]
fn what_is_wrong_with_a_row_is_said_with_its_place() {
    let sound = || row(10, 4, 30_000, 6_000);
    let weeks = |first_week, last_week| RowDraft { first_week, last_week, ..sound() };
    let less = |missed: &[&str], part| reduced(&sound(), missed, part);
    check_row(&RowDraft { minutes: -1, ..sound() }, &RowProblem::Minutes);
    check_row(&RowDraft { minutes: 7 * 240 + 1, ..sound() }, &RowProblem::Minutes);
    check_row(&RowDraft { valid_days: 8, ..sound() }, &RowProblem::ValidDays);
    check_row(&RowDraft { gift_diamonds: -1, ..sound() }, &RowProblem::GiftDiamonds);
    check_row(&RowDraft { gift_diamonds: crate::money::AMOUNT_MAX + 1, ..sound() }, &RowProblem::GiftDiamonds);
    check_row(&row(0, 0, 0, 1), &RowProblem::NothingAsked);
    for (first, last) in [(Some(0), None), (None, Some(0)), (Some(5), Some(4)), (None, Some(521)), (Some(-1), Some(4))]
    {
        check_row(&weeks(first, last), &RowProblem::Weeks);
    }
    for salary in [0, -1, SALARY_MAX + 1] {
        check_row(&RowDraft { salary, ..sound() }, &RowProblem::Salary);
    }
    check_row(&less(&["hours"], 7_000), &RowProblem::UnknownFigure("hours".to_owned()));
    check_row(&less(&["minutes", "minutes"], 7_000), &RowProblem::NotMissable(Figure::Minutes));
    check_row(&reduced(&row(0, 4, 30_000, 6_000), &["minutes"], 7_000), &RowProblem::NotMissable(Figure::Minutes));
    check_row(&less(&[], 7_000), &RowProblem::MissesAllOrNothing);
    check_row(&less(&["minutes", "valid_days", "gift_diamonds"], 7_000), &RowProblem::MissesAllOrNothing);
    for part in [0, -1, 10_000, 70_000] {
        check_row(&less(&["minutes"], part), &RowProblem::Part);
    }
    check_row(&reduced(&RowDraft { salary: 1, ..sound() }, &["minutes"], 9_999), &RowProblem::Part);
}

#[test]
fn a_row_that_never_wins_is_a_mistake_of_the_order() {
    let never = |rows: Vec<RowDraft>, row, by| {
        let expected = InvalidPolicy::Row { row, problem: RowProblem::NeverWins { by } };
        assert_eq!(SalaryPolicy::parse(&draft(rows)), Err(expected));
    };
    never(vec![row(10, 4, 30_000, 6_000), row(6, 3, 10_000, 2_000)], 1, 2);
    never(vec![row(1, 1, 1, 1), row(10, 4, 30_000, 6_000), row(10, 4, 30_000, 7_000)], 2, 3);
    // Whoever reaches the first row reaches the second one in part.
    never(vec![row(0, 0, 30_000, 5_000), reduced(&row(10, 4, 30_000, 6_000), &["minutes", "valid_days"], 7_000)], 1, 2);
    // The first row still wins for those who miss its hours, or who are no newcomers.
    let in_part = reduced(&row(10, 4, 30_000, 6_000), &["minutes"], 7_000);
    policy(vec![in_part, row(6, 3, 10_000, 2_000)]);
    policy(vec![row(10, 4, 30_000, 6_000), RowDraft { last_week: Some(4), ..row(6, 3, 10_000, 2_000) }]);
}
