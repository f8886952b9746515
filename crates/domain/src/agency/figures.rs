//! An owner asks for the figures of his agency.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{
    AccessError, Agencies, AgencyFigures, HostFigures, HostOrder, LiveFigures, Member, Overview, OverviewSpans,
    OwnerFacts, TOP_EARNERS, own_agency,
};
use crate::{
    id::{AgencyId, UserId},
    page::{Limit, Page, PageRequest},
    time::{BusinessCalendar, Clock, Period, Span},
};

/// Shows figures, to the owner alone.
pub struct FigureService {
    /// Who owns what.
    pub agencies: Arc<dyn Agencies>,
    /// The figures.
    pub figures: Arc<dyn AgencyFigures>,
    /// The business calendar.
    pub calendar: BusinessCalendar,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl FigureService {
    async fn check(&self, caller: UserId, agency: AgencyId) -> Result<(), AccessError> {
        let own = self.agencies.approved_of(caller).await?.map(|agency| agency.id);
        own_agency(OwnerFacts { is_banned: false, agency: own }, Some(agency))?;
        Ok(())
    }

    /// The span of `period` that lies in the present.
    #[must_use]
    pub fn span(&self, period: Period) -> Span {
        self.calendar.span(period, self.clock.now())
    }

    /// The agency at a glance.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn overview(&self, caller: UserId, agency: AgencyId) -> Result<Overview, AccessError> {
        self.check(caller, agency).await?;
        let now = self.clock.now();
        let this_month = self.calendar.span(Period::Monthly, now);
        let before = this_month.starts_at().checked_sub_signed(TimeDelta::microseconds(1)).unwrap_or(now);
        let spans = OverviewSpans {
            today: self.calendar.span(Period::Daily, now),
            this_week: self.calendar.span(Period::Weekly, now),
            this_month,
            last_month: self.calendar.span(Period::Monthly, before),
        };
        Ok(self.figures.overview(agency, spans).await?)
    }

    /// Its hosts with what they did within `period`, who earned most first.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn hosts(
        &self,
        caller: UserId,
        agency: AgencyId,
        period: Period,
        limit: Limit,
    ) -> Result<Vec<HostFigures>, AccessError> {
        self.check(caller, agency).await?;
        Ok(self.figures.hosts(agency, self.span(period), HostOrder::Income, limit).await?)
    }

    /// Who earned most since the agency exists.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn top_earners(&self, caller: UserId, agency: AgencyId) -> Result<Vec<HostFigures>, AccessError> {
        self.hosts(caller, agency, Period::All, TOP_EARNERS).await
    }

    /// Its live sessions within `period`.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn lives(&self, caller: UserId, agency: AgencyId, period: Period) -> Result<LiveFigures, AccessError> {
        self.check(caller, agency).await?;
        Ok(self.figures.lives(agency, self.span(period)).await?)
    }

    /// Its members, with what they did within `period`.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn members(
        &self,
        caller: UserId,
        agency: AgencyId,
        period: Period,
        page: PageRequest,
    ) -> Result<Page<Member>, AccessError> {
        self.check(caller, agency).await?;
        Ok(self.figures.members(agency, self.span(period), page).await?)
    }
}

#[cfg(test)]
mod tests;
