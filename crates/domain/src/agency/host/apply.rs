//! Beginning: a user applies, or an owner invites.

use super::super::{AccessRefusal, OwnerFacts, StoredCard, own_agency};
use crate::{
    id::{AgencyId, UserId},
    store::{Cause, StoreError},
    user::{DisplayName, Gender},
};

/// The most invitations of one agency that wait for an answer.
pub const INVITATIONS_MAX: u32 = 200;

/// How often a user may say no to invitations of one agency before it cannot invite him any more. He may still apply.
pub const DECLINES_MAX: u32 = 3;

/// What is known of a user who is to become a host, under lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostFacts {
    /// Whether he is banned.
    pub is_banned: bool,
    /// Whether he belongs to an agency.
    pub is_member: bool,
    /// Which applications of his are open.
    pub open: OpenApplications,
}

/// Open applications of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenApplications {
    /// Whether one that he began is pending, with whatever agency.
    pub own: bool,
    /// Whether an invitation of the agency in question waits for his answer.
    pub invited_here: bool,
    /// Whether an accepted invitation of the agency in question waits for its owner.
    pub accepted_here: bool,
    /// Whether the one that he began is with the agency in question.
    pub own_here: bool,
}

/// A user with no agency and no application.
pub const FREE_TO_APPLY: HostFacts = HostFacts {
    is_banned: false,
    is_member: false,
    open: OpenApplications { own: false, invited_here: false, accepted_here: false, own_here: false },
};

/// What is known of the agency that is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgencyStanding {
    /// Who owns it.
    pub owner: UserId,
    /// Whether it is approved.
    pub is_approved: bool,
}

/// What a host fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostForm {
    /// His name, as on his card.
    pub name: DisplayName,
    /// His gender.
    pub gender: Gender,
}

/// A wish to become a host of an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostApplyOrder {
    /// Who applies.
    pub host: UserId,
    /// To which agency.
    pub agency: AgencyId,
    /// What he says.
    pub form: HostForm,
    /// His identity card, sealed for this application.
    pub card: StoredCard,
}

/// The facts that a host's application is decided on, under lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostApplyContext {
    /// The applicant, if there is such a user.
    pub host: Option<HostFacts>,
    /// The agency, if there is one.
    pub agency: Option<AgencyStanding>,
    /// Whether another user's pending or approved application has the same card.
    pub is_card_used: bool,
}

/// Why nobody applied, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostApplyRefusal {
    /// There is no such user (any more).
    #[error("there is no such user")]
    UnknownUser,
    /// The applicant was banned meanwhile.
    #[error("the applicant is banned")]
    Banned,
    /// There is no such agency, or it is not approved.
    #[error("there is no such agency")]
    UnknownAgency,
    /// Nobody is a host of his own agency.
    #[error("the agency is the applicant's own")]
    OwnAgency,
    /// The applicant belongs to an agency; he leaves it first.
    #[error("the applicant belongs to an agency")]
    AlreadyMember,
    /// An application of his is pending.
    #[error("the applicant has a pending application")]
    AlreadyPending,
    /// The agency has invited him: he accepts that.
    #[error("the agency has invited the applicant")]
    AlreadyInvited,
    /// Somebody else applied with this card.
    #[error("the identity card belongs to another applicant")]
    CardUsed,
}

/// Why there is no application.
#[derive(Debug, thiserror::Error)]
pub enum HostApplyError {
    /// The domain said no.
    #[error(transparent)]
    Refused(#[from] HostApplyRefusal),
    /// The card could not be sealed.
    #[error("the identity card could not be sealed")]
    Sealing(#[source] Cause),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides whether a user may apply.
///
/// # Errors
/// [`HostApplyRefusal`], in the order of its variants.
pub fn apply_as_host(host: UserId, facts: &HostApplyContext) -> Result<(), HostApplyRefusal> {
    let applicant = facts.host.ok_or(HostApplyRefusal::UnknownUser)?;
    if applicant.is_banned {
        return Err(HostApplyRefusal::Banned);
    }
    let agency = facts.agency.filter(|agency| agency.is_approved).ok_or(HostApplyRefusal::UnknownAgency)?;
    if agency.owner == host {
        Err(HostApplyRefusal::OwnAgency)
    } else if applicant.is_member {
        Err(HostApplyRefusal::AlreadyMember)
    } else if applicant.open.own || applicant.open.accepted_here {
        Err(HostApplyRefusal::AlreadyPending)
    } else if applicant.open.invited_here {
        Err(HostApplyRefusal::AlreadyInvited)
    } else if facts.is_card_used {
        Err(HostApplyRefusal::CardUsed)
    } else {
        Ok(())
    }
}

/// A wish to invite a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InviteOrder {
    /// Who invites.
    pub owner: UserId,
    /// To which agency.
    pub agency: AgencyId,
    /// Whom.
    pub host: UserId,
}

/// The facts that an invitation is decided on, under lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InviteContext {
    /// Who invites.
    pub caller: OwnerFacts,
    /// Who is invited, if there is such a user.
    pub host: Option<HostFacts>,
    /// How often he has declined an invitation of the agency, or withdrawn from one.
    pub declined: u32,
    /// How many invitations of the agency wait for an answer.
    pub open_invitations: u32,
}

/// Why nobody is invited, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InviteRefusal {
    /// The caller may not.
    #[error(transparent)]
    Access(#[from] AccessRefusal),
    /// There is no such user, or he is banned.
    #[error("there is no such user")]
    UnknownHost,
    /// Nobody invites himself.
    #[error("nobody is a host of his own agency")]
    OwnAgency,
    /// He belongs to an agency.
    #[error("the user belongs to an agency")]
    AlreadyMember,
    /// He has an open application to this agency or invitation of it.
    #[error("the user has an application for this agency")]
    AlreadyApplied,
    /// He has said no often enough.
    #[error("the user has declined {DECLINES_MAX} invitations of this agency")]
    DeclinedTooOften,
    /// Too many invitations wait for an answer.
    #[error("an agency has at most {INVITATIONS_MAX} open invitations")]
    TooMany,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The domain said no.
    #[error(transparent)]
    Refused(#[from] InviteRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides whether an owner may invite a user.
///
/// # Errors
/// [`InviteRefusal`], in the order of its variants.
pub fn invite_host(order: InviteOrder, facts: &InviteContext) -> Result<(), InviteRefusal> {
    own_agency(facts.caller, Some(order.agency))?;
    let host = facts.host.filter(|host| !host.is_banned).ok_or(InviteRefusal::UnknownHost)?;
    if order.host == order.owner {
        Err(InviteRefusal::OwnAgency)
    } else if host.is_member {
        Err(InviteRefusal::AlreadyMember)
    } else if host.open.own_here || host.open.invited_here || host.open.accepted_here {
        Err(InviteRefusal::AlreadyApplied)
    } else if facts.declined >= DECLINES_MAX {
        Err(InviteRefusal::DeclinedTooOften)
    } else if facts.open_invitations >= INVITATIONS_MAX {
        Err(InviteRefusal::TooMany)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
