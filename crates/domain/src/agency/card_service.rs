//! Reading a card's number in full: for administrators, and recorded before it is shown.

use std::sync::Arc;

use super::{Agencies, CardBinding, CardNumber, CardVault, HostApplications, OpenCardError};
use crate::{
    audit::{AuditAction, AuditEntry, AuditFacts, AuditLog, AuditSubject},
    id::{AgencyId, HostApplicationId},
    idempotency::Actor,
    store::StoreError,
    time::Clock,
    wallet::Reason,
};

/// Whose card is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardOwner {
    /// The one an agency was applied for with.
    Agency(AgencyId),
    /// The one of a host's application.
    HostApplication(HostApplicationId),
}

/// Why no number is shown.
#[derive(Debug, thiserror::Error)]
pub enum ReadCardError {
    /// There is no such row, or it has no card.
    #[error("there is no such card")]
    NotFound,
    /// It cannot be opened.
    #[error(transparent)]
    Sealed(#[from] OpenCardError),
    /// The store failed; what cannot be recorded is not shown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Shows numbers.
pub struct CardService {
    /// Where agencies keep theirs.
    pub agencies: Arc<dyn Agencies>,
    /// Where hosts keep theirs.
    pub applications: Arc<dyn HostApplications>,
    /// Who opens them.
    pub vault: Arc<dyn CardVault>,
    /// Who records it.
    pub audit: Arc<dyn AuditLog>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl CardService {
    /// Shows a number to `actor`, whose reason is recorded first.
    ///
    /// # Errors
    /// [`ReadCardError`].
    pub async fn read(&self, actor: Actor, owner: CardOwner, reason: Reason) -> Result<CardNumber, ReadCardError> {
        let (sealed, subject) = match owner {
            CardOwner::Agency(id) => {
                let sealed = self.agencies.sealed_card(id).await?;
                (sealed.map(|sealed| (sealed, CardBinding::Agency(id))), AuditSubject::Agency(id))
            }
            CardOwner::HostApplication(id) => {
                (self.applications.sealed_card(id).await?, AuditSubject::HostApplication(id))
            }
        };
        let (sealed, row) = sealed.ok_or(ReadCardError::NotFound)?;
        let (before, after) = (AuditFacts::none(), AuditFacts::none());
        let (action, at) = (AuditAction::CardRead, self.clock.now());
        self.audit.append(AuditEntry { actor, action, subject, before, after, reason: Some(reason), at }).await?;
        Ok(self.vault.open(&sealed, &row)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        agency::{KeyId, MockAgencies, MockCardVault, MockHostApplications, SealedCard},
        audit::MockAuditLog,
        testing::FixedClock,
    };

    fn service(sealed: Option<SealedCard>, audit: MockAuditLog, vault: MockCardVault) -> CardService {
        let mut agencies = MockAgencies::new();
        agencies.expect_sealed_card().returning(move |_| Ok(sealed.clone()));
        CardService {
            agencies: Arc::new(agencies),
            applications: Arc::new(MockHostApplications::new()),
            vault: Arc::new(vault),
            audit: Arc::new(audit),
            clock: Arc::new(FixedClock::new(chrono::DateTime::UNIX_EPOCH)),
        }
    }

    async fn read(service: &CardService) -> Result<CardNumber, ReadCardError> {
        let owner = CardOwner::Agency(AgencyId::new(7));
        service.read(Actor::CommandLine, owner, Reason::parse("asked by a court").unwrap()).await
    }

    fn sealed() -> Option<SealedCard> {
        Some(SealedCard { key: KeyId::parse("1").unwrap(), bytes: vec![1] })
    }

    #[tokio::test]
    async fn a_number_is_shown_once_that_is_recorded() {
        let (mut audit, mut vault) = (MockAuditLog::new(), MockCardVault::new());
        audit.expect_append().once().returning(|entry| {
            assert_eq!((entry.action, entry.subject), (AuditAction::CardRead, AuditSubject::Agency(AgencyId::new(7))));
            assert!(entry.reason.is_some());
            Ok(())
        });
        vault.expect_open().once().returning(|_, row| {
            assert_eq!(*row, CardBinding::Agency(AgencyId::new(7)));
            Ok(CardNumber::parse("3174010203040001").unwrap())
        });
        assert_eq!(read(&service(sealed(), audit, vault)).await.unwrap().reveal(), "3174010203040001");
    }

    #[tokio::test]
    async fn what_cannot_be_recorded_is_not_shown() {
        let mut audit = MockAuditLog::new();
        audit.expect_append().returning(|_| Err(StoreError::Unavailable("away".into())));
        let refused = read(&service(sealed(), audit, MockCardVault::new())).await;
        assert!(matches!(refused, Err(ReadCardError::Store(_))));
        let none = read(&service(None, MockAuditLog::new(), MockCardVault::new())).await;
        assert!(matches!(none, Err(ReadCardError::NotFound)));
    }
}
