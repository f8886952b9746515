//! Time: the clock as a port, and the business calendar that turns instants into hours, days, weeks and months.
//!
//! There is one calendar, in one configured IANA zone. Days begin at local midnight, weeks on Monday; a day may have
//! 23 or 25 hours. Reports never say "today": they take a [`Window`] that the calendar made from an instant.

use std::{fmt, str::FromStr};

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

mod week;

pub use week::{BusinessDay, BusinessWeek, DAYS_OF_WEEK, InvalidWeek};

/// The port of time.
pub trait Clock: Send + Sync {
    /// The present instant, in whole microseconds: what the database keeps.
    fn now(&self) -> DateTime<Utc>;
}

/// The span that a report covers, counted back from the present in the business calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// This clock hour.
    Hourly,
    /// Today.
    Daily,
    /// This week, from Monday.
    Weekly,
    /// This calendar month.
    Monthly,
    /// Everything.
    All,
}

/// A period that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period is one of hourly, daily (today), weekly (week), monthly (month) and all")]
pub struct UnknownPeriod;

impl Period {
    /// All of them, the shortest first.
    pub const EVERY: [Self; 5] = [Self::Hourly, Self::Daily, Self::Weekly, Self::Monthly, Self::All];

    /// Its name, as clients and the database spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::All => "all",
        }
    }
}

impl FromStr for Period {
    type Err = UnknownPeriod;

    fn from_str(word: &str) -> Result<Self, UnknownPeriod> {
        match word {
            "hourly" => Ok(Self::Hourly),
            "daily" | "today" => Ok(Self::Daily),
            "weekly" | "week" => Ok(Self::Weekly),
            "monthly" | "month" => Ok(Self::Monthly),
            "all" => Ok(Self::All),
            _ => Err(UnknownPeriod),
        }
    }
}

/// A half-open stretch of time: from `start` (included) to `end` (excluded). `None` means unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first instant within.
    pub start: Option<DateTime<Utc>>,
    /// The first instant after.
    pub end: Option<DateTime<Utc>>,
}

impl Window {
    /// Everything there ever was and will be.
    pub const ALWAYS: Self = Self { start: None, end: None };

    /// Whether `instant` lies within.
    #[must_use]
    pub fn contains(&self, instant: DateTime<Utc>) -> bool {
        self.start.is_none_or(|start| start <= instant) && self.end.is_none_or(|end| instant < end)
    }
}

/// A stretch of the business calendar: the hour, day, week or month that an instant lies in, or all time.
///
/// Figures are kept for each span, so that reading one costs the same however much lies within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Which kind of stretch.
    pub period: Period,
    /// From when to when.
    pub window: Window,
}

impl Span {
    /// The first instant, which names the span among those of its period. Of all time it is the epoch.
    #[must_use]
    pub fn starts_at(&self) -> DateTime<Utc> {
        self.window.start.unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// Neither a zone's name nor an alias in the IANA database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an IANA time zone such as Asia/Jakarta")]
pub struct UnknownZone(String);

/// The business calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusinessCalendar {
    zone: Tz,
}

impl BusinessCalendar {
    /// The calendar of the zone with this IANA name.
    ///
    /// # Errors
    /// [`UnknownZone`] when there is none.
    pub fn in_zone(name: &str) -> Result<Self, UnknownZone> {
        name.parse().map(|zone| Self { zone }).map_err(|_| UnknownZone(name.to_owned()))
    }

    /// The IANA name of the zone.
    #[must_use]
    pub fn zone_name(&self) -> &'static str {
        self.zone.name()
    }

    /// The span of `period` that `now` lies in.
    #[must_use]
    pub fn span(&self, period: Period, now: DateTime<Utc>) -> Span {
        Span { period, window: self.window(period, now) }
    }

    /// All spans that `now` lies in, one of each period.
    #[must_use]
    pub fn spans(&self, now: DateTime<Utc>) -> [Span; 5] {
        Period::EVERY.map(|period| self.span(period, now))
    }

