//! When a week closes.

use chrono::{DateTime, TimeDelta, Utc};

use crate::time::{BusinessCalendar, BusinessWeek};

/// How long after its end a week closes: what was stamped within it is committed by then, and sessions without a sign of
/// life have ended.
pub const CLOSING_DELAY: TimeDelta = TimeDelta::minutes(5);
/// The most weeks of one run; after a longer downtime the next run goes on.
pub const WEEKS_PER_RUN_MAX: usize = 8;

/// How far closing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClosingProgress {
    /// The last week that was closed to the end; all before it are too.
    pub last_closed: Option<BusinessWeek>,
    /// When the first membership ever began: no week before can hold a salary.
    pub first_membership: Option<DateTime<Utc>>,
}

/// The instant from which on a week may be closed: Monday, five minutes past midnight.
#[must_use]
pub fn closes_at(calendar: BusinessCalendar, week: BusinessWeek) -> DateTime<Utc> {
    let end = calendar.day(week.next().monday()).start;
    end.checked_add_signed(CLOSING_DELAY).unwrap_or(end)
}

/// The weeks that are to be closed now, the earliest first, at most [`WEEKS_PER_RUN_MAX`].
#[must_use]
pub fn due_weeks(calendar: BusinessCalendar, progress: ClosingProgress, now: DateTime<Utc>) -> Vec<BusinessWeek> {
    let first_ever = progress.first_membership.map(|instant| calendar.week(instant));
    let Some(first) = progress.last_closed.map(BusinessWeek::next).or(first_ever) else { return Vec::new() };
    let weeks = std::iter::successors(Some(first), |week| Some(week.next()));
    weeks.take(WEEKS_PER_RUN_MAX).take_while(|week| closes_at(calendar, *week) <= now).collect()
}

/// The next instant after `now` at which a week closes.
#[must_use]
pub fn next_closing(calendar: BusinessCalendar, now: DateTime<Utc>) -> DateTime<Utc> {
    // In the first minutes of a Monday it is the week before that still waits.
    closes_at(calendar, calendar.week(now.checked_sub_signed(CLOSING_DELAY).unwrap_or(now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn calendar(zone: &str) -> BusinessCalendar {
        BusinessCalendar::in_zone(zone).unwrap()
    }

    fn check(last_closed: Option<&str>, first_membership: Option<&str>, now: &str, expected: &[&str]) {
        let last_closed = last_closed.map(|week| week.parse().unwrap());
        let progress = ClosingProgress { last_closed, first_membership: first_membership.map(utc) };
        let due = due_weeks(calendar("Asia/Jakarta"), progress, utc(now));
        assert_eq!(due.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{progress:?} {now}");
    }

    #[test]
    fn a_week_is_due_on_monday_five_past_midnight() {
        check(Some("2026-W47"), None, "2026-11-29T17:04:59.999999Z", &[]);
        check(Some("2026-W47"), None, "2026-11-29T17:05:00Z", &["2026-W48"]);
        check(Some("2026-W48"), None, "2026-11-29T17:05:00Z", &[]);
        // Clocks that go back bring no week back.
        check(Some("2026-W49"), None, "2026-11-29T17:05:00Z", &[]);
    }

    #[test]
    fn after_three_weeks_of_downtime_all_three_are_due() {
        check(Some("2026-W51"), None, "2027-01-13T00:00:00Z", &["2026-W52", "2026-W53", "2027-W01"]);
        let many: Vec<_> = (1..=8).map(|week| format!("2026-W{week:02}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        check(Some("2025-W52"), None, "2026-11-29T17:05:00Z", &many);
    }

    #[test]
    fn the_first_week_is_the_one_in_which_somebody_first_became_a_member() {
        check(None, None, "2026-11-29T17:05:00Z", &[]);
        check(None, Some("2026-11-22T17:00:00Z"), "2026-11-29T17:05:00Z", &["2026-W48"]);
        check(None, Some("2026-11-22T16:59:59Z"), "2026-11-29T17:05:00Z", &["2026-W47", "2026-W48"]);
    }

    #[test]
    fn the_next_closing_comes_after_now() {
        for (zone, now, expected) in [
            ("Asia/Jakarta", "2026-11-24T00:00:00Z", "2026-11-29T17:05:00Z"),
            ("Asia/Jakarta", "2026-11-29T17:04:59Z", "2026-11-29T17:05:00Z"),
            ("Asia/Jakarta", "2026-11-29T17:05:00Z", "2026-12-06T17:05:00Z"),
            // The clocks of Berlin move on Sunday.
            ("Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T23:05:00Z"),
        ] {
            assert_eq!(next_closing(calendar(zone), utc(now)), utc(expected), "{zone} {now}");
        }
    }
}
