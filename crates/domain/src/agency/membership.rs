//! A host belongs to an agency, from an instant to another; the record of it stays.

use chrono::{DateTime, TimeDelta, Utc};

use super::{AccessRefusal, OwnerFacts, own_agency};
use crate::{
    id::{AgencyId, MembershipId, UserId},
    store::StoreError,
};

/// The most memberships that one host may ever have had.
pub const MEMBERSHIPS_MAX: usize = 500;

/// A stretch of time in which a host belongs to an agency, from `from` (included) to `until` (excluded).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    id: MembershipId,
    host: UserId,
    agency: AgencyId,
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

/// A membership that ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a membership does not end before it begins")]
pub struct EndsBeforeItBegins;

impl Membership {
    /// A membership; without `until` it lasts.
    ///
    /// # Errors
    /// [`EndsBeforeItBegins`].
    pub fn new(
        id: MembershipId,
        host: UserId,
        agency: AgencyId,
        from: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
    ) -> Result<Self, EndsBeforeItBegins> {
        if until.is_some_and(|until| until < from) {
            return Err(EndsBeforeItBegins);
        }
        Ok(Self { id, host, agency, from, until })
    }

    /// Its row.
    #[must_use]
    pub const fn id(&self) -> MembershipId {
        self.id
    }

    /// Whose it is.
    #[must_use]
    pub const fn host(&self) -> UserId {
        self.host
    }

    /// In which agency.
    #[must_use]
    pub const fn agency(&self) -> AgencyId {
        self.agency
    }

    /// The first instant of it.
    #[must_use]
    pub const fn from(&self) -> DateTime<Utc> {
        self.from
    }

    /// The first instant after it; `None` while it lasts.
    #[must_use]
    pub const fn until(&self) -> Option<DateTime<Utc>> {
        self.until
    }

    /// Whether `instant` lies within.
    #[must_use]
    pub fn covers(&self, instant: DateTime<Utc>) -> bool {
        self.from <= instant && self.until.is_none_or(|until| instant < until)
    }

    /// Whether the host belongs to the agency when a stretch of time ends: in its last instant.
    #[must_use]
    pub fn reaches(&self, end: DateTime<Utc>) -> bool {
        self.from < end && self.until.is_none_or(|until| until >= end)
    }

    /// The part of a stretch of time that lies within; `None` when nothing of it does.
    #[must_use]
    pub fn clip(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let (start, end) = (start.max(self.from), self.until.map_or(end, |until| until.min(end)));
        if start < end { Some((start, end)) } else { None }
    }
}

/// What ties a change of a host's membership to what was already counted for him.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HostClock {
    /// The instant of the last gift or ended session that figures of agencies count.
    pub last_counted: Option<DateTime<Utc>>,
    /// When his last membership ended.
    pub last_left: Option<DateTime<Utc>>,
}

impl HostClock {
    /// When a change that is made `at` takes effect: not before what was counted already, so that a gift at the very border
    /// never changes sides, whatever servers' clocks say.
    #[must_use]
    pub fn effective(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let after_counted = self.last_counted.and_then(|last| last.checked_add_signed(TimeDelta::microseconds(1)));
        [after_counted, self.last_left].into_iter().flatten().fold(at, Ord::max)
    }
}

/// A wish to end a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndOrder {
    /// The host leaves.
    Leave {
        /// Who leaves.
        host: UserId,
    },
    /// The owner removes a member.
    Remove {
        /// Who wishes it.
        owner: UserId,
        /// The agency that he names.
        agency: AgencyId,
        /// Whose membership ends.
        membership: MembershipId,
    },
}

/// The facts that the end of a membership is decided on, under lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndContext {
    /// The caller as an owner; looked at when he removes.
    pub caller: OwnerFacts,
    /// The membership: the one named, or the current one of the host who leaves.
    pub membership: Option<Membership>,
    /// What was counted for the host.
    pub clock: HostClock,
}

/// Why a membership does not end, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndRefusal {
    /// The caller may not; an unknown membership and another agency's are not found.
    #[error(transparent)]
    Access(#[from] AccessRefusal),
    /// The host who leaves belongs to no agency.
    #[error("the host belongs to no agency")]
    NotAMember,
    /// It has ended before.
    #[error("the membership has ended already")]
    AlreadyEnded,
}

/// Why a membership did not end.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    /// The domain said no.
    #[error(transparent)]
    Refused(#[from] EndRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides the end of a membership; answers it as it is then.
///
/// # Errors
/// [`EndRefusal`], in the order of its variants.
pub fn end_membership(order: EndOrder, facts: &EndContext, at: DateTime<Utc>) -> Result<Membership, EndRefusal> {
    let membership = match order {
        EndOrder::Leave { host } => {
            facts.membership.filter(|membership| membership.host == host).ok_or(EndRefusal::NotAMember)?
        }
        EndOrder::Remove { agency, membership, .. } => {
            let own = own_agency(facts.caller, Some(agency))?;
            let is_wanted = |found: &Membership| found.id == membership && found.agency == own;
            facts.membership.filter(is_wanted).ok_or(AccessRefusal::NotFound)?
        }
    };
    if membership.until.is_some() {
        return Err(match order {
            EndOrder::Leave { .. } => EndRefusal::NotAMember,
            EndOrder::Remove { .. } => EndRefusal::AlreadyEnded,
        });
    }
    let until = facts.clock.effective(at).max(membership.from);
    Ok(Membership { until: Some(until), ..membership })
}

#[cfg(test)]
mod tests;
