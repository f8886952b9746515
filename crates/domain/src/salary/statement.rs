//! What a host did in a week and what it is worth: a pure function of a policy and the facts.
//!
//! A session is *valid* when enough of it lies in the week; on which days, and in which membership, is not asked. The
//! time of valid sessions counts on the days on which it was, within memberships only, every instant once. Minutes are
//! whole minutes of a day; what is above the daily cap does not count. The whole week decides one salary.

use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Award, PolicyVersion, SessionPart, WeekFigures, WeekInputs};
use crate::{
    id::{AgencyId, LiveSessionId, MembershipId, UserId},
    money::Diamonds,
    time::{BusinessDay, BusinessWeek, DAYS_OF_WEEK},
};

/// A session as a statement lists it: the part of it that lies in the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatedSession {
    /// The part.
    pub part: SessionPart,
    /// Whether it is long enough to count.
    pub is_valid: bool,
}

/// A day within one membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MembershipDay {
    /// Which day.
    pub date: NaiveDate,
    /// How long valid sessions were on it, to the microsecond.
    pub live: TimeDelta,
    /// What gifts brought.
    pub gift_diamonds: Diamonds,
}

/// The inputs of one membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipStatement {
    /// The membership.
    pub membership: MembershipId,
    /// In which agency.
    pub agency: AgencyId,
    /// From when on, within the week.
    pub start: DateTime<Utc>,
    /// Until when, within the week.
    pub end: DateTime<Utc>,
    /// The sessions that touch it, valid or not.
    pub sessions: Vec<LiveSessionId>,
    /// Its days, from Monday, those that it does not touch left out.
    pub days: Vec<MembershipDay>,
}

/// A day of the week, all memberships together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayFigures {
    /// Which day.
    pub date: NaiveDate,
    /// Whole minutes of valid sessions.
    pub minutes: u32,
    /// Those of them that count.
    pub counted_minutes: u32,
    /// Whether there are enough.
    pub is_valid: bool,
    /// What gifts brought.
    pub gift_diamonds: Diamonds,
}

/// A week of a host. The same policy and the same facts give the same statement, and the same text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Whose week.
    pub host: UserId,
    /// Which week.
    pub week: BusinessWeek,
    /// By which version of the policy.
    pub policy: u32,
    /// The sessions, in the order in which they began.
    pub sessions: Vec<StatedSession>,
    /// The inputs by membership, the first one first.
    pub memberships: Vec<MembershipStatement>,
    /// The seven days.
    pub days: [DayFigures; DAYS_OF_WEEK],
    /// What the policy looked at.
    pub figures: WeekFigures,
    /// What it awards.
    pub award: Option<Award>,
    /// The agency that the host belongs to when the week ends.
    pub payee: Option<AgencyId>,
}

/// A salary that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SalaryClaim {
    /// Whose salary.
    pub host: UserId,
    /// For which week.
    pub week: BusinessWeek,
    /// Which agency decides.
    pub agency: AgencyId,
    /// How much.
    pub salary: Diamonds,
    /// How many valid sessions the week had.
    pub valid_sessions: u32,
}

impl Statement {
    /// The statement of a week.
    #[must_use]
    pub fn of(version: &PolicyVersion, inputs: &WeekInputs) -> Self {
        let least = TimeDelta::minutes(i64::from(version.policy.session_minutes()));
        let state = |part: &SessionPart| StatedSession {
            part: *part,
            is_valid: part.end.signed_duration_since(part.start) >= least,
        };
        let sessions: Vec<_> = inputs.sessions.iter().map(state).collect();
        let pieces = counted_once(&sessions);
        let memberships: Vec<_> = (0..inputs.memberships.len())
            .filter_map(|place| membership_statement(inputs, place, &sessions, &pieces))
            .collect();
        let days = inputs.days.map(|day| day_figures(version, day.date, &memberships));
        let figures = WeekFigures {
            minutes: days.iter().fold(0, |sum, day| sum.saturating_add(day.counted_minutes)),
            valid_days: count(days.iter().filter(|day| day.is_valid)),
            gift_diamonds: inputs.gift_diamonds,
            membership_week: inputs.membership_week,
        };
        let award = version.policy.award(&figures);
        let (host, week, policy, payee) = (inputs.host, inputs.week, version.number, inputs.payee);
        Self { host, week, policy, sessions, memberships, days, figures, award, payee }
    }

    /// How many sessions count.
    #[must_use]
    pub fn valid_sessions(&self) -> u32 {
        count(self.sessions.iter().filter(|session| session.is_valid))
    }

    /// The salary that is asked for; `None` when the week is worth none, or the host belongs to no agency when it ends.
    #[must_use]
    pub fn claim(&self) -> Option<SalaryClaim> {
        let (award, agency) = (self.award?, self.payee?);
        let (host, week, salary) = (self.host, self.week, award.salary);
        Some(SalaryClaim { host, week, agency, salary, valid_sessions: self.valid_sessions() })
    }

