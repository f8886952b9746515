//! Salaries: what a policy pays for a host's week, when a week closes, and the decision of the agency.
//!
//! A week becomes money in four steps, each a pure function: the facts are put in order ([`WeekInputs`]), a policy makes a
//! [`Statement`] of them, the statement's [claim](Statement::claim) waits as a [`SalaryRequest`], and the owner of the
//! agency has it paid or not ([`decide_salary`]).

mod closing;
mod closing_service;
mod comparison;
mod inputs;
mod policy;
mod ports;
mod request;
mod service;
mod statement;
#[cfg(test)]
mod testing;
mod versions;

pub use closing::{CLOSING_DELAY, ClosingProgress, WEEKS_PER_RUN_MAX, closes_at, due_weeks, next_closing};
pub use closing_service::{ClosingReport, ClosingService, FAILURES_MAX};
pub use comparison::{DRY_RUN_CHANGES_MAX, DRY_RUN_WEEKS_MAX, DryRun, SalaryChange};
pub use inputs::{
    GiftDay, InvalidInputs, MembershipPart, RawWeek, SESSION_LISTED_MIN, SessionPart, WEEK_SESSIONS_MAX, WeekInputs,
};
pub use policy::{
    Award, DAY_MINUTES_MAX, Figure, FigureSet, InvalidPolicy, MEMBERSHIP_WEEKS_MAX, MembershipWeeks, POLICY_ROWS_MAX,
    PolicyDraft, PolicyRow, Reduction, ReductionDraft, RowDraft, RowProblem, SALARY_MAX, SalaryPolicy, WeekFigures,
};
pub use ports::*;
pub use request::{
    Payout, SalaryContext, SalaryDecisionError, SalaryOrder, SalaryPosting, SalaryReceipt, SalaryRefusal,
    SalaryRequest, decide_salary,
};
pub use service::{PolicyService, SalaryService};
pub use statement::{DayFigures, MembershipDay, MembershipStatement, SalaryClaim, StatedSession, Statement};
pub use versions::{
    ActivationError, ActivationOrder, ActivationPosting, ActivationRefusal, POLICY_VERSIONS_MAX,
    POLICY_WEEKS_AHEAD_MAX, PolicyHistory, PolicyVersion, activate,
};
