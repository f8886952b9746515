//! What the rules about agencies and hosts need from outside. Each method that decides is one transaction.

mod figures;
mod hosts;

pub use figures::*;
pub use hosts::*;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    Agency, AgencyApplication, AgencyApplicationContext, AgencyApplicationError, AgencyApplicationRefusal,
    AgencyDecisionError, AgencyDecisionOrder, AgencyDecisionPosting, AgencyDecisionRefusal, MaskedCardNumber,
    SealedCard,
};
use crate::{
    decision::Decision,
    id::{AgencyId, UserId},
    page::{Page, PageRequest},
    review::Review,
    store::StoreError,
};

/// The rule that decides whether somebody may apply for an agency.
pub type AgencyApplicationDecision = Decision<AgencyApplicationContext, (), AgencyApplicationRefusal>;
/// The rule that decides on an agency's application, bound to one order. `None`: there is no such agency.
pub type AgencyReviewDecision = Decision<Option<Review>, AgencyDecisionPosting, AgencyDecisionRefusal>;

/// Which applications a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewStatus {
    /// They wait for a decision.
    Pending,
    /// They were approved.
    Approved,
    /// They were rejected.
    Rejected,
}

/// An agency as an administrator sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAgency {
    /// The agency.
    pub agency: Agency,
    /// The owner's name, now.
    pub owner_name: String,
    /// The card that it was applied for with; agencies of the server before have none.
    pub card: Option<MaskedCardNumber>,
    /// How many hosts belong to it now.
    pub members: i64,
}

/// Keeps agencies.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Agencies: Send + Sync {
    /// Stores a pending agency, when `decide` allows it on the [`AgencyApplicationContext`] under lock.
    ///
    /// - MUST let one of several applications of one owner at once win, and one of several with one card.
    /// - MUST count a card as used by pending and approved agencies of other owners only.
    ///
    /// # Errors
    /// [`AgencyApplicationError::Refused`] from `decide`, [`AgencyApplicationError::IdTaken`],
    /// [`AgencyApplicationError::Store`].
    async fn apply(
        &self,
        application: AgencyApplication,
        at: DateTime<Utc>,
        decide: AgencyApplicationDecision,
    ) -> Result<Agency, AgencyApplicationError>;

    /// Loads the review of an agency under lock, calls `decide` once an attempt, and posts its [`AgencyDecisionPosting`].
    ///
    /// - MUST let one of several decisions at once win.
    /// - MUST write the posting's line of the audit log in the same transaction.
    ///
    /// # Errors
    /// [`AgencyDecisionError`].
    async fn decide(
        &self,
        order: AgencyDecisionOrder,
        decide: AgencyReviewDecision,
    ) -> Result<AgencyDecisionPosting, AgencyDecisionError>;

    /// The approved agency of `owner`, if he owns one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn approved_of(&self, owner: UserId) -> Result<Option<Agency>, StoreError>;

    /// Agencies in a state, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, status: ReviewStatus, page: PageRequest) -> Result<Page<ListedAgency>, StoreError>;

    /// The sealed card of an agency; `None` when there is no such agency, or it has none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn sealed_card(&self, agency: AgencyId) -> Result<Option<SealedCard>, StoreError>;
}
