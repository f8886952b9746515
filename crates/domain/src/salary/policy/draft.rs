//! Policies as plain data: what an administrator writes, and what is wrong with it.

use super::{
    DAY_MINUTES_MAX, Figure, FigureSet, MEMBERSHIP_WEEKS_MAX, MembershipWeeks, POLICY_ROWS_MAX, PolicyRow, Reduction,
    SALARY_MAX, SalaryPolicy,
};
use crate::money::{AMOUNT_MAX, BasisPoints, Diamonds};

/// A policy as it is written: numbers that nobody has looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDraft {
    /// How many minutes of a session must lie in the week for it to count.
    pub valid_session_minutes: i64,
    /// From how many minutes on a day counts.
    pub valid_day_minutes: i64,
    /// How many minutes of a day count at most.
    pub daily_cap_minutes: i64,
    /// The rows; the last one that is reached wins.
    pub rows: Vec<RowDraft>,
}

/// A row as it is written. A figure of zero is not asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDraft {
    /// At least so many minutes.
    pub minutes: i64,
    /// At least so many valid days.
    pub valid_days: i64,
    /// At least so many diamonds by gifts.
    pub gift_diamonds: i64,
    /// From this week of membership on.
    pub first_week: Option<i64>,
    /// Up to this week of membership.
    pub last_week: Option<i64>,
    /// Pays so many diamonds.
    pub salary: i64,
    /// Pays less when some figures are missed.
    pub reduction: Option<ReductionDraft>,
}

/// What is paid when some figures are missed, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReductionDraft {
    /// The words of the [figures](Figure) that may be missed.
    pub missed: Vec<String>,
    /// The part of the salary, in hundredths of a per cent.
    pub basis_points: i64,
}

/// Why a draft is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// The minutes of a valid session.
    #[error("a valid session has 1 to {DAY_MINUTES_MAX} minutes")]
    SessionMinutes,
    /// The minutes of a valid day.
    #[error("a valid day has 1 to {DAY_MINUTES_MAX} minutes")]
    DayMinutes,
    /// The daily cap.
    #[error("the daily cap lies between the minutes of a valid day and {DAY_MINUTES_MAX}")]
    DailyCap,
    /// None, or too many.
    #[error("a policy has 1 to {POLICY_ROWS_MAX} rows")]
    Rows,
    /// A row is none.
    #[error("row {row}: {problem}")]
    Row {
        /// Which, from 1.
        row: usize,
        /// What is wrong with it.
        problem: RowProblem,
    },
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// More minutes than a week has under the cap.
    #[error("minutes lie between 0 and seven times the daily cap")]
    Minutes,
    /// More days than a week has.
    #[error("valid days lie between 0 and 7")]
    ValidDays,
    /// No amount.
    #[error("gift diamonds lie between 0 and {AMOUNT_MAX}")]
    GiftDiamonds,
    /// It would pay for nothing.
    #[error("it asks for neither minutes nor valid days nor gift diamonds")]
    NothingAsked,
    /// Weeks that never are.
    #[error("weeks of membership lie between 1 and {MEMBERSHIP_WEEKS_MAX}, the first not behind the last")]
    Weeks,
    /// No salary, or too high a one.
    #[error("a salary lies between 1 and {SALARY_MAX} diamonds")]
    Salary,
    /// A word that names no figure.
    #[error("{0:?} is none of minutes, valid_days and gift_diamonds")]
    UnknownFigure(String),
    /// A figure is named twice, or not asked for.
    #[error("{} is named twice or not asked for", .0.word())]
    NotMissable(Figure),
    /// Nothing is named, or everything that is asked for.
    #[error("what may be missed is some of what is asked for, and not all")]
    MissesAllOrNothing,
    /// Nothing, or no less than the salary.
    #[error("the part lies between 1 and 9999 basis points, and pays at least one diamond")]
    Part,
    /// Whoever reaches it reaches a later one too.
    #[error("it never wins: whoever reaches it reaches row {by} too")]
    NeverWins {
        /// The later row, from 1.
        by: usize,
    },
}

impl PolicyDraft {
    /// The draft of [`SalaryPolicy::built_in`].
    #[must_use]
    pub fn built_in() -> Self {
        const HOURS_DAYS_DIAMONDS_SALARY: [(i64, i64, i64, i64); 5] = [
            (6, 3, 10_000, 2_000),
            (10, 4, 30_000, 6_000),
            (12, 5, 100_000, 20_000),
            (14, 6, 300_000, 60_000),
            (14, 6, 1_000_000, 200_000),
        ];
        let row = |(hours, valid_days, gift_diamonds, salary): (i64, i64, i64, i64)| RowDraft {
            minutes: hours.saturating_mul(60),
            valid_days,
            gift_diamonds,
            first_week: None,
            last_week: None,
            salary,
            reduction: None,
        };
        Self {
            valid_session_minutes: 30,
            valid_day_minutes: 120,
            daily_cap_minutes: 240,
            rows: HOURS_DAYS_DIAMONDS_SALARY.map(row).into(),
        }
    }
}

fn within(number: i64, least: u32, most: u32) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| (least..=most).contains(number))
}

