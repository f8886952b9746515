//! The audit log: what administrators changed, and what of a person was shown to them in full.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    id::{AgencyId, AuditId, HostApplicationId, UserId},
    idempotency::Actor,
    page::{Page, PageRequest},
    store::StoreError,
    wallet::Reason,
};

/// The most facts of one side of an entry.
pub const AUDIT_FACTS_MAX: usize = 32;
/// The longest text of a fact, in characters; what is longer is cut and ends with `…`.
pub const AUDIT_FACT_CHARS_MAX: usize = 16_000;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// An agency was approved.
    AgencyApproved,
    /// An agency was rejected.
    AgencyRejected,
    /// A host's application was approved by an administrator.
    HostApproved,
    /// A host's application was rejected by an administrator.
    HostRejected,
    /// A salary policy was activated for a coming week.
    PolicyActivated,
    /// A user was banned.
    UserBanned,
    /// A ban was lifted.
    UserUnbanned,
    /// Coins were given.
    CoinsGranted,
    /// A mistake in the books was put right.
    CoinsCorrected,
    /// An entry of the gift catalogue was added or changed.
    CatalogueChanged,
    /// An identity card's number was shown in full.
    CardRead,
}

impl AuditAction {
    /// The word that the wire and the database use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AgencyApproved => "agency_approved",
            Self::AgencyRejected => "agency_rejected",
            Self::HostApproved => "host_approved",
            Self::HostRejected => "host_rejected",
            Self::PolicyActivated => "policy_activated",
            Self::UserBanned => "user_banned",
            Self::UserUnbanned => "user_unbanned",
            Self::CoinsGranted => "coins_granted",
            Self::CoinsCorrected => "coins_corrected",
            Self::CatalogueChanged => "catalogue_changed",
            Self::CardRead => "card_read",
        }
    }
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AuditSubject {
    /// A user.
    User(UserId),
    /// An agency.
    Agency(AgencyId),
    /// A host's application.
    HostApplication(HostApplicationId),
    /// A version of the salary policy.
    Policy(u32),
    /// An entry of the gift catalogue, by its key.
    Gift(String),
}

impl AuditSubject {
    /// Its kind and its key, such as `("agency", "123456")`.
    #[must_use]
    pub fn parts(&self) -> (&'static str, String) {
        match self {
            Self::User(id) => ("user", id.to_string()),
            Self::Agency(id) => ("agency", id.to_string()),
            Self::HostApplication(id) => ("host_application", id.to_string()),
            Self::Policy(number) => ("policy", number.to_string()),
            Self::Gift(key) => ("gift", key.clone()),
        }
    }
}

/// Named facts before or after a change, at most [`AUDIT_FACTS_MAX`]. Never a password, and never a card's number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFacts(Vec<(&'static str, String)>);

impl AuditFacts {
    /// No facts: there was nothing before.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// These, and one more. Beyond the most it is left out.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &(impl ToString + ?Sized)) -> Self {
        if self.0.len() < AUDIT_FACTS_MAX {
            self.0.push((name, cut(value.to_string())));
        }
        self
    }

    /// Names and values, in the order in which they were told.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

fn cut(text: String) -> String {
    if text.chars().count() <= AUDIT_FACT_CHARS_MAX {
        return text;
    }
    text.chars().take(AUDIT_FACT_CHARS_MAX.saturating_sub(1)).chain(['…']).collect()
}

/// A line to be written to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who did it.
    pub actor: Actor,
    /// What.
    pub action: AuditAction,
    /// To what.
    pub subject: AuditSubject,
    /// How it was.
    pub before: AuditFacts,
    /// How it is now.
    pub after: AuditFacts,
    /// Why, if he said so.
    pub reason: Option<Reason>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A line of the log, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// Its row.
    pub id: AuditId,
    /// Who did it.
    pub actor: Actor,
    /// The action's word.
    pub action: String,
    /// The subject's kind and key.
    pub subject: (String, String),
    /// How it was.
    pub before: Vec<(String, String)>,
    /// How it is since.
    pub after: Vec<(String, String)>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Keeps the log. A port whose posting carries an [`AuditEntry`] writes it itself, in the transaction of the posting.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Writes a line for something that changes nothing else, such as showing a card's number.
    ///
    /// - MUST be durable when it returns: what could not be recorded is not shown.
    /// - MUST never change or lose a line.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn append(&self, entry: AuditEntry) -> Result<(), StoreError>;

    /// The log, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn lines(&self, page: PageRequest) -> Result<Page<AuditLine>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_bounded() {
        let facts = (0..100).fold(AuditFacts::none(), |facts, number| facts.with("number", &number));
        assert_eq!(facts.iter().count(), AUDIT_FACTS_MAX);
        let long = AuditFacts::none().with("text", &"é".repeat(AUDIT_FACT_CHARS_MAX + 1));
        let (_, text) = long.iter().next().unwrap();
        assert_eq!((text.chars().count(), text.ends_with("é…")), (AUDIT_FACT_CHARS_MAX, true));
        let fitting = "é".repeat(AUDIT_FACT_CHARS_MAX);
        assert_eq!(AuditFacts::none().with("text", &fitting).iter().next(), Some(("text", fitting.as_str())));
    }

    #[test]
    fn a_subject_has_a_kind_and_a_key() {
        assert_eq!(AuditSubject::Agency(AgencyId::new(7)).parts(), ("agency", "7".to_owned()));
        assert_eq!(AuditSubject::Gift("rose".to_owned()).parts(), ("gift", "rose".to_owned()));
    }
}
