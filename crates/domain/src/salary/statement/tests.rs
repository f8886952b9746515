mod worked;

use proptest::prelude::*;

use super::*;
use crate::salary::{GiftDay, RawWeek, testing::*};

/// Minutes of the seven days.
fn minutes(statement: &Statement) -> [u32; 7] {
    statement.days.map(|day| day.minutes)
}

#[test]
fn a_session_is_valid_from_its_least_length_on() {
    let almost = SessionPart { end: on(0, 10, 30) - TimeDelta::microseconds(1), ..session(1, on(0, 10, 0), 30) };
    let statement = statement(raw(vec![almost, session(2, on(1, 10, 0), 30)], vec![]));
    assert_eq!(statement.sessions.iter().map(|session| session.is_valid).collect::<Vec<_>>(), [false, true]);
    assert_eq!((minutes(&statement), statement.valid_sessions()), ([0, 30, 0, 0, 0, 0, 0], 1));
}

#[test]
fn a_session_across_midnight_counts_on_both_days() {
    let statement = statement(raw(vec![session(1, on(0, 22, 0), 240)], vec![]));
    assert_eq!(minutes(&statement), [120, 120, 0, 0, 0, 0, 0]);
    assert_eq!((statement.figures.valid_days, statement.valid_sessions()), (2, 1));
}

#[test]
fn a_session_across_the_weeks_end_is_judged_in_each_week_by_its_part() {
    // 20 minutes of Sunday, 40 of Monday.
    let across = session(1, on(6, 23, 40), 60);
    let this_week = statement(raw(vec![across], vec![]));
    assert_eq!((minutes(&this_week), this_week.valid_sessions()), ([0; 7], 0));
    let next_week = statement(RawWeek { week: week("2026-W49"), ..raw(vec![across], vec![]) });
    assert_eq!((minutes(&next_week), next_week.valid_sessions()), ([40, 0, 0, 0, 0, 0, 0], 1));
}

#[test]
fn minutes_are_whole_minutes_of_a_day() {
    let seconds = |id, start: DateTime<Utc>, seconds| SessionPart {
        end: start + TimeDelta::seconds(seconds),
        ..session(id, start, 0)
    };
    // Twice 59 minutes and 30 seconds are 119 minutes: no valid day. A second more than twice an hour is 120.
    let sessions = vec![
        seconds(1, on(0, 8, 0), 3_570),
        seconds(2, on(0, 12, 0), 3_570),
        seconds(3, on(1, 8, 0), 3_600),
        seconds(4, on(1, 12, 0), 3_601),
    ];
    let statement = statement(raw(sessions, vec![]));
    assert_eq!((minutes(&statement), statement.figures.valid_days), ([119, 120, 0, 0, 0, 0, 0], 1));
}

#[test]
fn an_instant_counts_once_however_many_sessions_there_were() {
    let sessions = vec![
        session(1, on(0, 10, 0), 120),
        session(2, on(0, 11, 0), 60),
        session(3, on(0, 11, 30), 60),
        // Too short to be valid, it covers nothing.
        session(4, on(1, 10, 0), 20),
        session(5, on(1, 10, 10), 60),
    ];
    assert_eq!(minutes(&statement(raw(sessions, vec![]))), [150, 60, 0, 0, 0, 0, 0]);
}

#[test]
fn days_have_the_hours_that_the_clocks_give_them() {
    for (text, monday, expected) in
        [("2026-W13", "2026-03-22T23:00:00Z", 23 * 60), ("2026-W43", "2026-10-18T22:00:00Z", 25 * 60)]
    {
        let start: DateTime<Utc> = monday.parse().unwrap();
        let memberships = vec![membership(5, AGENCY, start, None)];
        let sessions = vec![session(1, start, 8 * 1_440)];
        let raw = RawWeek { week: week(text), memberships, sessions, ..raw(vec![], vec![]) };
        let inputs = WeekInputs::new(calendar("Europe/Berlin"), raw).unwrap();
        let statement = Statement::of(&version(crate::salary::SalaryPolicy::built_in()), &inputs);
        assert_eq!(minutes(&statement), [1_440, 1_440, 1_440, 1_440, 1_440, 1_440, expected], "{text}");
        assert_eq!(statement.figures.minutes, 7 * 240);
    }
}

#[test]
fn what_was_done_while_in_no_agency_does_not_count() {
    // Joins on Tuesday at noon, in the middle of a session of 40 minutes that is valid as a whole.
    let memberships = vec![membership(5, AGENCY, on(1, 12, 0), None)];
    let sessions = vec![session(1, on(0, 8, 0), 240), session(2, on(1, 11, 40), 40)];
    let statement = statement(RawWeek { memberships, sessions, ..raw(vec![], vec![gift(5, 24, 10)]) });
    assert_eq!((minutes(&statement), statement.valid_sessions()), ([0, 20, 0, 0, 0, 0, 0], 1));
    assert_eq!(statement.memberships[0].sessions, [LiveSessionId::new(2)]);
}

#[test]
fn nobody_is_asked_for_the_salary_of_a_host_who_left() {
    let left = |until| {
        let memberships = vec![membership(5, AGENCY, on(0, 0, 0), Some(until))];
        let sessions = (0..5).map(|day| session(day + 1, on(day, 8, 0), 240)).collect();
        statement(RawWeek { memberships, ..raw(sessions, vec![gift(5, 23, 30_000)]) })
    };
    let friday = left(on(4, 23, 0));
    assert_eq!((friday.award.map(|award| award.salary), friday.claim()), (Some(diamonds(6_000)), None));
    let monday = left(on(7, 0, 0)).claim().unwrap();
    assert_eq!((monday.agency, monday.salary, monday.valid_sessions), (AGENCY, diamonds(6_000), 5));
}