pub(super) fn parse(draft: &PolicyDraft) -> Result<SalaryPolicy, InvalidPolicy> {
    let minutes = |number| within(number, 1, DAY_MINUTES_MAX);
    let session_minutes = minutes(draft.valid_session_minutes).ok_or(InvalidPolicy::SessionMinutes)?;
    let day_minutes = minutes(draft.valid_day_minutes).ok_or(InvalidPolicy::DayMinutes)?;
    let daily_cap = within(draft.daily_cap_minutes, day_minutes, DAY_MINUTES_MAX).ok_or(InvalidPolicy::DailyCap)?;
    if draft.rows.is_empty() || draft.rows.len() > POLICY_ROWS_MAX {
        return Err(InvalidPolicy::Rows);
    }
    let mut rows = Vec::with_capacity(draft.rows.len());
    for (place, row) in (1..).zip(&draft.rows) {
        rows.push(parse_row(row, daily_cap).map_err(|problem| InvalidPolicy::Row { row: place, problem })?);
    }
    for (place, row) in (1_usize..).zip(&rows) {
        let later = (1_usize..).zip(&rows).skip(place);
        if let Some(by) = later.into_iter().find(|(_, later)| is_shadowed(row, later)).map(|(by, _)| by) {
            return Err(InvalidPolicy::Row { row: place, problem: RowProblem::NeverWins { by } });
        }
    }
    Ok(SalaryPolicy { session_minutes, day_minutes, daily_cap, rows })
}

fn parse_row(draft: &RowDraft, daily_cap: u32) -> Result<PolicyRow, RowProblem> {
    let minutes = within(draft.minutes, 0, daily_cap.saturating_mul(7)).ok_or(RowProblem::Minutes)?;
    let valid_days = within(draft.valid_days, 0, 7).ok_or(RowProblem::ValidDays)?;
    let gift_diamonds = Diamonds::new(draft.gift_diamonds).map_err(|_| RowProblem::GiftDiamonds)?;
    if minutes == 0 && valid_days == 0 && gift_diamonds == Diamonds::ZERO {
        return Err(RowProblem::NothingAsked);
    }
    let week =
        |week: Option<i64>| week.map(|week| within(week, 1, MEMBERSHIP_WEEKS_MAX).ok_or(RowProblem::Weeks)).transpose();
    let weeks = MembershipWeeks { first: week(draft.first_week)?, last: week(draft.last_week)? };
    if weeks.last.is_some_and(|last| weeks.first.unwrap_or(1) > last) {
        return Err(RowProblem::Weeks);
    }
    let is_salary = (1..=SALARY_MAX).contains(&draft.salary);
    let salary = Diamonds::new(draft.salary).ok().filter(|_| is_salary).ok_or(RowProblem::Salary)?;
    let mut row = PolicyRow { minutes, valid_days, gift_diamonds, weeks, salary, reduction: None };
    row.reduction = draft.reduction.as_ref().map(|reduction| parse_reduction(reduction, &row)).transpose()?;
    Ok(row)
}

/// What a row asks for.
fn asked(row: &PolicyRow) -> FigureSet {
    FigureSet {
        minutes: row.minutes > 0,
        valid_days: row.valid_days > 0,
        gift_diamonds: row.gift_diamonds > Diamonds::ZERO,
    }
}

fn parse_reduction(draft: &ReductionDraft, row: &PolicyRow) -> Result<Reduction, RowProblem> {
    let mut missable = FigureSet::NONE;
    // No longer than the figures, or one is named twice.
    for word in &draft.missed {
        let figure = Figure::parse(word).ok_or_else(|| RowProblem::UnknownFigure(word.chars().take(40).collect()))?;
        if missable.contains(figure) || !asked(row).contains(figure) {
            return Err(RowProblem::NotMissable(figure));
        }
        missable = missable.with(figure);
    }
    if missable.is_empty() || missable == asked(row) {
        return Err(RowProblem::MissesAllOrNothing);
    }
    let part = u16::try_from(draft.basis_points).ok().and_then(BasisPoints::new);
    let part = part.filter(|part| *part < BasisPoints::WHOLE).ok_or(RowProblem::Part)?;
    if row.salary.part(part) == Diamonds::ZERO { Err(RowProblem::Part) } else { Ok(Reduction { missable, part }) }
}

/// Whether every week that reaches `row`, in full or in part, reaches `later` too.
fn is_shadowed(row: &PolicyRow, later: &PolicyRow) -> bool {
    // What `row` asks for at least, and what `later` asks for at least.
    let least = |row: &PolicyRow| {
        let missable = row.reduction.map_or(FigureSet::NONE, |reduction| reduction.missable);
        let minutes = if missable.minutes { 0 } else { row.minutes };
        let valid_days = if missable.valid_days { 0 } else { row.valid_days };
        (minutes, valid_days, if missable.gift_diamonds { Diamonds::ZERO } else { row.gift_diamonds })
    };
    let ((minutes, days, diamonds), (less_minutes, fewer_days, fewer_diamonds)) = (least(row), least(later));
    later.weeks.covers(row.weeks) && less_minutes <= minutes && fewer_days <= days && fewer_diamonds <= diamonds
}

pub(super) fn render(policy: &SalaryPolicy) -> PolicyDraft {
    let reduction = |reduction: Reduction| ReductionDraft {
        missed: reduction.missable.figures().map(|figure| figure.word().to_owned()).collect(),
        basis_points: i64::from(reduction.part.value()),
    };
    let row = |row: &PolicyRow| RowDraft {
        minutes: i64::from(row.minutes),
        valid_days: i64::from(row.valid_days),
        gift_diamonds: row.gift_diamonds.value(),
        first_week: row.weeks.first.map(i64::from),
        last_week: row.weeks.last.map(i64::from),
        salary: row.salary.value(),
        reduction: row.reduction.map(reduction),
    };
    PolicyDraft {
        valid_session_minutes: i64::from(policy.session_minutes),
        valid_day_minutes: i64::from(policy.day_minutes),
        daily_cap_minutes: i64::from(policy.daily_cap),
        rows: policy.rows.iter().map(row).collect(),
    }
}
