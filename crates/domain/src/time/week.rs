//! Weeks of ISO 8601, and the days that they have in the business calendar.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};

use super::{BusinessCalendar, Window};

/// How many days a week has.
pub const DAYS_OF_WEEK: usize = 7;

/// A week of ISO 8601: from Monday, in the year in which its Thursday lies. Later weeks are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessWeek {
    monday: NaiveDate,
}

/// Not a week such as `2026-W48`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a week is written like 2026-W48, from 1970-W01 on, and years have 52 or 53 of them")]
pub struct InvalidWeek;

impl BusinessWeek {
    /// The first and the last year that may be spelled.
    const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;

    /// The week of the first day that computers count: no business lies before it.
    #[must_use]
    pub fn first() -> Self {
        Self::of(DateTime::UNIX_EPOCH.date_naive())
    }

    /// A week by its year of ISO 8601 and its number, 1 to 53.
    ///
    /// # Errors
    /// [`InvalidWeek`] when the year has no such week.
    pub fn new(year: i32, number: u32) -> Result<Self, InvalidWeek> {
        let monday = NaiveDate::from_isoywd_opt(year, number, Weekday::Mon).ok_or(InvalidWeek)?;
        if Self::YEARS.contains(&year) { Ok(Self { monday }) } else { Err(InvalidWeek) }
    }

    /// The week that a day lies in.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        let since_monday = u64::from(day.weekday().num_days_from_monday());
        Self { monday: day.checked_sub_days(Days::new(since_monday)).unwrap_or(day) }
    }

    /// The year of ISO 8601, which around New Year is not that of the day.
    #[must_use]
    pub fn year(self) -> i32 {
        self.monday.iso_week().year()
    }

    /// 1 to 53.
    #[must_use]
    pub fn number(self) -> u32 {
        self.monday.iso_week().week()
    }

    /// Its first day.
    #[must_use]
    pub const fn monday(self) -> NaiveDate {
        self.monday
    }

    /// The week after; itself at the end of time.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// So many weeks later; itself when time ends before.
    #[must_use]
    pub fn plus(self, weeks: u32) -> Self {
        let days = Days::new(u64::from(weeks).saturating_mul(7));
        Self { monday: self.monday.checked_add_days(days).unwrap_or(self.monday) }
    }

    /// So many weeks earlier; itself when time begins after.
    #[must_use]
    pub fn minus(self, weeks: u32) -> Self {
        let days = Days::new(u64::from(weeks).saturating_mul(7));
        Self { monday: self.monday.checked_sub_days(days).unwrap_or(self.monday) }
    }

    /// How many weeks after `earlier` it comes; negative when it comes before.
    #[must_use]
    pub fn weeks_since(self, earlier: Self) -> i64 {
        self.monday.signed_duration_since(earlier.monday).num_weeks()
    }
}

impl fmt::Display for BusinessWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year(), self.number())
    }
}

impl FromStr for BusinessWeek {
    type Err = InvalidWeek;

    /// Reads what `Display` writes, and nothing else.
    fn from_str(text: &str) -> Result<Self, InvalidWeek> {
        let (year, number) = text.split_once("-W").ok_or(InvalidWeek)?;
        let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(number, 2) {
            return Err(InvalidWeek);
        }
        Self::new(year.parse().map_err(|_| InvalidWeek)?, number.parse().map_err(|_| InvalidWeek)?)
    }
}

/// A day of the business calendar, from `start` (included) to `end` (excluded): 23, 24 or 25 hours, as a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusinessDay {
    /// Its date.
    pub date: NaiveDate,
    /// Its first instant.
    pub start: DateTime<Utc>,
    /// The first instant after.
    pub end: DateTime<Utc>,
}

impl BusinessCalendar {
    /// The day with this date.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> BusinessDay {
        let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
        BusinessDay { date, start: self.start_of_day(date), end: self.start_of_day(next) }
    }

    /// The seven days of a week, from Monday.
    #[must_use]
    pub fn days_of(&self, week: BusinessWeek) -> [BusinessDay; DAYS_OF_WEEK] {
        let mut dates = week.monday().iter_days();
        std::array::from_fn(|_| self.day(dates.next().unwrap_or(week.monday())))
    }

    /// The stretch from the beginning of a week's Monday to the end of its Sunday.
    #[must_use]
    pub fn window_of(&self, week: BusinessWeek) -> Window {
        let [first, .., last] = self.days_of(week);
        Window { start: Some(first.start), end: Some(last.end) }
    }

    /// The week that `now` lies in.
    #[must_use]
    pub fn week(&self, now: DateTime<Utc>) -> BusinessWeek {
        BusinessWeek::of(self.date(now))
    }
}

#[cfg(test)]
mod tests;