/// A host who changes agency on Wednesday at noon, in the middle of a session.
fn wednesday() -> RawWeek {
    let memberships =
        vec![membership(5, AGENCY, on(-40, 0, 0), Some(on(2, 12, 0))), membership(6, OTHER_AGENCY, on(2, 12, 0), None)];
    let sessions = vec![
        session(1, on(0, 8, 0), 180),
        session(2, on(2, 11, 0), 120),
        session(3, on(3, 8, 0), 20),
        session(4, on(4, 8, 0), 300),
    ];
    let gifts = vec![gift(5, 23, 4_000), gift(5, 25, 1_000), gift(6, 25, 2_000), gift(6, 29, 3_000)];
    RawWeek { memberships, ..raw(sessions, gifts) }
}

#[test]
fn a_host_who_changed_agency_has_one_salary_and_two_lists_of_inputs() {
    let text = "\
statement host=1 week=2026-W48 policy=3
membership 5 agency=1000000 from=1795366800000000 to=1795582800000000 sessions=1,2
  2026-11-23 live=10800000000 diamonds=4000
  2026-11-24 live=0 diamonds=0
  2026-11-25 live=3600000000 diamonds=1000
membership 6 agency=2000000 from=1795582800000000 to=1795971600000000 sessions=2,3,4
  2026-11-25 live=3600000000 diamonds=2000
  2026-11-26 live=0 diamonds=0
  2026-11-27 live=18000000000 diamonds=0
  2026-11-28 live=0 diamonds=0
  2026-11-29 live=0 diamonds=3000
session 1 from=1795395600000000 to=1795406400000000 valid=true
session 2 from=1795579200000000 to=1795586400000000 valid=true
session 3 from=1795654800000000 to=1795656000000000 valid=false
session 4 from=1795741200000000 to=1795759200000000 valid=true
day 2026-11-23 minutes=180 counted=180 valid=true diamonds=4000
day 2026-11-24 minutes=0 counted=0 valid=false diamonds=0
day 2026-11-25 minutes=120 counted=120 valid=true diamonds=3000
day 2026-11-26 minutes=0 counted=0 valid=false diamonds=0
day 2026-11-27 minutes=300 counted=240 valid=true diamonds=0
day 2026-11-28 minutes=0 counted=0 valid=false diamonds=0
day 2026-11-29 minutes=0 counted=0 valid=false diamonds=3000
week minutes=540 days=3 diamonds=10000 membership_week=7
award row=1 missed=- salary=2000
payee 2000000
";
    let statement = statement(wednesday());
    assert_eq!(statement.to_string(), text);
    assert_eq!(statement.claim().map(|claim| (claim.agency, claim.salary)), Some((OTHER_AGENCY, diamonds(2_000))));
    let inputs_of = |agency| statement.inputs_of(agency).map(|part| part.membership.value()).collect::<Vec<_>>();
    assert_eq!((inputs_of(AGENCY), inputs_of(OTHER_AGENCY)), (vec![5], vec![6]));
}

#[test]
fn what_happens_after_the_week_changes_no_statement() {
    let before = statement(wednesday()).to_string();
    let mut later = wednesday();
    later.memberships[1] = membership(6, OTHER_AGENCY, on(2, 12, 0), Some(on(9, 0, 0)));
    later.memberships.push(membership(7, AGENCY, on(9, 0, 0), None));
    later.sessions.push(session(5, on(9, 8, 0), 60));
    assert_eq!(statement(later).to_string(), before);
}

proptest! {
    #[test]
    fn the_order_of_the_facts_changes_nothing_and_the_parts_add_up(
        lengths in prop::collection::vec((0_i64..8 * 1_440, 0_i64..600), 0..20),
        amounts in prop::collection::vec(0_i64..100_000, 7),
        change in 0_i64..7 * 1_440,
        rotation in 0_usize..20,
    ) {
        let mut raw = wednesday();
        raw.memberships = vec![
            membership(5, AGENCY, on(-40, 0, 0), Some(minute(change))),
            membership(6, OTHER_AGENCY, minute(change), None),
        ];
        raw.sessions = (1..).zip(&lengths).map(|(id, (start, length))| session(id, minute(*start), *length)).collect();
        // Days before the change and its day are the first agency's, the later ones the second's.
        let owner = |day: usize| if i64::try_from(day).unwrap() * 1_440 < change { 5 } else { 6 };
        let gift = |(day, amount): (usize, &i64)| gift(owner(day), 23 + u32::try_from(day).unwrap(), *amount);
        raw.gifts = amounts.iter().enumerate().map(gift).collect::<Vec<GiftDay>>();
        let first = statement(raw.clone());
        raw.sessions.reverse();
        let turn = rotation % raw.sessions.len().max(1);
        raw.sessions.rotate_left(turn);
        raw.gifts.reverse();
        raw.memberships.reverse();
        prop_assert_eq!(statement(raw).to_string(), first.to_string());

        let parts = || first.memberships.iter().flat_map(|membership| &membership.days);
        let by_parts: i64 = parts().map(|day| day.gift_diamonds.value()).sum();
        let by_days: i64 = first.days.iter().map(|day| day.gift_diamonds.value()).sum();
        let total = first.figures.gift_diamonds.value();
        prop_assert_eq!((by_parts, by_days, total), (total, total, amounts.iter().sum()));
        for day in &first.days {
            let live: TimeDelta = parts().filter(|part| part.date == day.date).map(|part| part.live).sum();
            prop_assert_eq!(i64::from(day.minutes), live.num_minutes());
            prop_assert!(day.minutes <= 1_440 && day.counted_minutes <= 240);
        }
    }
}
