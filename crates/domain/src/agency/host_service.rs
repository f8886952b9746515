//! Use cases of hosts: applying, answering, deciding, leaving.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    AccessError, Agencies, AnswerError, AnswerOrder, ApplicationFilter, CardBinding, CardNumber, CardVault, EndError,
    EndOrder, HostApplication, HostApplications, HostApplyError, HostApplyOrder, HostForm, HostReviewError,
    HostReviewOrder, HostReviewPosting, InviteError, InviteOrder, ListedApplication, ListedHost, Membership,
    Memberships, OwnerFacts, ReviewStatus, answer_invitation, apply_as_host, card, end_membership, invite_host,
    own_agency, review_host,
};
use crate::{
    id::{AgencyId, UserId},
    page::{Page, PageRequest},
    store::StoreError,
    time::Clock,
};

/// Hosts.
pub struct HostService {
    /// Where applications are kept.
    pub applications: Arc<dyn HostApplications>,
    /// Where memberships are kept.
    pub memberships: Arc<dyn Memberships>,
    /// Who owns what.
    pub agencies: Arc<dyn Agencies>,
    /// Who seals cards.
    pub vault: Arc<dyn CardVault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl HostService {
    /// Applies to an agency; its owner decides. Answers the application, and when it was made.
    ///
    /// # Errors
    /// [`HostApplyError`].
    pub async fn apply(
        &self,
        host: UserId,
        agency: AgencyId,
        form: HostForm,
        number: &CardNumber,
    ) -> Result<(HostApplication, DateTime<Utc>), HostApplyError> {
        let at = self.clock.now();
        let row = CardBinding::HostApplication { host, agency, at };
        let card = card::stored(&*self.vault, number, &row).map_err(HostApplyError::Sealing)?;
        let order = HostApplyOrder { host, agency, form, card };
        let application = self.applications.apply(order, at, Box::new(move |facts| apply_as_host(host, facts))).await?;
        Ok((application, at))
    }

    /// Invites a user; he accepts or declines. Answers the invitation, and when it was made.
    ///
    /// # Errors
    /// [`InviteError`].
    pub async fn invite(&self, order: InviteOrder) -> Result<(HostApplication, DateTime<Utc>), InviteError> {
        let at = self.clock.now();
        let application = self.applications.invite(order, at, Box::new(move |facts| invite_host(order, facts))).await?;
        Ok((application, at))
    }

    /// Takes a user's word on an invitation or an application of his.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub async fn answer(&self, order: AnswerOrder) -> Result<HostApplication, AnswerError> {
        let now = self.clock.now();
        self.applications.answer(order, Box::new(move |facts| answer_invitation(order, facts, now))).await
    }

    /// Decides on an application; an approved host is a member from then on.
    ///
    /// # Errors
    /// [`HostReviewError`].
    pub async fn review(&self, order: HostReviewOrder) -> Result<HostReviewPosting, HostReviewError> {
        let (now, wish) = (self.clock.now(), order.clone());
        self.applications.review(order, Box::new(move |facts| review_host(&wish, facts, now))).await
    }

    /// Ends a membership, by the host or by the owner.
    ///
    /// # Errors
    /// [`EndError`].
    pub async fn end(&self, order: EndOrder) -> Result<Membership, EndError> {
        let now = self.clock.now();
        self.memberships.end(order, Box::new(move |facts| end_membership(order, facts, now))).await
    }

    /// The membership of `host` that lasts, if one does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn current(&self, host: UserId) -> Result<Option<Membership>, StoreError> {
        self.memberships.current_of(host).await
    }

    /// Whether `owner` has the agency that `host` belongs to now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_host_of(&self, host: UserId, owner: UserId) -> Result<bool, StoreError> {
        let Some(own) = self.agencies.approved_of(owner).await? else { return Ok(false) };
        Ok(self.memberships.current_of(host).await?.is_some_and(|membership| membership.agency() == own.id))
    }

    /// The hosts of all agencies, who joined last first, for an administrator.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all(&self, page: PageRequest) -> Result<Page<ListedHost>, StoreError> {
        self.memberships.hosts(page).await
    }

    /// The invitations that wait for a user's answer, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn invitations(&self, user: UserId, page: PageRequest) -> Result<Page<ListedApplication>, StoreError> {
        self.applications.list(ApplicationFilter::InvitationsOf(user), page).await
    }

    /// Applications to the caller's agency, newest first.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn applications_to(
        &self,
        caller: UserId,
        agency: AgencyId,
        status: Option<ReviewStatus>,
        page: PageRequest,
    ) -> Result<Page<ListedApplication>, AccessError> {
        let own = self.agencies.approved_of(caller).await?.map(|agency| agency.id);
        let own = own_agency(OwnerFacts { is_banned: false, agency: own }, Some(agency))?;
        Ok(self.applications.list(ApplicationFilter::ToAgency(own, status), page).await?)
    }

    /// Applications to all agencies, newest first, for an administrator.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_applications(
        &self,
        status: ReviewStatus,
        page: PageRequest,
    ) -> Result<Page<ListedApplication>, StoreError> {
        self.applications.list(ApplicationFilter::Everybody(status), page).await
    }
}

#[cfg(test)]
mod tests;
