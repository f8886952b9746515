use super::*;

fn calendar(zone: &str) -> BusinessCalendar {
    BusinessCalendar::in_zone(zone).unwrap()
}

fn week(text: &str) -> BusinessWeek {
    text.parse().unwrap()
}

#[test]
fn weeks_follow_each_other_over_the_end_of_the_year() {
    for (before, after, weeks) in [
        ("2026-W52", "2026-W53", 1),
        ("2026-W53", "2027-W01", 1),
        ("2025-W52", "2026-W01", 1),
        ("2024-W01", "2025-W01", 52),
        ("2026-W01", "2027-W01", 53),
    ] {
        let (before, after) = (week(before), week(after));
        assert_eq!(after.weeks_since(before), weeks, "{before} {after}");
        assert_eq!(before.weeks_since(after), -weeks);
        assert_eq!(before.plus(u32::try_from(weeks).unwrap()), after);
        assert_eq!(after.minus(u32::try_from(weeks).unwrap()), before);
        assert!(before < after && before.next() <= after);
    }
}

#[test]
fn a_week_is_spelled_in_one_way() {
    assert_eq!((week("2026-W53").year(), week("2026-W53").number()), (2026, 53));
    assert_eq!(week("2026-W53").monday().to_string(), "2026-12-28");
    assert_eq!(BusinessWeek::first().to_string(), "1970-W01");
    for text in [
        "", "2026", "2026-W", "2026-W0", "2026-W00", "2025-W53", "2026-W54", "2026-w48", "2026-W+8", "26-W48",
        "1969-W52",
    ] {
        assert_eq!(text.parse::<BusinessWeek>(), Err(InvalidWeek), "{text:?}");
    }
}

#[test]
fn the_end_of_time_has_no_next_week() {
    let last = BusinessWeek::of(NaiveDate::MAX);
    assert_eq!((last.next(), last.plus(u32::MAX)), (last, last));
}

/// `hours` are those of the seven days.
fn check_days(zone: &str, text: &str, start: &str, hours: [i64; 7]) {
    let (calendar, week) = (calendar(zone), week(text));
    let days = calendar.days_of(week);
    assert_eq!(days[0].start, start.parse::<DateTime<Utc>>().unwrap(), "{zone} {week}");
    assert_eq!(days.map(|day| (day.end - day.start).num_hours()), hours, "{zone} {week}");
    for pair in days.windows(2) {
        assert_eq!((pair[0].end, pair[0].date.succ_opt()), (pair[1].start, Some(pair[1].date)));
    }
    assert_eq!(calendar.window_of(week), Window { start: Some(days[0].start), end: Some(days[6].end) });
    assert_eq!((calendar.week(days[0].start), calendar.week(days[6].end)), (week, week.next()));
    assert_eq!(calendar.week(days[0].start - chrono::TimeDelta::microseconds(1)).next(), week);
}

#[test]
fn days_have_the_hours_that_the_clocks_give_them() {
    check_days("Asia/Jakarta", "2026-W53", "2026-12-27T17:00:00Z", [24; 7]);
    check_days("Asia/Jakarta", "2027-W01", "2027-01-03T17:00:00Z", [24; 7]);
    check_days("Europe/Berlin", "2026-W13", "2026-03-22T23:00:00Z", [24, 24, 24, 24, 24, 24, 23]);
    check_days("Europe/Berlin", "2026-W43", "2026-10-18T22:00:00Z", [24, 24, 24, 24, 24, 24, 25]);
    // Friday, 30 December 2011, never was in Samoa.
    check_days("Pacific/Apia", "2011-W52", "2011-12-26T10:00:00Z", [24, 24, 24, 24, 0, 24, 24]);
}
