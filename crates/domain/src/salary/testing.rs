//! Facts for the tests of salaries: week 2026-W48 in Jakarta, from 2026-11-22T17:00:00Z.

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::{
    agency::Membership,
    id::{AgencyId, LiveSessionId, MembershipId, UserId},
    money::Diamonds,
    time::{BusinessCalendar, BusinessWeek},
};

pub(super) const HOST: UserId = UserId::new(1);
pub(super) const OWNER: UserId = UserId::new(2);
pub(super) const AGENCY: AgencyId = AgencyId::new(1_000_000);
pub(super) const OTHER_AGENCY: AgencyId = AgencyId::new(2_000_000);

pub(super) fn calendar(zone: &str) -> BusinessCalendar {
    BusinessCalendar::in_zone(zone).unwrap()
}

pub(super) fn jakarta() -> BusinessCalendar {
    calendar("Asia/Jakarta")
}

pub(super) fn week(text: &str) -> BusinessWeek {
    text.parse().unwrap()
}

pub(super) fn diamonds(amount: i64) -> Diamonds {
    Diamonds::new(amount).unwrap()
}

/// So many minutes after the beginning of Monday.
pub(super) fn minute(minutes: i64) -> DateTime<Utc> {
    "2026-11-22T17:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

/// The minute of a time of day, Monday being day 0.
pub(super) fn on(day: i64, hour: i64, minute_of_hour: i64) -> DateTime<Utc> {
    minute(day * 1_440 + hour * 60 + minute_of_hour)
}

pub(super) fn session(id: i64, start: DateTime<Utc>, minutes: i64) -> SessionPart {
    SessionPart { id: LiveSessionId::new(id), start, end: start + TimeDelta::minutes(minutes) }
}

pub(super) fn membership(id: i64, agency: AgencyId, from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Membership {
    Membership::new(MembershipId::new(id), HOST, agency, from, until).unwrap()
}

/// `date` is a day of November 2026.
pub(super) fn gift(membership: i64, date: u32, amount: i64) -> GiftDay {
    let date = chrono::NaiveDate::from_ymd_opt(2026, 11, date).unwrap();
    GiftDay { membership: MembershipId::new(membership), date, diamonds: diamonds(amount) }
}

/// A member of one agency since long before the week.
pub(super) fn raw(sessions: Vec<SessionPart>, gifts: Vec<GiftDay>) -> RawWeek {
    let since_june = membership(5, AGENCY, "2026-06-01T00:00:00Z".parse().unwrap(), None);
    RawWeek { host: HOST, week: week("2026-W48"), memberships: vec![since_june], sessions, gifts }
}

pub(super) fn inputs(raw: RawWeek) -> WeekInputs {
    WeekInputs::new(jakarta(), raw).unwrap()
}

pub(super) fn version(policy: SalaryPolicy) -> PolicyVersion {
    PolicyVersion { number: 3, from: BusinessWeek::first(), policy }
}

/// By the built-in policy.
pub(super) fn statement(raw: RawWeek) -> Statement {
    Statement::of(&version(SalaryPolicy::built_in()), &inputs(raw))
}

/// A row of hours, valid days and diamonds that pays a salary.
pub(super) fn row(hours: i64, valid_days: i64, gift_diamonds: i64, salary: i64) -> RowDraft {
    RowDraft {
        minutes: hours * 60,
        valid_days,
        gift_diamonds,
        first_week: None,
        last_week: None,
        salary,
        reduction: None,
    }
}

/// Sessions from half an hour on, days from two hours on, four hours a day at most.
pub(super) fn draft(rows: Vec<RowDraft>) -> PolicyDraft {
    PolicyDraft { rows, ..PolicyDraft::built_in() }
}

pub(super) fn policy(rows: Vec<RowDraft>) -> SalaryPolicy {
    SalaryPolicy::parse(&draft(rows)).unwrap()
}
