//! Use cases of salaries: what owners and administrators do.

use std::sync::Arc;

use super::{
    ActivationError, ActivationOrder, ActivationPosting, DRY_RUN_WEEKS_MAX, DryRun, ListedSalary, PolicyDraft,
    PolicyHistory, RawWeek, SalaryDecisionError, SalaryFilter, SalaryOrder, SalaryPolicies, SalaryPolicy,
    SalaryReceipt, SalaryRequest, SalaryRequests, Statement, WeekClosings, WeekInputs, activate, decide_salary,
};
use crate::{
    agency::{AccessError, AccessRefusal, Agencies, OwnerFacts, own_agency},
    id::{AgencyId, SalaryRequestId, UserId},
    idempotency::Actor,
    page::{Limit, Page, PageRequest},
    store::StoreError,
    time::{BusinessCalendar, BusinessWeek, Clock},
};

/// Salaries, for owners of agencies.
pub struct SalaryService {
    /// Where they are kept.
    pub requests: Arc<dyn SalaryRequests>,
    /// Who owns what.
    pub agencies: Arc<dyn Agencies>,
    /// By which policy they were made.
    pub policies: Arc<dyn SalaryPolicies>,
    /// The business calendar.
    pub calendar: BusinessCalendar,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl SalaryService {
    /// Decides on a salary, at most once for the order's key; an approval pays it.
    ///
    /// # Errors
    /// [`SalaryDecisionError`].
    pub async fn decide(&self, order: SalaryOrder) -> Result<SalaryReceipt, SalaryDecisionError> {
        let (now, wish) = (self.clock.now(), order.clone());
        self.requests.decide(order, now, Box::new(move |facts| decide_salary(&wish, facts, now))).await
    }

    async fn own(&self, caller: UserId, named: Option<AgencyId>) -> Result<AgencyId, AccessError> {
        let agency = self.agencies.approved_of(caller).await?.map(|agency| agency.id);
        Ok(own_agency(OwnerFacts { is_banned: false, agency }, named)?)
    }

    /// The salaries of the caller's agency, newest first.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn list(
        &self,
        caller: UserId,
        agency: AgencyId,
        page: PageRequest,
    ) -> Result<Page<ListedSalary>, AccessError> {
        let own = self.own(caller, Some(agency)).await?;
        Ok(self.requests.list(SalaryFilter::OfAgency(own), page).await?)
    }

    /// The caller's own salaries, whichever agencies decide on them, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_own(&self, caller: UserId, page: PageRequest) -> Result<Page<ListedSalary>, StoreError> {
        self.requests.list(SalaryFilter::OfHost(caller), page).await
    }

    /// A salary of the caller's agency, or his own that `agency` decides on, with its statement, made anew from what was kept.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn statement(
        &self,
        caller: UserId,
        agency: AgencyId,
        request: SalaryRequestId,
    ) -> Result<(SalaryRequest, Statement), AccessError> {
        let found = self.requests.with_inputs(request).await?.filter(|(request, _)| request.agency == agency);
        let is_his_own = found.as_ref().is_some_and(|(request, _)| request.host == caller);
        if !is_his_own {
            self.own(caller, Some(agency)).await?;
        }
        self.state(found).await
    }

    /// A salary of the caller's own, with its statement.
    ///
    /// # Errors
    /// [`AccessError`]; `NotFound` for one that is not there, and for another's.
    pub async fn own_statement(
        &self,
        caller: UserId,
        request: SalaryRequestId,
    ) -> Result<(SalaryRequest, Statement), AccessError> {
        let found = self.requests.with_inputs(request).await?;
        self.state(found.filter(|(request, _)| request.host == caller)).await
    }

    async fn state(&self, found: Option<(SalaryRequest, RawWeek)>) -> Result<(SalaryRequest, Statement), AccessError> {
        let (request, raw) = found.ok_or(AccessRefusal::NotFound)?;
        let inputs = WeekInputs::new(self.calendar, raw).map_err(|error| StoreError::Corrupt(error.into()))?;
        let statement = Statement::of(&self.policies.history().await?.for_week(request.week), &inputs);
        if statement.claim().map(|claim| claim.salary) != Some(request.salary) {
            let text = format!("the statement of salary request {} gives another salary", request.id);
            return Err(StoreError::Corrupt(text.into()).into());
        }
        Ok((request, statement))
    }
}

/// The salary policy, for administrators.
pub struct PolicyService {
    /// Where versions are kept.
    pub policies: Arc<dyn SalaryPolicies>,
    /// Where past weeks are kept.
    pub closings: Arc<dyn WeekClosings>,
    /// The business calendar.
    pub calendar: BusinessCalendar,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl PolicyService {
    /// All versions that were activated.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(&self) -> Result<PolicyHistory, StoreError> {
        self.policies.history().await
    }

    /// Activates a policy from a coming week on.
    ///
    /// # Errors
    /// [`ActivationError`].
    pub async fn activate(
        &self,
        by: Actor,
        draft: &PolicyDraft,
        from: BusinessWeek,
    ) -> Result<ActivationPosting, ActivationError> {
        let order = ActivationOrder { by, policy: SalaryPolicy::parse(draft)?, from };
        let (now, calendar, wish) = (self.clock.now(), self.calendar, order.clone());
        self.policies.activate(order, Box::new(move |history| activate(&wish, history, calendar, now))).await
    }

    /// What the last `weeks` closed weeks, at most [`DRY_RUN_WEEKS_MAX`], would have paid under another policy.
    ///
    /// # Errors
    /// [`ActivationError::Invalid`], [`ActivationError::Store`].
    pub async fn dry_run(&self, draft: &PolicyDraft, weeks: u32) -> Result<DryRun, ActivationError> {
        let policy = SalaryPolicy::parse(draft)?;
        let (held, mut run) = (self.policies.history().await?, DryRun::default());
        let Some(last) = self.closings.progress().await?.last_closed else { return Ok(run) };
        for back in 0..weeks.min(DRY_RUN_WEEKS_MAX) {
            let week = last.minus(back);
            let mut after = None;
            loop {
                let hosts = self.closings.frozen(week, after, Limit::MAX).await?;
                let Some(last) = hosts.last().map(|raw| raw.host) else { break };
                after = Some(last);
                for raw in hosts {
                    let inputs =
                        WeekInputs::new(self.calendar, raw).map_err(|error| StoreError::Corrupt(error.into()))?;
                    run.add(&inputs, &held, &policy);
                }
            }
        }
        Ok(run)
    }
}

#[cfg(test)]
mod tests;
