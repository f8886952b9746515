//! The states of an application, and the ways between them.

use chrono::{DateTime, Utc};

use crate::{
    id::{AgencyId, HostApplicationId, UserId},
    review::{Decided, Review, Verdict},
};

/// Who began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The host applied.
    Host,
    /// The owner of the agency, whoever it was then, invited.
    Invitation {
        /// Who.
        by: UserId,
    },
}

/// Why an application is off the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// The host took it back.
    ByHost,
    /// The owner took the invitation back before it was answered.
    ByOwner,
    /// The host joined by another application.
    JoinedOtherwise,
}

impl Withdrawal {
    /// The word that the database uses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ByHost => "by_host",
            Self::ByOwner => "by_owner",
            Self::JoinedOtherwise => "joined_otherwise",
        }
    }
}

/// Where an application stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostApplicationState {
    /// An invitation waits for the user's answer.
    Invited,
    /// The user wants no invitation of this agency.
    Declined {
        /// When he said so.
        at: DateTime<Utc>,
    },
    /// It is off the table.
    Withdrawn {
        /// Why.
        cause: Withdrawal,
        /// Since when.
        at: DateTime<Utc>,
    },
    /// The user wishes it; the owner decides or has decided.
    Submitted(Review),
}

/// What happens to an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transition {
    /// The invited user accepts.
    Accept,
    /// The invited user declines.
    Decline,
    /// Somebody takes it off the table.
    Withdraw(Withdrawal),
    /// The owner decides.
    Decide(Verdict, Decided),
}

impl HostApplicationState {
    /// The state after `transition`; `None` when there is no such way from here.
    #[must_use]
    pub fn after(&self, transition: Transition, at: DateTime<Utc>) -> Option<Self> {
        match (self, transition) {
            (Self::Invited, Transition::Accept) => Some(Self::Submitted(Review::Pending)),
            (Self::Invited, Transition::Decline) => Some(Self::Declined { at }),
            (Self::Submitted(Review::Pending), Transition::Withdraw(Withdrawal::ByOwner)) => None,
            (Self::Invited | Self::Submitted(Review::Pending), Transition::Withdraw(cause)) => {
                Some(Self::Withdrawn { cause, at })
            }
            (Self::Submitted(review), Transition::Decide(verdict, decided)) => {
                review.decide(verdict, decided).ok().map(Self::Submitted)
            }
            _ => None,
        }
    }

    /// Whether somebody still has to say something.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Invited | Self::Submitted(Review::Pending))
    }

    /// The word that the wire and the database use.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Declined { .. } => "declined",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Submitted(review) => review.word(),
        }
    }
}

/// An application of a host to an agency, whoever began it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostApplication {
    id: HostApplicationId,
    host: UserId,
    agency: AgencyId,
    origin: Origin,
    state: HostApplicationState,
}

/// A stored application that no flow can have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an application that a host began was never an invitation")]
pub struct ImpossibleApplication;

impl HostApplication {
    /// An application that our own database holds.
    ///
    /// # Errors
    /// [`ImpossibleApplication`] when the host began it and it stands where invitations stand only.
    pub fn restore(
        id: HostApplicationId,
        host: UserId,
        agency: AgencyId,
        origin: Origin,
        state: HostApplicationState,
    ) -> Result<Self, ImpossibleApplication> {
        let is_invitation = match &state {
            HostApplicationState::Invited | HostApplicationState::Declined { .. } => true,
            HostApplicationState::Withdrawn { cause, .. } => *cause == Withdrawal::ByOwner,
            HostApplicationState::Submitted(_) => false,
        };
        if is_invitation && origin == Origin::Host {
            return Err(ImpossibleApplication);
        }
        Ok(Self { id, host, agency, origin, state })
    }

    /// Its row.
    #[must_use]
    pub const fn id(&self) -> HostApplicationId {
        self.id
    }

    /// Who is to become a host.
    #[must_use]
    pub const fn host(&self) -> UserId {
        self.host
    }

    /// Of which agency.
    #[must_use]
    pub const fn agency(&self) -> AgencyId {
        self.agency
    }

    /// Who began.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &HostApplicationState {
        &self.state
    }

    /// Whether an agency began it.
    #[must_use]
    pub const fn is_invitation(&self) -> bool {
        matches!(self.origin, Origin::Invitation { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idempotency::Actor;

    fn at() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn decided() -> Decided {
        Decided { by: Actor::User(UserId::new(9)), at: at() }
    }

    fn ends() -> [HostApplicationState; 4] {
        [
            HostApplicationState::Declined { at: at() },
            HostApplicationState::Withdrawn { cause: Withdrawal::ByHost, at: at() },
            HostApplicationState::Submitted(Review::Approved(decided())),
            HostApplicationState::Submitted(Review::Rejected { decided: decided(), reason: None }),
        ]
    }

    fn transitions() -> Vec<Transition> {
        let withdrawals = [Withdrawal::ByHost, Withdrawal::ByOwner, Withdrawal::JoinedOtherwise];
        let verdicts = [Verdict::Approve, Verdict::Reject { reason: None }];
        let decisions = verdicts.map(|verdict| Transition::Decide(verdict, decided()));
        let others = [Transition::Accept, Transition::Decline];
        others.into_iter().chain(withdrawals.map(Transition::Withdraw)).chain(decisions).collect()
    }

    /// `expected` are the words of the states after each of [`transitions`], `-` where there is no way.
    fn check(state: &HostApplicationState, expected: [&str; 7]) {
        let after = transitions().into_iter().map(|way| state.after(way, at()).map_or("-", |state| state.word()));
        assert_eq!(after.collect::<Vec<_>>(), expected, "{state:?}");
    }

    #[test]
    fn there_are_these_ways_and_no_others() {
        let (gone, none) = ("withdrawn", "-");
        check(&HostApplicationState::Invited, ["pending", "declined", gone, gone, gone, none, none]);
        let pending = HostApplicationState::Submitted(Review::Pending);
        check(&pending, [none, none, gone, none, gone, "approved", "rejected"]);
        for end in ends() {
            check(&end, [none; 7]);
            assert!(!end.is_open() && pending.is_open() && HostApplicationState::Invited.is_open());
        }
    }

    #[test]
    fn what_a_host_began_was_never_an_invitation() {
        let restore = |origin, state| {
            HostApplication::restore(HostApplicationId::new(3), UserId::new(1), AgencyId::new(7), origin, state).is_ok()
        };
        let invitation = Origin::Invitation { by: UserId::new(2) };
        let revoked = HostApplicationState::Withdrawn { cause: Withdrawal::ByOwner, at: at() };
        let [declined, withdrawn, approved, rejected] = ends();
        for state in [HostApplicationState::Invited, declined, revoked] {
            assert!(!restore(Origin::Host, state.clone()) && restore(invitation, state));
        }
        for state in [withdrawn, approved, rejected] {
            assert!(restore(Origin::Host, state.clone()) && restore(invitation, state));
        }
    }
}
