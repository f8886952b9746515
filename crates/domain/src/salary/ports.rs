//! What the rules about salaries need from outside. Each method that decides is one transaction.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    ActivationError, ActivationOrder, ActivationPosting, ActivationRefusal, ClosingProgress, InvalidInputs,
    PolicyHistory, RawWeek, SalaryContext, SalaryDecisionError, SalaryOrder, SalaryPosting, SalaryReceipt,
    SalaryRefusal, SalaryRequest, Statement,
};
use crate::{
    decision::Decision,
    id::{AgencyId, SalaryRequestId, UserId},
    page::{Limit, Page, PageRequest},
    store::StoreError,
    time::{BusinessDay, BusinessWeek, DAYS_OF_WEEK},
};

/// The rule that activates a policy, bound to one order.
pub type ActivationDecision = Decision<PolicyHistory, ActivationPosting, ActivationRefusal>;
/// The rule that makes a statement of a host's week.
pub type StatementDecision = Decision<RawWeek, Statement, InvalidInputs>;
/// The rule that decides on a salary, bound to one order.
pub type SalaryDecision = Decision<SalaryContext, SalaryPosting, SalaryRefusal>;

/// Keeps the versions of the salary policy.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait SalaryPolicies: Send + Sync {
    /// All versions that were activated.
    ///
    /// - MUST never change or lose one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn history(&self) -> Result<PolicyHistory, StoreError>;

    /// Loads the history under lock, calls `decide` once an attempt, and stores the version that it answers with its line of
    /// the audit log, in one transaction.
    ///
    /// - MUST let no two versions have one number.
    ///
    /// # Errors
    /// [`ActivationError::Refused`] from `decide`, [`ActivationError::Store`].
    async fn activate(
        &self,
        order: ActivationOrder,
        decide: ActivationDecision,
    ) -> Result<ActivationPosting, ActivationError>;
}

/// A week of one host that is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseOrder {
    /// Whose week.
    pub host: UserId,
    /// Which week.
    pub week: BusinessWeek,
    /// Its days.
    pub days: [BusinessDay; DAYS_OF_WEEK],
}

/// What closing a week of one host did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It was closed before, by this server or another one; nothing changed.
    Before,
    /// The statement was stored, and no salary is asked for.
    WithoutSalary,
    /// The statement was stored, and a salary waits.
    WithSalary(SalaryRequestId),
}

/// Why a week of one host is not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The facts cannot be. Nothing was stored.
    #[error(transparent)]
    Invalid(#[from] InvalidInputs),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Closes weeks and keeps what they were made from.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait WeekClosings: Send + Sync {
    /// How far closing has come.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn progress(&self) -> Result<ClosingProgress, StoreError>;

    /// The hosts with a membership within the week and no statement of it yet, by id, from behind `after` on.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn open_hosts(
        &self,
        week: BusinessWeek,
        days: [BusinessDay; DAYS_OF_WEEK],
        after: Option<UserId>,
        limit: Limit,
    ) -> Result<Vec<UserId>, StoreError>;

    /// Loads the [`RawWeek`] of a host in one snapshot, calls `decide` once an attempt, and stores what it was given, the
    /// [`Statement`], and a pending request for its [claim](Statement::claim), stamped `at`, in one transaction.
    ///
    /// - MUST do nothing and answer [`Closed::Before`] when there is a statement of this host and week already, also when
    ///   several servers close at once.
    /// - MUST take sessions that run on as ending with their last sign of life, and gifts by the totals of memberships.
    /// - MUST keep what it gave to `decide`, so that [`WeekClosings::frozen`] gives the same statement for ever.
    ///
    /// # Errors
    /// [`CloseError`].
    async fn close(
        &self,
        order: CloseOrder,
        at: DateTime<Utc>,
        decide: StatementDecision,
    ) -> Result<Closed, CloseError>;

    /// Marks a week as closed to the end. Harmless when it is.
    ///
    /// - MUST NOT mark a week while [`WeekClosings::open_hosts`] has anybody for it, or the week before is not closed.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn finish(&self, week: BusinessWeek, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// What the statements of a closed week were made from, by host, from behind `after` on.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn frozen(&self, week: BusinessWeek, after: Option<UserId>, limit: Limit)
    -> Result<Vec<RawWeek>, StoreError>;
}

/// A salary as the owner of its agency and its host see it in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSalary {
    /// The request.
    pub request: SalaryRequest,
    /// The host's name, now.
    pub host_name: String,
    /// The name of the agency.
    pub family_name: String,
}

/// Whose salaries a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SalaryFilter {
    /// Those that an agency decides or has decided on.
    OfAgency(AgencyId),
    /// Those of a host, whichever agencies decide on them.
    OfHost(UserId),
}

/// Keeps salaries that are asked for, and pays them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait SalaryRequests: Send + Sync {
    /// Loads the [`SalaryContext`] of `order` under lock, calls `decide` once an attempt, and posts its [`SalaryPosting`],
    /// all in one transaction, stamped `at`.
    ///
    /// - MUST let exactly one of several decisions at once win.
    /// - MUST post a payout as exactly one row of `diamond_movements` of the type `salary`, tied to its request so that the database
    ///   forbids a second one, and move nothing for a rejection or a refusal.
    /// - MUST read the caller's agency under lock.
    /// - MUST lock nothing of a host whose salary is not for the caller's agency to decide.
    /// - MUST keep a refusal under a key that the client [chose](crate::idempotency::RequestKey::is_chosen), unless it is
    ///   about the caller or the key, or about a ban, which may be lifted.
    /// - MUST answer the first outcome again for a repeated key with equal content, without calling `decide`, and
    ///   [`SalaryRefusal::KeyReused`] for other content.
    ///
    /// # Errors
    /// [`SalaryDecisionError`].
    async fn decide(
        &self,
        order: SalaryOrder,
        at: DateTime<Utc>,
        decide: SalaryDecision,
    ) -> Result<SalaryReceipt, SalaryDecisionError>;

    /// Salaries, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, filter: SalaryFilter, page: PageRequest) -> Result<Page<ListedSalary>, StoreError>;

    /// A salary, and what its statement was made from; `None` when there is no such one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn with_inputs(&self, request: SalaryRequestId) -> Result<Option<(SalaryRequest, RawWeek)>, StoreError>;
}
