//! Something waits for a decision, and is decided once.

use chrono::{DateTime, Utc};

use crate::{idempotency::Actor, wallet::Reason};

/// What whoever decides says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No, and why, if he says so.
    Reject {
        /// In his own words.
        reason: Option<Reason>,
    },
}

/// Who decided, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
}

/// Where a decision stands. Both ends are final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    /// Nobody has decided.
    Pending,
    /// Yes.
    Approved(Decided),
    /// No.
    Rejected {
        /// Who said so.
        decided: Decided,
        /// Why.
        reason: Option<Reason>,
    },
}

/// A second decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is decided already")]
pub struct AlreadyDecided;

/// A stored review that no decision can have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a review that a decision made")]
pub struct ImpossibleReview;

impl Review {
    /// The review after a decision.
    ///
    /// # Errors
    /// [`AlreadyDecided`] unless it is pending.
    pub fn decide(&self, verdict: Verdict, decided: Decided) -> Result<Self, AlreadyDecided> {
        match (self, verdict) {
            (Self::Pending, Verdict::Approve) => Ok(Self::Approved(decided)),
            (Self::Pending, Verdict::Reject { reason }) => Ok(Self::Rejected { decided, reason }),
            (Self::Approved(_) | Self::Rejected { .. }, _) => Err(AlreadyDecided),
        }
    }

    /// A review that our own database holds.
    ///
    /// # Errors
    /// [`ImpossibleReview`] for an unknown word, a decision without its circumstances, or circumstances without a decision.
    pub fn restore(word: &str, decided: Option<Decided>, reason: Option<Reason>) -> Result<Self, ImpossibleReview> {
        match (word, decided, reason) {
            ("pending", None, None) => Ok(Self::Pending),
            ("approved", Some(decided), None) => Ok(Self::Approved(decided)),
            ("rejected", Some(decided), reason) => Ok(Self::Rejected { decided, reason }),
            _ => Err(ImpossibleReview),
        }
    }

    /// The word that the wire and the database use.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved(_) => "approved",
            Self::Rejected { .. } => "rejected",
        }
    }

    /// Who decided and when, if somebody has.
    #[must_use]
    pub const fn decided(&self) -> Option<Decided> {
        match self {
            Self::Pending => None,
            Self::Approved(decided) | Self::Rejected { decided, .. } => Some(*decided),
        }
    }

    /// Whether it was approved.
    #[must_use]
    pub const fn is_approved(&self) -> bool {
        matches!(self, Self::Approved(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided() -> Decided {
        Decided { by: Actor::CommandLine, at: DateTime::UNIX_EPOCH }
    }

    fn reject() -> Verdict {
        Verdict::Reject { reason: Reason::parse("no papers").ok() }
    }

    #[test]
    fn a_decision_is_made_once() {
        for (first, word) in [(Verdict::Approve, "approved"), (reject(), "rejected")] {
            let review = Review::Pending.decide(first, decided()).unwrap();
            assert_eq!(
                (review.word(), review.decided(), review.is_approved()),
                (word, Some(decided()), word == "approved")
            );
            for second in [Verdict::Approve, reject()] {
                assert_eq!(review.decide(second, decided()), Err(AlreadyDecided));
            }
        }
    }

    #[test]
    fn what_was_stored_comes_back_and_nothing_else() {
        let rejected = Review::Pending.decide(reject(), decided()).unwrap();
        for review in [Review::Pending, Review::Approved(decided()), rejected] {
            let reason = if let Review::Rejected { reason, .. } = &review { reason.clone() } else { None };
            assert_eq!(Review::restore(review.word(), review.decided(), reason), Ok(review));
        }
        for (word, decided, reason) in [
            ("pending", Some(decided()), None),
            ("approved", None, None),
            ("approved", Some(decided()), Reason::parse("why").ok()),
            ("rejected", None, None),
            ("undecided", None, None),
        ] {
            assert_eq!(Review::restore(word, decided, reason), Err(ImpossibleReview), "{word}");
        }
    }
}
