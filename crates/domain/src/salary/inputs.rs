//! What a statement is made from: the facts of one host's week, put in one order and looked at once.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{
    agency::{MEMBERSHIPS_MAX, Membership},
    id::{AgencyId, LiveSessionId, MembershipId, UserId},
    money::Diamonds,
    time::{BusinessCalendar, BusinessDay, BusinessWeek, DAYS_OF_WEEK},
};

/// What is shorter counts under no policy and is not listed.
pub const SESSION_LISTED_MIN: TimeDelta = TimeDelta::minutes(1);
/// The most sessions of one week: one after the other, each as short as is listed, in the longest week.
pub const WEEK_SESSIONS_MAX: usize = 10_200;

/// A live session, or the part of it that lies in a week, from `start` (included) to `end` (excluded).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionPart {
    /// When it began.
    pub start: DateTime<Utc>,
    /// When it ended. Of one that runs on: its last sign of life.
    pub end: DateTime<Utc>,
    /// The session.
    pub id: LiveSessionId,
}

/// What gifts brought on one day within one membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiftDay {
    /// Within which membership.
    pub membership: MembershipId,
    /// On which day.
    pub date: NaiveDate,
    /// How much.
    pub diamonds: Diamonds,
}

/// The facts of a host's week as the store holds them, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawWeek {
    /// Whose week.
    pub host: UserId,
    /// Which week.
    pub week: BusinessWeek,
    /// Every membership of the host that began before the week's end, ended or not.
    pub memberships: Vec<Membership>,
    /// Every session of his that touches the week, those of less than [`SESSION_LISTED_MIN`] within it or not.
    pub sessions: Vec<SessionPart>,
    /// What gifts brought on each day of the week, by membership; days without gifts or not.
    pub gifts: Vec<GiftDay>,
}

/// The part of a membership that lies in a week, from `start` (included) to `end` (excluded).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MembershipPart {
    /// The membership.
    pub id: MembershipId,
    /// In which agency.
    pub agency: AgencyId,
    /// From when on.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
}

/// Facts that cannot be: the store is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInputs {
    /// A membership of somebody else, or two that overlap, or too many.
    #[error("the memberships are not those of one host")]
    Memberships,
    /// A session that ends before it begins, one that comes twice, or too many.
    #[error("the sessions are not those of one host")]
    Sessions,
    /// Diamonds of a day without membership, of a day that comes twice, or too many.
    #[error("the gifts are not those of one host's week")]
    Gifts,
}

/// The facts of a host's week: each within the week, each once, in one order whatever the store's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekInputs {
    pub(super) host: UserId,
    pub(super) week: BusinessWeek,
    pub(super) days: [BusinessDay; DAYS_OF_WEEK],
    pub(super) memberships: Vec<MembershipPart>,
    pub(super) membership_week: u32,
    pub(super) payee: Option<AgencyId>,
    pub(super) sessions: Vec<SessionPart>,
    pub(super) gifts: Vec<GiftDay>,
    pub(super) gift_diamonds: Diamonds,
}

impl WeekInputs {
    /// The facts, looked at. What lies outside the week, and what was done while the host belonged to no agency, is left out.
    ///
    /// # Errors
    /// [`InvalidInputs`].
    pub fn new(calendar: BusinessCalendar, raw: RawWeek) -> Result<Self, InvalidInputs> {
        let RawWeek { host, week, mut memberships, sessions, gifts } = raw;
        let days = calendar.days_of(week);
        let [BusinessDay { start, .. }, .., BusinessDay { end, .. }] = days;
        memberships.retain(|membership| membership.until() != Some(membership.from()));
        memberships.sort_by_key(Membership::from);
        let overlap =
            |(before, after): (&Membership, &Membership)| before.until().is_none_or(|until| until > after.from());
        let is_foreign = memberships.iter().any(|membership| membership.host() != host);
        if is_foreign
            || memberships.len() > MEMBERSHIPS_MAX
            || memberships.iter().zip(memberships.iter().skip(1)).any(overlap)
        {
            return Err(InvalidInputs::Memberships);
        }
        let part = |membership: &Membership| {
            let (start, end) = membership.clip(start, end)?;
            Some(MembershipPart { id: membership.id(), agency: membership.agency(), start, end })
        };
        let parts: Vec<_> = memberships.iter().filter_map(part).collect();
        let payee = memberships.iter().find(|membership| membership.reaches(end)).map(Membership::agency);
        let sessions = sessions_within(sessions, start, end, &parts)?;
        let (gifts, gift_diamonds) = gifts_within(gifts, &days, &parts)?;
        let membership_week = membership_week(calendar, week, &memberships);
        Ok(Self { host, week, days, memberships: parts, membership_week, payee, sessions, gifts, gift_diamonds })
    }