    /// The inputs that are one agency's: what its figures count in this week.
    pub fn inputs_of(&self, agency: AgencyId) -> impl Iterator<Item = &MembershipStatement> {
        self.memberships.iter().filter(move |membership| membership.agency == agency)
    }
}

fn count(items: impl Iterator) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// The time of valid sessions, without what an earlier one covers already.
fn counted_once(sessions: &[StatedSession]) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let mut covered_to = DateTime::<Utc>::MIN_UTC;
    let mut pieces = Vec::with_capacity(sessions.len());
    for StatedSession { part, .. } in sessions.iter().filter(|session| session.is_valid) {
        let start = part.start.max(covered_to);
        if start < part.end {
            pieces.push((start, part.end));
            covered_to = part.end;
        }
    }
    pieces
}

fn membership_statement(
    inputs: &WeekInputs,
    place: usize,
    sessions: &[StatedSession],
    pieces: &[(DateTime<Utc>, DateTime<Utc>)],
) -> Option<MembershipStatement> {
    let part = inputs.memberships.get(place)?;
    let day = |day: &BusinessDay| {
        let (start, end) = (day.start.max(part.start), day.end.min(part.end));
        if start >= end {
            return None;
        }
        let overlap = |piece: &(DateTime<Utc>, DateTime<Utc>)| {
            piece.1.min(end).signed_duration_since(piece.0.max(start)).max(TimeDelta::zero())
        };
        let live =
            pieces.iter().map(overlap).fold(TimeDelta::zero(), |sum, piece| sum.checked_add(&piece).unwrap_or(sum));
        let gift = inputs.gifts.iter().find(|gift| gift.membership == part.id && gift.date == day.date);
        let gift_diamonds = gift.map_or(Diamonds::ZERO, |gift| gift.diamonds);
        Some(MembershipDay { date: day.date, live, gift_diamonds })
    };
    let touches = |session: &&StatedSession| session.part.start < part.end && part.start < session.part.end;
    Some(MembershipStatement {
        membership: part.id,
        agency: part.agency,
        start: part.start,
        end: part.end,
        sessions: sessions.iter().filter(touches).map(|session| session.part.id).collect(),
        days: inputs.days.iter().filter_map(day).collect(),
    })
}

/// A day as all memberships together make it.
fn day_figures(version: &PolicyVersion, date: NaiveDate, memberships: &[MembershipStatement]) -> DayFigures {
    let of_day = memberships.iter().flat_map(|membership| &membership.days).filter(|day| day.date == date);
    let (mut live, mut gift_diamonds) = (TimeDelta::zero(), Diamonds::ZERO);
    for day in of_day {
        live = live.checked_add(&day.live).unwrap_or(live);
        // Never too much: the diamonds of the whole week are an amount.
        gift_diamonds = gift_diamonds.checked_add(day.gift_diamonds).unwrap_or(gift_diamonds);
    }
    let minutes = u32::try_from(live.num_minutes()).unwrap_or_default();
    let counted_minutes = minutes.min(version.policy.daily_cap());
    DayFigures { date, minutes, counted_minutes, is_valid: minutes >= version.policy.day_minutes(), gift_diamonds }
}

impl fmt::Display for Statement {
    /// The whole statement as text, to be hashed and compared: equal statements have equal texts, and unequal ones unequal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "statement host={} week={} policy={}", self.host, self.week, self.policy)?;
        for membership in &self.memberships {
            let MembershipStatement { membership, agency, start, end, sessions, days } = membership;
            let (start, end) = (start.timestamp_micros(), end.timestamp_micros());
            write!(f, "membership {membership} agency={agency} from={start} to={end} sessions=")?;
            sessions
                .iter()
                .enumerate()
                .try_for_each(|(place, id)| write!(f, "{}{id}", if place == 0 { "" } else { "," }))?;
            writeln!(f)?;
            for MembershipDay { date, live, gift_diamonds } in days {
                let live = live.num_microseconds().unwrap_or_default();
                writeln!(f, "  {date} live={live} diamonds={gift_diamonds}")?;
            }
        }
        for StatedSession { part, is_valid } in &self.sessions {
            let (start, end) = (part.start.timestamp_micros(), part.end.timestamp_micros());
            writeln!(f, "session {} from={start} to={end} valid={is_valid}", part.id)?;
        }
        for DayFigures { date, minutes, counted_minutes, is_valid, gift_diamonds } in &self.days {
            let counted = counted_minutes;
            writeln!(f, "day {date} minutes={minutes} counted={counted} valid={is_valid} diamonds={gift_diamonds}")?;
        }
        let WeekFigures { minutes, valid_days, gift_diamonds, membership_week } = self.figures;
        writeln!(
            f,
            "week minutes={minutes} days={valid_days} diamonds={gift_diamonds} membership_week={membership_week}"
        )?;
        match self.award {
            Some(Award { row, missed, salary }) => writeln!(f, "award row={row} missed={missed} salary={salary}")?,
            None => writeln!(f, "award none")?,
        }
        match self.payee {
            Some(agency) => writeln!(f, "payee {agency}"),
            None => writeln!(f, "payee none"),
        }
    }
}

#[cfg(test)]
mod tests;
