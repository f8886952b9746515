//! What is built for agencies, hosts and administrators.

use std::sync::Arc;

use domain::agency::{AgencyService, CardService, FigureService, HostService};
use persistence::{PgAgencies, PgAgencyFigures, PgAuditLog, PgHostApplications, PgMemberships};

use super::{Deployment, StartError, cards::card_vault};
use crate::{
    adapters::{OsDice, SystemClock},
    state::{AdminServices, AgencyServices},
};

impl Deployment {
    /// Agencies and their hosts.
    ///
    /// # Errors
    /// [`StartError`], when the keys of cards protect nothing.
    pub(crate) fn agencies(&self) -> Result<AgencyServices, StartError> {
        let (clock, vault) = (Arc::new(SystemClock), card_vault(&self.settings)?);
        let agencies = Arc::new(PgAgencies::new(self.database.clone()));
        let applications = Arc::new(PgHostApplications::new(self.database.clone()));
        Ok(AgencyServices {
            agencies: AgencyService {
                agencies: agencies.clone(),
                vault: Arc::clone(&vault),
                clock: clock.clone(),
                dice: Arc::new(OsDice),
            },
            hosts: HostService {
                applications: applications.clone(),
                memberships: Arc::new(PgMemberships::new(self.database.clone())),
                agencies: agencies.clone(),
                vault: Arc::clone(&vault),
                clock: clock.clone(),
            },
            figures: FigureService {
                agencies: agencies.clone(),
                figures: Arc::new(PgAgencyFigures::new(self.database.clone(), self.settings.calendar)),
                calendar: self.settings.calendar,
                clock: clock.clone(),
            },
            cards: CardService {
                agencies,
                applications,
                vault,
                audit: Arc::new(PgAuditLog::new(self.database.clone())),
                clock,
            },
        })
    }

    /// What administrators do, beside agencies and hosts.
    ///
    /// # Errors
    /// [`StartError::Hasher`].
    pub(crate) fn administration(&self) -> Result<AdminServices, StartError> {
        Ok(AdminServices {
            accounts: self.admin()?,
            coins: self.coins(),
            catalogue: self.catalogue_editor(),
            books: self.audit(),
            log: Arc::new(PgAuditLog::new(self.database.clone())),
        })
    }
}
