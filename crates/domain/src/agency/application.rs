//! A user applies to have an agency, and an administrator decides.

use chrono::{DateTime, Utc};

use super::{FamilyName, Region, StoredCard};
use crate::{
    audit::{AuditAction, AuditEntry, AuditFacts, AuditSubject},
    id::{AgencyId, UserId},
    idempotency::Actor,
    review::{Decided, Review, Verdict},
    store::{Cause, StoreError},
    user::PhoneNumber,
};

/// An agency, from its application on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// The number that hosts type.
    pub id: AgencyId,
    /// Who owns it.
    pub owner: UserId,
    /// Its name.
    pub family_name: String,
    /// Where it works.
    pub region: Option<String>,
    /// How it is reached; for its owner and administrators.
    pub phone: Option<PhoneNumber>,
    /// Whether it is approved.
    pub review: Review,
    /// When it was applied for.
    pub created_at: DateTime<Utc>,
}

/// What an applicant fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyForm {
    /// Its name.
    pub family_name: FamilyName,
    /// Where it works.
    pub region: Region,
    /// How it is reached.
    pub phone: PhoneNumber,
}

/// A wish to have an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyApplication {
    /// Drawn at random by the caller.
    pub id: AgencyId,
    /// Who applies.
    pub owner: UserId,
    /// What he says.
    pub form: AgencyForm,
    /// His identity card, sealed for this row.
    pub card: StoredCard,
}

/// The facts that an application is decided on, under lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgencyApplicationContext {
    /// The applicant, if there is such a user: whether he is banned.
    pub is_owner_banned: Option<bool>,
    /// Whether he has a pending or an approved agency.
    pub has_agency: bool,
    /// Whether another user's pending or approved agency was applied for with the same card.
    pub is_card_used: bool,
}

/// Why nobody applied, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgencyApplicationRefusal {
    /// There is no such user (any more).
    #[error("there is no such user")]
    UnknownUser,
    /// The applicant was banned meanwhile.
    #[error("the applicant is banned")]
    Banned,
    /// The applicant has a pending or an approved agency.
    #[error("the applicant has an agency")]
    HasAgency,
    /// Somebody else's agency was applied for with this card.
    #[error("the identity card belongs to another agency")]
    CardUsed,
}

/// Why there is no application.
#[derive(Debug, thiserror::Error)]
pub enum AgencyApplicationError {
    /// The domain said no.
    #[error(transparent)]
    Refused(#[from] AgencyApplicationRefusal),
    /// Another agency has this id. Draw again.
    #[error("the id is taken")]
    IdTaken,
    /// The card could not be sealed.
    #[error("the identity card could not be sealed")]
    Sealing(#[source] Cause),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides whether somebody may apply. An application that was rejected leaves applicant and card free.
///
/// # Errors
/// [`AgencyApplicationRefusal`], in the order of its variants.
pub fn apply_for_agency(facts: &AgencyApplicationContext) -> Result<(), AgencyApplicationRefusal> {
    match facts.is_owner_banned {
        None => Err(AgencyApplicationRefusal::UnknownUser),
        Some(true) => Err(AgencyApplicationRefusal::Banned),
        Some(false) if facts.has_agency => Err(AgencyApplicationRefusal::HasAgency),
        Some(false) if facts.is_card_used => Err(AgencyApplicationRefusal::CardUsed),
        Some(false) => Ok(()),
    }
}

/// An administrator's decision on an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyDecisionOrder {
    /// Who decides.
    pub by: Actor,
    /// On what.
    pub agency: AgencyId,
    /// How.
    pub verdict: Verdict,
}

/// What a decision on an agency changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyDecisionPosting {
    /// Of which agency.
    pub agency: AgencyId,
    /// How its review stands then.
    pub review: Review,
    /// The line of the audit log.
    pub audit: AuditEntry,
}

/// Why an agency is not decided on, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgencyDecisionRefusal {
    /// There is no such agency.
    #[error("there is no such agency")]
    UnknownAgency,
    /// Somebody decided before.
    #[error("the agency is decided on already")]
    AlreadyDecided,
}

/// Why an agency was not decided on.
#[derive(Debug, thiserror::Error)]
pub enum AgencyDecisionError {
    /// The domain said no.
    #[error(transparent)]
    Refused(#[from] AgencyDecisionRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides on an agency, whose review is `None` when there is no such agency.
///
/// # Errors
/// [`AgencyDecisionRefusal`], in the order of its variants.
pub fn decide_agency(
    order: &AgencyDecisionOrder,
    review: Option<&Review>,
    at: DateTime<Utc>,
) -> Result<AgencyDecisionPosting, AgencyDecisionRefusal> {
    let before = review.ok_or(AgencyDecisionRefusal::UnknownAgency)?;
    let after = before.decide(order.verdict.clone(), Decided { by: order.by, at });
    let after = after.map_err(|_| AgencyDecisionRefusal::AlreadyDecided)?;
    let (action, reason) = match &order.verdict {
        Verdict::Approve => (AuditAction::AgencyApproved, None),
        Verdict::Reject { reason } => (AuditAction::AgencyRejected, reason.clone()),
    };
    let audit = AuditEntry {
        actor: order.by,
        action,
        subject: AuditSubject::Agency(order.agency),
        before: AuditFacts::none().with("status", before.word()),
        after: AuditFacts::none().with("status", after.word()),
        reason,
        at,
    };
    Ok(AgencyDecisionPosting { agency: order.agency, review: after, audit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_applications_are_looked_for_in_their_documented_order() {
        for (is_owner_banned, has_agency, is_card_used, expected) in [
            (None, true, true, Err(AgencyApplicationRefusal::UnknownUser)),
            (Some(true), true, true, Err(AgencyApplicationRefusal::Banned)),
            (Some(false), true, true, Err(AgencyApplicationRefusal::HasAgency)),
            (Some(false), false, true, Err(AgencyApplicationRefusal::CardUsed)),
            (Some(false), false, false, Ok(())),
        ] {
            let facts = AgencyApplicationContext { is_owner_banned, has_agency, is_card_used };
            assert_eq!(apply_for_agency(&facts), expected, "{facts:?}");
        }
    }

    fn decide(verdict: Verdict, review: Option<&Review>) -> Result<AgencyDecisionPosting, AgencyDecisionRefusal> {
        let order = AgencyDecisionOrder { by: Actor::User(UserId::new(1)), agency: AgencyId::new(7), verdict };
        decide_agency(&order, review, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn an_agency_is_decided_on_once_and_the_log_says_by_whom() {
        let reject = Verdict::Reject { reason: crate::wallet::Reason::parse("no papers").ok() };
        for (verdict, word, action) in
            [(Verdict::Approve, "approved", "agency_approved"), (reject, "rejected", "agency_rejected")]
        {
            let posting = decide(verdict, Some(&Review::Pending)).unwrap();
            assert_eq!((posting.review.word(), posting.audit.action.word()), (word, action));
            assert_eq!(posting.audit.before.iter().next(), Some(("status", "pending")));
            assert_eq!(posting.audit.after.iter().next(), Some(("status", word)));
            assert_eq!(posting.audit.reason.is_some(), word == "rejected");
            let second = decide(Verdict::Approve, Some(&posting.review));
            assert_eq!(second, Err(AgencyDecisionRefusal::AlreadyDecided));
        }
        assert_eq!(decide(Verdict::Approve, None), Err(AgencyDecisionRefusal::UnknownAgency));
    }
}