    /// Whose week.
    #[must_use]
    pub const fn host(&self) -> UserId {
        self.host
    }

    /// Which week.
    #[must_use]
    pub const fn week(&self) -> BusinessWeek {
        self.week
    }
}

fn sessions_within(
    sessions: Vec<SessionPart>,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    memberships: &[MembershipPart],
) -> Result<Vec<SessionPart>, InvalidInputs> {
    if sessions.iter().any(|session| session.end < session.start) {
        return Err(InvalidInputs::Sessions);
    }
    let clip =
        |session: SessionPart| SessionPart { start: session.start.max(start), end: session.end.min(end), ..session };
    let is_listed = |session: &SessionPart| {
        let is_members = |part: &MembershipPart| part.start < session.end && session.start < part.end;
        session.end.signed_duration_since(session.start) >= SESSION_LISTED_MIN && memberships.iter().any(is_members)
    };
    let mut listed: Vec<_> = sessions.into_iter().map(clip).filter(is_listed).collect();
    listed.sort_unstable();
    let mut ids: Vec<_> = listed.iter().map(|session| session.id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() != listed.len() || listed.len() > WEEK_SESSIONS_MAX {
        Err(InvalidInputs::Sessions)
    } else {
        Ok(listed)
    }
}

fn gifts_within(
    mut gifts: Vec<GiftDay>,
    days: &[BusinessDay],
    memberships: &[MembershipPart],
) -> Result<(Vec<GiftDay>, Diamonds), InvalidInputs> {
    gifts.retain(|gift| gift.diamonds > Diamonds::ZERO);
    gifts.sort_unstable_by_key(|gift| (gift.date, gift.membership));
    let is_twice = |(one, other): (&GiftDay, &GiftDay)| (one.date, one.membership) == (other.date, other.membership);
    let is_covered = |gift: &GiftDay| {
        let day = days.iter().find(|day| day.date == gift.date);
        let part = memberships.iter().find(|part| part.id == gift.membership);
        day.zip(part).is_some_and(|(day, part)| part.start < day.end && day.start < part.end)
    };
    if !gifts.iter().all(is_covered) || gifts.iter().zip(gifts.iter().skip(1)).any(is_twice) {
        return Err(InvalidInputs::Gifts);
    }
    let total = gifts.iter().try_fold(Diamonds::ZERO, |sum, gift| sum.checked_add(gift.diamonds));
    total.map(|total| (gifts, total)).ok_or(InvalidInputs::Gifts)
}

/// The how-many-th week this is that a membership of the host touches: who leaves and comes back is no newcomer, and weeks
/// between do not count. 0 when none does yet.
fn membership_week(calendar: BusinessCalendar, week: BusinessWeek, memberships: &[Membership]) -> u32 {
    let (mut weeks, mut counted_to) = (0_i64, None::<BusinessWeek>);
    for membership in memberships {
        let last_instant = membership.until().and_then(|until| until.checked_sub_signed(TimeDelta::microseconds(1)));
        let last = last_instant.map_or(week, |instant| calendar.week(instant)).min(week);
        let first =
            calendar.week(membership.from()).max(counted_to.map_or_else(BusinessWeek::first, BusinessWeek::next));
        if first <= last {
            weeks = weeks.saturating_add(last.weeks_since(first)).saturating_add(1);
            counted_to = Some(last);
        }
    }
    u32::try_from(weeks).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
