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
