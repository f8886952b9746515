use super::*;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// `expected` is written as `start/end`.
fn check(zone: &str, period: Period, now: &str, expected: &str) {
    let window = BusinessCalendar::in_zone(zone).unwrap().window(period, utc(now));
    let (start, end) = expected.split_once('/').unwrap();
    assert_eq!((window.start, window.end), (Some(utc(start)), Some(utc(end))), "{zone} {period:?} {now}");
    assert!(window.contains(utc(now)), "a window holds the instant it was made from");
    assert!(!window.contains(utc(end)) && window.contains(utc(start)));
}

#[test]
fn jakarta_is_seven_hours_ahead_without_clock_changes() {
    check("Asia/Jakarta", Period::Hourly, "2026-11-23T06:39:39.425Z", "2026-11-23T06:00:00Z/2026-11-23T07:00:00Z");
    check("Asia/Jakarta", Period::Daily, "2026-11-23T16:59:59.999Z", "2026-11-22T17:00:00Z/2026-11-23T17:00:00Z");
    check("Asia/Jakarta", Period::Daily, "2026-11-23T17:00:00Z", "2026-11-23T17:00:00Z/2026-11-24T17:00:00Z");
    check("Asia/Jakarta", Period::Weekly, "2026-11-22T16:59:59Z", "2026-11-15T17:00:00Z/2026-11-22T17:00:00Z");
    check("Asia/Jakarta", Period::Weekly, "2026-11-22T17:00:00Z", "2026-11-22T17:00:00Z/2026-11-29T17:00:00Z");
    check("Asia/Jakarta", Period::Monthly, "2026-11-30T17:00:00Z", "2026-11-30T17:00:00Z/2026-12-31T17:00:00Z");
    check("Asia/Jakarta", Period::Weekly, "2027-01-01T00:00:00Z", "2026-12-27T17:00:00Z/2027-01-03T17:00:00Z");
}

