//! What a week is worth: data that is read from above, not a formula.
//!
//! A row asks for minutes, valid days and gift diamonds, and may be for certain weeks of a host's membership only. It is
//! reached *in full* when all its conditions hold; then it pays its salary. A row with a [`Reduction`] is reached *in part*
//! when only figures that it names are missed; then it pays that part of its salary. **The last row in the order that is
//! reached wins**, in full or in part, whatever the others would pay: a row with a reduction is the same as two rows, the
//! part directly before the whole. So whoever writes a policy rules by the order; what pays more has no say.
//!
//! Rows with weeks come where the order wants them: a row for a host's first month *before* the others is what a newcomer
//! gets unless he reaches more, *behind* them it is what he gets instead.

mod draft;
mod figure;

pub use draft::{InvalidPolicy, PolicyDraft, ReductionDraft, RowDraft, RowProblem};
pub use figure::{Figure, FigureSet};

use std::fmt;

use crate::money::{BasisPoints, Diamonds};

/// The most rows of a policy.
pub const POLICY_ROWS_MAX: usize = 64;
/// The highest salary of a week, in diamonds.
pub const SALARY_MAX: i64 = 1_000_000_000;
/// The minutes of the longest day, on which the clocks are moved back by an hour.
pub const DAY_MINUTES_MAX: u32 = 25 * 60;
/// The highest week of membership that a row may name: ten years.
pub const MEMBERSHIP_WEEKS_MAX: u32 = 520;

/// The figures of a host's week, as a policy counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekFigures {
    /// Minutes of valid sessions, each day's cut at the daily cap.
    pub minutes: u32,
    /// Days with enough minutes.
    pub valid_days: u32,
    /// What gifts brought.
    pub gift_diamonds: Diamonds,
    /// The how-many-th week with a membership this is in the host's life, from 1.
    pub membership_week: u32,
}

/// For which weeks of a host's membership a row is, both included; unbounded where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MembershipWeeks {
    /// From this week on.
    pub first: Option<u32>,
    /// Up to this week.
    pub last: Option<u32>,
}

impl MembershipWeeks {
    /// Every week.
    pub const EVERY: Self = Self { first: None, last: None };

    /// Whether `week` is one of them.
    #[must_use]
    pub fn contains(self, week: u32) -> bool {
        self.first.is_none_or(|first| first <= week) && self.last.is_none_or(|last| week <= last)
    }

    /// Whether every week of `other` is one of them.
    fn covers(self, other: Self) -> bool {
        self.first.unwrap_or(1) <= other.first.unwrap_or(1)
            && self.last.is_none_or(|last| other.last.is_some_and(|other| other <= last))
    }
}

/// What is paid when some figures are missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reduction {
    /// Which figures may be missed, by however much.
    pub missable: FigureSet,
    /// The part of the salary, floored.
    pub part: BasisPoints,
}

/// A row: what it asks for, and what it pays. Made by [`SalaryPolicy::parse`] only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyRow {
    minutes: u32,
    valid_days: u32,
    gift_diamonds: Diamonds,
    weeks: MembershipWeeks,
    salary: Diamonds,
    reduction: Option<Reduction>,
}

impl PolicyRow {
    /// The figures that a week misses.
    fn missed(&self, week: &WeekFigures) -> FigureSet {
        FigureSet {
            minutes: week.minutes < self.minutes,
            valid_days: week.valid_days < self.valid_days,
            gift_diamonds: week.gift_diamonds < self.gift_diamonds,
        }
    }

    /// What a week is paid by this row, and what it misses; `None` when the row is not reached.
    fn pays(&self, week: &WeekFigures) -> Option<(Diamonds, FigureSet)> {
        if !self.weeks.contains(week.membership_week) {
            return None;
        }
        let missed = self.missed(week);
        if missed.is_empty() {
            return Some((self.salary, missed));
        }
        let reduction = self.reduction.filter(|reduction| missed.is_within(reduction.missable))?;
        Some((self.salary.part(reduction.part), missed))
    }
}

/// The row that won, and what it pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Award {
    /// Its place in the policy, from 1.
    pub row: usize,
    /// What the week missed, and was paid less for.
    pub missed: FigureSet,
    /// At least one diamond.
    pub salary: Diamonds,
}

/// A salary policy: always a whole and valid one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalaryPolicy {
    session_minutes: u32,
    day_minutes: u32,
    daily_cap: u32,
    rows: Vec<PolicyRow>,
}

impl SalaryPolicy {
    /// A policy from plain data.
    ///
    /// # Errors
    /// [`InvalidPolicy`], for the first thing that is wrong.
    pub fn parse(draft: &PolicyDraft) -> Result<Self, InvalidPolicy> {
        draft::parse(draft)
    }

    /// The policy of a server whose administrators have activated none.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a constant, which a test parses")]
    pub fn built_in() -> Self {
        Self::parse(&PolicyDraft::built_in()).expect("the built-in policy is one")
    }

    /// The policy as plain data: parsed again, it is the same one.
    #[must_use]
    pub fn to_draft(&self) -> PolicyDraft {
        draft::render(self)
    }

    /// How many minutes of a session must lie in the week for it to count.
    #[must_use]
    pub const fn session_minutes(&self) -> u32 {
        self.session_minutes
    }

    /// From how many minutes of valid sessions on a day counts.
    #[must_use]
    pub const fn day_minutes(&self) -> u32 {
        self.day_minutes
    }

    /// How many minutes of a day count at most.
    #[must_use]
    pub const fn daily_cap(&self) -> u32 {
        self.daily_cap
    }

    /// What a week is paid: by the last row in the order that it reaches. `None`: it reaches none.
    #[must_use]
    pub fn award(&self, week: &WeekFigures) -> Option<Award> {
        let reached = |(place, row): (usize, &PolicyRow)| {
            let (salary, missed) = row.pays(week)?;
            Some(Award { row: place.saturating_add(1), missed, salary })
        };
        self.rows.iter().enumerate().rev().find_map(reached)
    }
}

impl fmt::Display for SalaryPolicy {
    /// One line for the policy and one for each row; the same policy gives the same text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { session_minutes, day_minutes, daily_cap, rows } = self;
        write!(f, "session_minutes={session_minutes} day_minutes={day_minutes} daily_cap={daily_cap}")?;
        for row in rows {
            let PolicyRow { minutes, valid_days, gift_diamonds, weeks, salary, reduction } = row;
            write!(f, "\nminutes={minutes} days={valid_days} diamonds={gift_diamonds}")?;
            if let Some(first) = weeks.first {
                write!(f, " weeks_from={first}")?;
            }
            if let Some(last) = weeks.last {
                write!(f, " weeks_to={last}")?;
            }
            write!(f, " salary={salary}")?;
            if let Some(Reduction { missable, part }) = reduction {
                write!(f, " missing={missable} part={}", part.value())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