    /// The day that `now` lies in.
    #[must_use]
    pub fn date(&self, now: DateTime<Utc>) -> NaiveDate {
        now.with_timezone(&self.zone).date_naive()
    }

    /// The stretch from the beginning of the day `first` to the end of the day `last`; unbounded where there is none.
    #[must_use]
    pub fn days(&self, first: Option<NaiveDate>, last: Option<NaiveDate>) -> Window {
        let next = |day: NaiveDate| day.checked_add_days(Days::new(1));
        Window {
            start: first.map(|day| self.start_of_day(day)),
            end: last.and_then(next).map(|day| self.start_of_day(day)),
        }
    }

    /// The window of `period` that `now` lies in.
    #[must_use]
    pub fn window(&self, period: Period, now: DateTime<Utc>) -> Window {
        let today = self.date(now);
        let until = |first: Option<NaiveDate>, next: Option<NaiveDate>| Window {
            start: first.map(|day| self.start_of_day(day)),
            end: next.map(|day| self.start_of_day(day)),
        };
        match period {
            Period::Hourly => self.hour_of(now),
            Period::Daily => until(Some(today), today.checked_add_days(Days::new(1))),
            Period::Weekly => {
                let since_monday = u64::from(today.weekday().num_days_from_monday());
                let monday = today.checked_sub_days(Days::new(since_monday));
                until(monday, monday.and_then(|day| day.checked_add_days(Days::new(7))))
            }
            Period::Monthly => {
                let first = today.with_day(1);
                until(first, first.and_then(|day| day.checked_add_months(Months::new(1))))
            }
            Period::All => Window::ALWAYS,
        }
    }

    /// The clock hour that `now` lies in. Where a clock change does not fall on a full hour, it ends one and begins another.
    fn hour_of(&self, now: DateTime<Utc>) -> Window {
        let local = now.with_timezone(&self.zone);
        let since_full =
            TimeDelta::seconds(i64::from(local.minute()).saturating_mul(60).saturating_add(i64::from(local.second())));
        let within_second = TimeDelta::nanoseconds(i64::from(now.timestamp_subsec_nanos()));
        let full = now.checked_sub_signed(since_full).and_then(|at| at.checked_sub_signed(within_second));
        let Some(full) = full else { return Window::ALWAYS };
        let offset = |at: DateTime<Utc>| at.with_timezone(&self.zone).offset().fix();
        let minutes = || (0..=60).filter_map(|minute| full.checked_add_signed(TimeDelta::minutes(minute)));
        let is_same = |at: &DateTime<Utc>| offset(*at) == local.offset().fix();
        Window {
            start: minutes().find(is_same),
            end: minutes()
                .find(|at| *at > now && !is_same(at))
                .or_else(|| full.checked_add_signed(TimeDelta::hours(1))),
        }
    }

    /// The first instant of a local day. Where a clock change swallows midnight, the day begins when the clocks have moved.
    fn start_of_day(&self, day: NaiveDate) -> DateTime<Utc> {
        /// Clock changes happen on quarters of an hour, and the longest (a skipped day) takes 24 hours.
        const STEP: TimeDelta = TimeDelta::minutes(15);
        const STEPS_MAX: u32 = 26 * 4;

        let mut local = NaiveDateTime::new(day, NaiveTime::MIN);
        for _ in 0..STEPS_MAX {
            // Of two midnights the earlier one begins the day.
            if let Some(instant) = self.zone.from_local_datetime(&local).earliest() {
                return instant.with_timezone(&Utc);
            }
            local = local.checked_add_signed(STEP).unwrap_or(local);
        }
        NaiveDateTime::new(day, NaiveTime::MIN).and_utc()
    }
}

impl fmt::Display for BusinessCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.zone_name())
    }
}

#[cfg(test)]
mod tests;
