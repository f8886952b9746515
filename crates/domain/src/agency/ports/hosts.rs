//! The ports of hosts: applications and memberships.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    agency::{
        AnswerContext, AnswerError, AnswerOrder, AnswerRefusal, CardBinding, EndContext, EndError, EndOrder,
        EndRefusal, HostApplication, HostApplicationState, HostApplyContext, HostApplyError, HostApplyOrder,
        HostApplyRefusal, HostReviewContext, HostReviewError, HostReviewOrder, HostReviewPosting, HostReviewRefusal,
        InviteContext, InviteError, InviteOrder, InviteRefusal, MaskedCardNumber, Membership, ReviewStatus, SealedCard,
    },
    decision::Decision,
    id::{AgencyId, HostApplicationId, UserId},
    page::{Page, PageRequest},
    store::StoreError,
};

/// The rule that decides whether a user may apply, bound to one order.
pub type HostApplyDecision = Decision<HostApplyContext, (), HostApplyRefusal>;
/// The rule that decides whether a user may be invited, bound to one order.
pub type InviteDecision = Decision<InviteContext, (), InviteRefusal>;
/// The rule that decides what a user's word makes of an application, bound to one order.
pub type AnswerDecision = Decision<AnswerContext, HostApplicationState, AnswerRefusal>;
/// The rule that decides on an application, bound to one order.
pub type HostReviewDecision = Decision<HostReviewContext, HostReviewPosting, HostReviewRefusal>;
/// The rule that ends a membership, bound to one order.
pub type EndDecision = Decision<EndContext, Membership, EndRefusal>;

/// An application as it is listed, for the owner of its agency, for administrators, and for the user himself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedApplication {
    /// The application.
    pub application: HostApplication,
    /// The name that the host wrote, if he applied himself.
    pub name: Option<String>,
    /// The gender that he wrote, as it is stored.
    pub gender: Option<String>,
    /// The card that he applied with.
    pub card: Option<MaskedCardNumber>,
    /// The name of his account, now.
    pub user_name: String,
    /// The phone number of his account, for an owner's view of applications to his agency alone.
    pub phone: Option<crate::user::PhoneNumber>,
    /// The name of the agency.
    pub family_name: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
}

/// Whose applications a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationFilter {
    /// Those to an agency that its owner decides on or has decided on; no invitations that wait for their user.
    ToAgency(AgencyId, Option<ReviewStatus>),
    /// The invitations of a user that wait for his answer.
    InvitationsOf(UserId),
    /// Those of all agencies in a state.
    Everybody(ReviewStatus),
}

/// Keeps applications of hosts, and lets them join.
///
/// Every method that decides locks the host's row before anything else, so that nothing about one host happens at once. An owner
/// who names what is not his agency's MUST be refused without it: he keeps nobody waiting.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait HostApplications: Send + Sync {
    /// Stores a pending application, when `decide` allows it on the [`HostApplyContext`] under lock. Its `created_at` is
    /// `at`, which the card is sealed for.
    ///
    /// - MUST let one of several applications of one host at once win, and one of several with one card.
    /// - MUST count a card as used by pending and approved applications of other users only.
    ///
    /// # Errors
    /// [`HostApplyError::Refused`] from `decide`, [`HostApplyError::Store`].
    async fn apply(
        &self,
        order: HostApplyOrder,
        at: DateTime<Utc>,
        decide: HostApplyDecision,
    ) -> Result<HostApplication, HostApplyError>;

    /// Stores an invitation, when `decide` allows it on the [`InviteContext`] under lock.
    ///
    /// - MUST read the caller's agency under lock.
    ///
    /// # Errors
    /// [`InviteError`].
    async fn invite(
        &self,
        order: InviteOrder,
        at: DateTime<Utc>,
        decide: InviteDecision,
    ) -> Result<HostApplication, InviteError>;

    /// Loads the [`AnswerContext`] under lock, calls `decide` once an attempt, and stores the state that it answers.
    ///
    /// # Errors
    /// [`AnswerError`].
    async fn answer(&self, order: AnswerOrder, decide: AnswerDecision) -> Result<HostApplication, AnswerError>;

    /// Loads the [`HostReviewContext`] under lock, calls `decide` once an attempt, and posts its [`HostReviewPosting`].
    ///
    /// - MUST let one of several decisions on one application win, and one of several agencies that take one host.
    /// - MUST withdraw all other open applications of a host who joins, in the same transaction, and write the posting's
    ///   line of the audit log.
    /// - MUST NOT let a gift to the host or the end of a session of his commit between reading what was counted last and
    ///   the commit of the membership (docs/adr/0014-agency-figures.md).
    ///
    /// # Errors
    /// [`HostReviewError`].
    async fn review(
        &self,
        order: HostReviewOrder,
        decide: HostReviewDecision,
    ) -> Result<HostReviewPosting, HostReviewError>;

    /// Applications, newest first.
    ///
    /// - MUST tell phone numbers for [`ApplicationFilter::ToAgency`] only.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, filter: ApplicationFilter, page: PageRequest) -> Result<Page<ListedApplication>, StoreError>;

    /// The sealed card of an application and the row that it is sealed for; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn sealed_card(
        &self,
        application: HostApplicationId,
    ) -> Result<Option<(SealedCard, CardBinding)>, StoreError>;
}

/// A host who belongs to an agency now, as an administrator sees him in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedHost {
    /// The membership.
    pub membership: Membership,
    /// The host's name, now.
    pub name: String,
    /// Whether he is banned.
    pub is_banned: bool,
    /// The name of the agency.
    pub family_name: String,
}

/// Keeps memberships.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Memberships: Send + Sync {
    /// Loads the [`EndContext`] under lock, calls `decide` once an attempt, and stores the end that it answers.
    ///
    /// - MUST keep the row: a membership that ended stays on record.
    /// - MUST lock nothing of a host who is not of the agency that the owner has.
    /// - MUST NOT let a gift to the host or the end of a session of his commit between reading what was counted last and
    ///   the commit (docs/adr/0014-agency-figures.md).
    ///
    /// # Errors
    /// [`EndError`].
    async fn end(&self, order: EndOrder, decide: EndDecision) -> Result<Membership, EndError>;

    /// The membership of `host` that lasts, if one does.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn current_of(&self, host: UserId) -> Result<Option<Membership>, StoreError>;

    /// The hosts of all agencies, who joined last first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn hosts(&self, page: PageRequest) -> Result<Page<ListedHost>, StoreError>;
}
