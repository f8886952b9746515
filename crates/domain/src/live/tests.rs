use super::*;
use crate::time::{BusinessCalendar, Period};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
}

fn signs(last_sign: i64) -> Signs {
    Signs { started_at: at(0), last_sign_at: at(last_sign) }
}

const HOURS_12: i64 = 12 * 3_600;

#[test]
fn a_session_lasts_until_now_or_until_its_last_sign_of_life() {
    for (last_sign, now, expected) in [
        (0, 0, 0),
        (0, 119, 119),
        (0, 120, 0),
        (60, 179, 179),
        (60, 180, 60),
        (60, 9_999, 60),
        // A clock that was put back.
        (0, -5, 0),
        (HOURS_12 - 10, HOURS_12 - 1, HOURS_12 - 1),
        (HOURS_12 - 10, HOURS_12, HOURS_12 - 10),
        // Signs that came too late count for nothing.
        (HOURS_12 + 50, HOURS_12 + 60, HOURS_12),
        (HOURS_12 + 50, HOURS_12 + 600, HOURS_12),
    ] {
        assert_eq!(signs(last_sign).last_until(at(now)), at(expected), "sign at {last_sign}, now {now}");
    }
}

#[test]
fn a_session_is_over_after_two_minutes_of_silence_or_twelve_hours() {
    for (last_sign, now, is_over) in [
        (0, 119, false),
        (0, 120, true),
        (100, 219, false),
        (HOURS_12 - 1, HOURS_12 - 1, false),
        (HOURS_12, HOURS_12, true),
    ] {
        assert_eq!(signs(last_sign).are_over(at(now)), is_over, "sign at {last_sign}, now {now}");
    }
}

#[test]
fn lengths_are_rounded_to_whole_seconds() {
    for (millis, expected) in [(0, 0), (499, 0), (500, 1), (1_740, 2), (2_499, 2), (-700, 0), (43_200_000, 43_200)] {
        let ended_at = at(0) + TimeDelta::milliseconds(millis);
        assert_eq!(duration_seconds(at(0), ended_at), expected, "{millis}");
    }
}

/// Sessions by the clock of Jakarta: `(day and hour of the beginning, of the end)`, counted on each of these days.
fn check_days(sessions: &[(&str, Option<&str>)], now: &str, expected: &[(&str, i32)]) {
    let calendar = BusinessCalendar::in_zone("Asia/Jakarta").unwrap();
    let instant = |text: &str| DateTime::parse_from_rfc3339(&format!("{text}:00+07:00")).unwrap().with_timezone(&Utc);
    let span = |(begin, end): &(&str, Option<&str>)| SessionSpan {
        signs: Signs { started_at: instant(begin), last_sign_at: instant(now) },
        ended_at: end.map(instant),
    };
    let spans: Vec<SessionSpan> = sessions.iter().map(span).collect();
    for (day, minutes) in expected {
        let window = calendar.window(Period::Daily, instant(&format!("{day}T12:00")));
        assert_eq!(seconds_within(&spans, window, instant(now)), minutes * 60, "{day} of {sessions:?}");
    }
    let week = calendar.window(Period::Weekly, instant(&format!("{}T12:00", expected[0].0)));
    let in_days: i32 = expected.iter().map(|(_, minutes)| minutes * 60).sum();
    let all = seconds_within(&spans, Window::ALWAYS, instant(now));
    assert!(seconds_within(&spans, week, instant(now)) <= all && in_days == all, "{in_days} of {all}");
}

#[test]
fn a_day_counts_the_part_of_a_session_that_lies_within() {
    check_days(&[("2026-11-24T10:00", Some("2026-11-24T11:30"))], "2026-11-24T12:00", &[("2026-11-24", 90)]);
    check_days(
        &[("2026-11-23T23:30", Some("2026-11-24T00:45")), ("2026-11-24T01:00", None)],
        "2026-11-24T01:20",
        &[("2026-11-23", 30), ("2026-11-24", 65)],
    );
    // Across the end of a week, a month and a year.
    check_days(
        &[("2026-11-29T22:00", Some("2026-11-30T01:00"))],
        "2026-11-30T08:00",
        &[("2026-11-29", 120), ("2026-11-30", 60)],
    );
    check_days(
        &[("2026-12-31T23:59", Some("2027-01-01T00:01"))],
        "2027-01-01T08:00",
        &[("2026-12-31", 1), ("2027-01-01", 1)],
    );
}

#[test]
fn a_session_that_nobody_ended_counts_to_its_last_sign_of_life() {
    let span = SessionSpan { signs: signs(300), ended_at: None };
    assert_eq!(seconds_within(&[span], Window::ALWAYS, at(310)), 310);
    assert_eq!(seconds_within(&[span], Window::ALWAYS, at(9_000)), 300);
    assert_eq!(seconds_within(&[], Window::ALWAYS, at(0)), 0);
}