#[test]
fn days_may_have_23_and_25_hours() {
    check("Europe/Berlin", Period::Daily, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z/2026-03-29T22:00:00Z");
    check("Europe/Berlin", Period::Daily, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z/2026-10-25T23:00:00Z");
}

#[test]
fn a_day_without_midnight_begins_when_the_clocks_have_moved() {
    // Beirut moves its clocks forward at midnight: the day begins at 01:00.
    check("Asia/Beirut", Period::Daily, "2022-03-27T12:00:00Z", "2022-03-26T22:00:00Z/2022-03-27T21:00:00Z");
    // Havana moves them back at 01:00: midnight happens twice, and the first begins the day.
    check("America/Havana", Period::Daily, "2022-11-06T12:00:00Z", "2022-11-06T04:00:00Z/2022-11-07T05:00:00Z");
}

#[test]
fn clock_hours_follow_the_zone() {
    check("Asia/Kolkata", Period::Hourly, "2026-11-23T06:39:39.425Z", "2026-11-23T06:30:00Z/2026-11-23T07:30:00Z");
}

#[test]
fn a_clock_change_amid_an_hour_ends_one_and_begins_another() {
    // Lord Howe moves its clocks back by half an hour at 02:00: half past one happens twice.
    let zone = "Australia/Lord_Howe";
    check(zone, Period::Hourly, "2026-04-04T14:45:00Z", "2026-04-04T14:00:00Z/2026-04-04T15:00:00Z");
    check(zone, Period::Hourly, "2026-04-04T15:15:00Z", "2026-04-04T15:00:00Z/2026-04-04T15:30:00Z");
    check(zone, Period::Hourly, "2026-04-04T15:30:00Z", "2026-04-04T15:30:00Z/2026-04-04T16:30:00Z");
    // And forward at 02:00, to half past two.
    check(zone, Period::Hourly, "2026-10-03T15:29:59Z", "2026-10-03T14:30:00Z/2026-10-03T15:30:00Z");
    check(zone, Period::Hourly, "2026-10-03T15:30:00Z", "2026-10-03T15:30:00Z/2026-10-03T16:00:00Z");
    check(zone, Period::Hourly, "2026-10-03T16:00:00Z", "2026-10-03T16:00:00Z/2026-10-03T17:00:00Z");
}

#[test]
fn hours_days_weeks_and_months_follow_each_other_without_gap_or_overlap() {
    for zone in ["Asia/Jakarta", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Beirut"] {
        let calendar = BusinessCalendar::in_zone(zone).unwrap();
        for period in [Period::Hourly, Period::Daily, Period::Weekly, Period::Monthly] {
            let mut now = utc("2026-01-01T00:00:00Z");
            for _ in 0..(if period == Period::Hourly { 9_000 } else { 400 }) {
                let span = calendar.span(period, now);
                let next = span.window.end.unwrap();
                assert!(span.window.contains(now) && next > now, "{zone} {span:?} {now}");
                assert_eq!(calendar.span(period, next - TimeDelta::microseconds(1)), span, "{zone} {period:?}");
                assert_eq!(calendar.span(period, next).starts_at(), next, "{zone} {period:?}");
                now = next;
            }
        }
    }
}

#[test]
fn days_reach_from_the_beginning_of_the_first_to_the_end_of_the_last() {
    let berlin = BusinessCalendar::in_zone("Europe/Berlin").unwrap();
    let day = |text: &str| Some(text.parse().unwrap());
    let spring = berlin.days(day("2026-03-28"), day("2026-03-29"));
    assert_eq!((spring.start, spring.end), (Some(utc("2026-03-27T23:00:00Z")), Some(utc("2026-03-29T22:00:00Z"))));
    assert_eq!(berlin.days(None, None), Window::ALWAYS);
    assert_eq!(berlin.days(day("2026-03-29"), None).end, None);
    let last_instant = utc("2026-03-29T21:59:59.999Z");
    assert_eq!((Some(berlin.date(last_instant)), spring.contains(last_instant)), (day("2026-03-29"), true));
}

#[test]
fn weeks_are_those_of_iso_8601() {
    let jakarta = BusinessCalendar::in_zone("Asia/Jakarta").unwrap();
    for (now, expected) in [
        ("2026-11-22T16:59:59.999Z", "2026-W47"),
        ("2026-11-22T17:00:00Z", "2026-W48"),
        ("2024-12-29T16:59:59Z", "2024-W52"),
        ("2024-12-29T17:00:00Z", "2025-W01"),
        ("2026-12-31T20:00:00Z", "2026-W53"),
        ("2027-01-03T16:59:59Z", "2026-W53"),
        ("2027-01-03T17:00:00Z", "2027-W01"),
        ("2022-01-01T05:00:00Z", "2021-W52"),
    ] {
        assert_eq!(jakarta.week(utc(now)).to_string(), expected, "{now}");
    }
}

#[test]
fn the_span_of_all_time_begins_with_the_epoch() {
    let spans = BusinessCalendar::in_zone("Asia/Jakarta").unwrap().spans(utc("2026-11-23T06:39:39Z"));
    let starts = ["2026-11-23T06:00:00Z", "2026-11-22T17:00:00Z", "2026-11-22T17:00:00Z", "2026-10-31T17:00:00Z"];
    assert_eq!(spans.map(|span| span.starts_at())[..4], starts.map(utc));
    assert_eq!(spans[4].starts_at(), DateTime::UNIX_EPOCH);
    assert_eq!(spans.map(|span| span.period), Period::EVERY);
    assert_eq!(Period::EVERY.map(|period| period.word().parse()), Period::EVERY.map(Ok));
}

#[test]
fn all_is_unbounded() {
    let window = BusinessCalendar::in_zone("UTC").unwrap().window(Period::All, utc("2026-11-23T00:00:00Z"));
    assert_eq!(window, Window::ALWAYS);
    assert!(window.contains(DateTime::UNIX_EPOCH));
}

#[test]
fn periods_have_two_spellings_and_unknown_ones_are_refused() {
    for (word, period) in [
        ("hourly", Period::Hourly),
        ("daily", Period::Daily),
        ("today", Period::Daily),
        ("weekly", Period::Weekly),
        ("week", Period::Weekly),
        ("monthly", Period::Monthly),
        ("month", Period::Monthly),
        ("all", Period::All),
    ] {
        assert_eq!(word.parse(), Ok(period));
    }
    for word in ["", "Daily", "yearly", "daily "] {
        assert_eq!(word.parse::<Period>(), Err(UnknownPeriod));
    }
}

#[test]
fn unknown_zones_are_refused() {
    assert!(BusinessCalendar::in_zone("Mars/Olympus").is_err());
    assert_eq!(BusinessCalendar::in_zone("Asia/Jakarta").unwrap().zone_name(), "Asia/Jakarta");
}
