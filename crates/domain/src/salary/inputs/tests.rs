use super::*;
use crate::salary::testing::*;

fn check(raw: RawWeek, expected: InvalidInputs) {
    assert_eq!(WeekInputs::new(jakarta(), raw), Err(expected));
}

fn with(memberships: Vec<Membership>) -> RawWeek {
    RawWeek { memberships, ..raw(vec![], vec![]) }
}

#[test]
fn memberships_are_those_of_one_host_and_one_at_a_time() {
    let stranger = Membership::new(MembershipId::new(5), OWNER, AGENCY, on(0, 0, 0), None).unwrap();
    check(with(vec![stranger]), InvalidInputs::Memberships);
    let lasting = membership(5, AGENCY, on(0, 0, 0), None);
    check(with(vec![lasting, membership(6, OTHER_AGENCY, on(1, 0, 0), None)]), InvalidInputs::Memberships);
    let ended = membership(5, AGENCY, on(0, 0, 0), Some(on(1, 0, 1)));
    check(with(vec![membership(6, OTHER_AGENCY, on(1, 0, 0), None), ended]), InvalidInputs::Memberships);
    let many = (0..501).map(|id| membership(id, AGENCY, minute(id), Some(minute(id + 1)))).collect();
    check(with(many), InvalidInputs::Memberships);
    // Two that touch, in any order, and an empty one between.
    let (first, second) =
        (membership(5, AGENCY, on(0, 0, 0), Some(on(1, 0, 0))), membership(7, AGENCY, on(1, 0, 0), None));
    let empty = membership(6, OTHER_AGENCY, on(1, 0, 0), Some(on(1, 0, 0)));
    let parts = WeekInputs::new(jakarta(), with(vec![second, empty, first])).unwrap().memberships;
    assert_eq!(parts.iter().map(|part| part.id.value()).collect::<Vec<_>>(), [5, 7]);
}

#[test]
fn sessions_are_clipped_put_in_order_and_each_there_once() {
    let backward = SessionPart { id: LiveSessionId::new(1), start: on(0, 1, 0), end: on(0, 0, 59) };
    check(raw(vec![backward], vec![]), InvalidInputs::Sessions);
    check(raw(vec![session(1, on(0, 1, 0), 60), session(1, on(1, 1, 0), 60)], vec![]), InvalidInputs::Sessions);
    let sessions = vec![
        session(4, on(6, 23, 0), 120),
        session(3, on(2, 1, 0), 60),
        // Too short within the week to be listed, or outside it.
        SessionPart { end: on(3, 0, 1) - TimeDelta::microseconds(1), ..session(9, on(3, 0, 0), 1) },
        session(8, on(7, 0, 0), 60),
        session(7, minute(-60), 60),
        session(2, minute(-60), 61),
    ];
    let listed = inputs(raw(sessions, vec![])).sessions;
    assert_eq!(listed, [session(2, on(0, 0, 0), 1), session(3, on(2, 1, 0), 60), session(4, on(6, 23, 0), 60)]);
}

#[test]
fn sessions_in_no_membership_are_no_inputs() {
    let memberships = vec![membership(5, AGENCY, on(1, 0, 0), Some(on(2, 0, 0)))];
    let sessions = vec![session(1, on(0, 1, 0), 60), session(2, on(0, 23, 0), 120), session(3, on(2, 0, 0), 60)];
    let inputs = inputs(RawWeek { memberships, sessions, ..raw(vec![], vec![]) });
    // The whole part within the week is kept: its length decides whether it is valid.
    assert_eq!(inputs.sessions, [session(2, on(0, 23, 0), 120)]);
}

#[test]
fn gifts_belong_to_a_day_of_a_membership_once() {
    let wednesday = membership(5, AGENCY, on(2, 12, 0), None);
    let week = |gifts| RawWeek { memberships: vec![wednesday], gifts, ..raw(vec![], vec![]) };
    for gifts in [
        vec![gift(6, 25, 10)],
        vec![gift(5, 24, 10)],
        vec![gift(5, 30, 10)],
        vec![gift(5, 25, 10), gift(5, 25, 10)],
        vec![gift(5, 25, crate::money::AMOUNT_MAX), gift(5, 26, 1)],
    ] {
        check(week(gifts), InvalidInputs::Gifts);
    }
    let sound = inputs(week(vec![gift(5, 29, 3), gift(5, 23, 0), gift(5, 25, 10)]));
    assert_eq!((sound.gifts, sound.gift_diamonds), (vec![gift(5, 25, 10), gift(5, 29, 3)], diamonds(13)));
}

/// Memberships from a day to a day, in the calendar of Jakarta; then the number of week 2026-W48.
fn check_week(memberships: &[(&str, Option<&str>)], expected: u32) {
    let day = |text: &str| jakarta().day(text.parse().unwrap()).start;
    let memberships =
        (5..).zip(memberships).map(|(id, (from, until))| membership(id, AGENCY, day(from), until.map(day)));
    assert_eq!(inputs(with(memberships.collect())).membership_week, expected);
}

#[test]
fn weeks_of_membership_are_counted_and_weeks_between_are_not() {
    check_week(&[], 0);
    check_week(&[("2026-11-23", None)], 1);
    check_week(&[("2026-11-29", None)], 1);
    check_week(&[("2026-11-22", None)], 2);
    check_week(&[("2026-11-02", None)], 4);
    check_week(&[("2026-11-01", None)], 5);
    // Ended on Monday's first instant: the new week is not touched.
    check_week(&[("2026-11-02", Some("2026-11-09"))], 1);
    // Who leaves and comes back is no newcomer, and two memberships in one week are one week.
    check_week(&[("2026-01-05", Some("2026-01-19")), ("2026-11-24", None)], 3);
    check_week(&[("2026-11-16", Some("2026-11-18")), ("2026-11-20", Some("2026-11-24")), ("2026-11-25", None)], 2);
    // Over the end of a year with 53 weeks nothing is lost; what comes later does not count.
    check_week(&[("2020-12-28", Some("2021-01-11"))], 2);
    check_week(&[("2026-11-23", Some("2027-06-01"))], 1);
}

#[test]
fn who_belongs_to_an_agency_when_the_week_ends_is_paid_by_it() {
    for (until, expected) in [
        (None, Some(AGENCY)),
        (Some(on(7, 0, 0)), Some(AGENCY)),
        (Some(on(7, 0, 0) - TimeDelta::microseconds(1)), None),
        (Some(on(20, 0, 0)), Some(AGENCY)),
    ] {
        assert_eq!(inputs(with(vec![membership(5, AGENCY, on(0, 0, 0), until)])).payee, expected, "{until:?}");
    }
    let left_and_joined =
        vec![membership(5, AGENCY, on(0, 0, 0), Some(on(2, 12, 0))), membership(6, OTHER_AGENCY, on(2, 12, 0), None)];
    assert_eq!(inputs(with(left_and_joined)).payee, Some(OTHER_AGENCY));
    assert_eq!(inputs(with(vec![membership(5, AGENCY, on(7, 0, 0), None)])).payee, None);
}
