//! Use cases of agencies: applying, deciding, and what an owner sees of his own.

use std::sync::Arc;

use super::{
    AccessRefusal, Agencies, Agency, AgencyApplication, AgencyApplicationError, AgencyDecisionError,
    AgencyDecisionOrder, AgencyDecisionPosting, AgencyForm, CardBinding, CardNumber, CardVault, ListedAgency,
    OwnerFacts, ReviewStatus, application, card, own_agency,
};
use crate::{
    dice::Dice,
    id::{AgencyId, UserId},
    page::{Page, PageRequest},
    store::StoreError,
    time::Clock,
};

/// How often an id is drawn before the dice are not believed any more.
const ID_DRAWS_MAX: u32 = 16;

/// Why an owner sees nothing.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// He may not.
    #[error(transparent)]
    Refused(#[from] AccessRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Agencies.
pub struct AgencyService {
    /// Where they are kept.
    pub agencies: Arc<dyn Agencies>,
    /// Who seals cards.
    pub vault: Arc<dyn CardVault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for ids.
    pub dice: Arc<dyn Dice>,
}

impl AgencyService {
    /// Applies for an agency, which then waits for an administrator.
    ///
    /// # Errors
    /// [`AgencyApplicationError`], never `IdTaken`.
    pub async fn apply(
        &self,
        owner: UserId,
        form: AgencyForm,
        number: &CardNumber,
    ) -> Result<Agency, AgencyApplicationError> {
        let now = self.clock.now();
        for _ in 0..ID_DRAWS_MAX {
            let id = draw_agency_id(&*self.dice);
            let card = card::stored(&*self.vault, number, &CardBinding::Agency(id));
            let card = card.map_err(AgencyApplicationError::Sealing)?;
            let wish = AgencyApplication { id, owner, form: form.clone(), card };
            match self.agencies.apply(wish, now, Box::new(application::apply_for_agency)).await {
                Err(AgencyApplicationError::IdTaken) => {}
                outcome => return outcome,
            }
        }
        Err(StoreError::Corrupt("no free agency id was drawn".into()).into())
    }

    /// Decides on an agency, for an administrator.
    ///
    /// # Errors
    /// [`AgencyDecisionError`].
    pub async fn decide(&self, order: AgencyDecisionOrder) -> Result<AgencyDecisionPosting, AgencyDecisionError> {
        let (now, wish) = (self.clock.now(), order.clone());
        let decide =
            move |review: &Option<crate::review::Review>| application::decide_agency(&wish, review.as_ref(), now);
        self.agencies.decide(order, Box::new(decide)).await
    }

    /// The caller's approved agency; when he names one, it must be his.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn own(&self, caller: UserId, named: Option<AgencyId>) -> Result<Agency, AccessError> {
        let agency = self.agencies.approved_of(caller).await?;
        // Of a banned caller no token is believed.
        let facts = OwnerFacts { is_banned: false, agency: agency.as_ref().map(|agency| agency.id) };
        own_agency(facts, named)?;
        agency.ok_or(AccessError::Refused(AccessRefusal::NotAnAgency))
    }

    /// Agencies in a state, newest first, for an administrator.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, status: ReviewStatus, page: PageRequest) -> Result<Page<ListedAgency>, StoreError> {
        self.agencies.list(status, page).await
    }
}

/// A random number of 7 digits: short enough to be typed, and not to be counted.
fn draw_agency_id(dice: &dyn Dice) -> AgencyId {
    const SMALLEST: u64 = 1_000_000;
    const COUNT: u64 = 9_000_000;

    let offset = dice.draw().checked_rem(COUNT).unwrap_or_default();
    AgencyId::new(i64::try_from(offset.saturating_add(SMALLEST)).unwrap_or_default())
}

#[cfg(test)]
mod tests;
