//! The owner's decision: a membership begins, or it does not.

use chrono::{DateTime, Utc};

use super::{HostApplication, HostApplicationState, HostFacts, Transition, Withdrawal};
use crate::{
    agency::{AccessRefusal, HostClock, MEMBERSHIPS_MAX, OwnerFacts, own_agency},
    audit::{AuditAction, AuditEntry, AuditFacts, AuditSubject},
    id::{AgencyId, HostApplicationId, UserId},
    idempotency::Actor,
    review::{Decided, Review, Verdict},
    store::StoreError,
};

/// Who decides on an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decider {
    /// The owner of the agency.
    Owner {
        /// Who.
        user: UserId,
        /// The agency that he names, if the request names one.
        agency: Option<AgencyId>,
    },
    /// An administrator, who may decide for every agency.
    Admin(Actor),
}

impl Decider {
    /// Who that is.
    #[must_use]
    pub const fn actor(self) -> Actor {
        match self {
            Self::Owner { user, .. } => Actor::User(user),
            Self::Admin(actor) => actor,
        }
    }
}

/// A decision on an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostReviewOrder {
    /// Who decides.
    pub by: Decider,
    /// On what.
    pub application: HostApplicationId,
    /// How. Rejecting an invitation that was not answered takes it back.
    pub verdict: Verdict,
}

/// The facts that an application is decided on, under lock: the host's row first, then the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostReviewContext {
    /// The caller as an owner; not looked at for an administrator.
    pub caller: OwnerFacts,
    /// The application, if there is one.
    pub application: Option<HostApplication>,
    /// The host, if there is such a user (any more).
    pub host: Option<HostFacts>,
    /// Who owns the agency of the application now.
    pub agency_owner: Option<UserId>,
    /// How many memberships the host ever had.
    pub memberships: usize,
    /// What was counted for the host.
    pub clock: HostClock,
}

/// A membership that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewMembership {
    /// Whose.
    pub host: UserId,
    /// In which agency.
    pub agency: AgencyId,
    /// From when on.
    pub from: DateTime<Utc>,
}

/// What a decision on an application changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostReviewPosting {
    /// Which application.
    pub application: HostApplicationId,
    /// Where it stands then.
    pub state: HostApplicationState,
    /// The membership that begins. With it all other open applications of the host are
    /// [withdrawn](Withdrawal::JoinedOtherwise).
    pub membership: Option<NewMembership>,
    /// The line of the audit log, when an administrator decided.
    pub audit: Option<AuditEntry>,
}

/// Why an application is not decided on, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostReviewRefusal {
    /// The caller may not; an unknown application and another agency's are not found.
    #[error(transparent)]
    Access(#[from] AccessRefusal),
    /// It was decided, declined or taken back before.
    #[error("the application is closed already")]
    AlreadyDecided,
    /// The invited user has not accepted.
    #[error("the user has not accepted the invitation")]
    NotAccepted,
    /// There is no such user (any more), or he is banned.
    #[error("there is no such user")]
    UnknownHost,
    /// Nobody is a host of his own agency.
    #[error("nobody is a host of his own agency")]
    OwnAgency,
    /// The host belongs to an agency: another one was faster.
    #[error("the host belongs to an agency")]
    AlreadyMember,
    /// The host joined and left too often.
    #[error("a host has at most {MEMBERSHIPS_MAX} memberships")]
    TooManyMemberships,
}

/// Why an application was not decided on.
#[derive(Debug, thiserror::Error)]
pub enum HostReviewError {
    /// The domain said no.
    #[error(transparent)]
    Refused(#[from] HostReviewRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides on an application.
///
/// # Errors
/// [`HostReviewRefusal`], in the order of its variants; the last four for an approval only.
pub fn review_host(
    order: &HostReviewOrder,
    facts: &HostReviewContext,
    at: DateTime<Utc>,
) -> Result<HostReviewPosting, HostReviewRefusal> {
    let own = match order.by {
        Decider::Owner { agency, .. } => Some(own_agency(facts.caller, agency)?),
        Decider::Admin(_) => None,
    };
    let is_within_reach =
        |found: &&HostApplication| found.id() == order.application && own.is_none_or(|own| own == found.agency());
    let application = facts.application.as_ref().filter(is_within_reach).ok_or(AccessRefusal::NotFound)?;
    let state = next_state(order, application.state(), at)?;
    let is_approved = matches!(&state, HostApplicationState::Submitted(Review::Approved(_)));
    let membership = if is_approved { Some(join(application, facts, at)?) } else { None };
    let audit = audit(order, application, &state, at);
    Ok(HostReviewPosting { application: application.id(), state, membership, audit })
}

fn next_state(
    order: &HostReviewOrder,
    state: &HostApplicationState,
    at: DateTime<Utc>,
) -> Result<HostApplicationState, HostReviewRefusal> {
    let transition = match (state, &order.verdict) {
        (HostApplicationState::Invited, Verdict::Approve) => return Err(HostReviewRefusal::NotAccepted),
        (HostApplicationState::Invited, Verdict::Reject { .. }) => Transition::Withdraw(Withdrawal::ByOwner),
        (_, verdict) => Transition::Decide(verdict.clone(), Decided { by: order.by.actor(), at }),
    };
    state.after(transition, at).ok_or(HostReviewRefusal::AlreadyDecided)
}

fn join(
    application: &HostApplication,
    facts: &HostReviewContext,
    at: DateTime<Utc>,
) -> Result<NewMembership, HostReviewRefusal> {
    let host = facts.host.filter(|host| !host.is_banned).ok_or(HostReviewRefusal::UnknownHost)?;
    if facts.agency_owner == Some(application.host()) {
        Err(HostReviewRefusal::OwnAgency)
    } else if host.is_member {
        Err(HostReviewRefusal::AlreadyMember)
    } else if facts.memberships >= MEMBERSHIPS_MAX {
        Err(HostReviewRefusal::TooManyMemberships)
    } else {
        let from = facts.clock.effective(at);
        Ok(NewMembership { host: application.host(), agency: application.agency(), from })
    }
}

fn audit(
    order: &HostReviewOrder,
    application: &HostApplication,
    after: &HostApplicationState,
    at: DateTime<Utc>,
) -> Option<AuditEntry> {
    let Decider::Admin(actor) = order.by else { return None };
    let (action, reason) = match &order.verdict {
        Verdict::Approve => (AuditAction::HostApproved, None),
        Verdict::Reject { reason } => (AuditAction::HostRejected, reason.clone()),
    };
    Some(AuditEntry {
        actor,
        action,
        subject: AuditSubject::HostApplication(application.id()),
        before: AuditFacts::none().with("status", application.state().word()),
        after: AuditFacts::none().with("status", after.word()),
        reason,
        at,
    })
}

#[cfg(test)]
mod tests;
