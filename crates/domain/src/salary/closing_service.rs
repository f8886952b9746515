//! Closing weeks: run after every Monday's five past midnight and at every start, on as many servers as there are.

use std::sync::Arc;

use super::{
    CloseError, CloseOrder, Closed, PolicyVersion, SalaryPolicies, Statement, WeekClosings, WeekInputs, due_weeks,
};
use crate::{
    id::UserId,
    page::Limit,
    store::StoreError,
    time::{BusinessCalendar, BusinessWeek, Clock},
};

/// The most failures that a run tells one by one.
pub const FAILURES_MAX: usize = 100;

/// What a run did.
#[derive(Debug, Default)]
pub struct ClosingReport {
    /// The weeks that are closed to the end now.
    pub finished: Vec<BusinessWeek>,
    /// How many statements were stored.
    pub statements: u64,
    /// How many salaries wait.
    pub salaries: u64,
    /// Hosts whose week could not be closed because the store holds something impossible, at most [`FAILURES_MAX`]. Their
    /// weeks stay open and are tried again by the next run; nobody else waits for them.
    pub failures: Vec<(UserId, BusinessWeek, CloseError)>,
}

/// Closes weeks.
pub struct ClosingService {
    /// By which policy.
    pub policies: Arc<dyn SalaryPolicies>,
    /// What is closed.
    pub closings: Arc<dyn WeekClosings>,
    /// The business calendar.
    pub calendar: BusinessCalendar,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl ClosingService {
    /// Closes every week that is due. To be run again at once when a whole run was finished, because more may be due.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails; what was closed until then stays closed.
    pub async fn run(&self) -> Result<ClosingReport, StoreError> {
        let mut report = ClosingReport::default();
        let due = due_weeks(self.calendar, self.closings.progress().await?, self.clock.now());
        if due.is_empty() {
            return Ok(report);
        }
        let history = self.policies.history().await?;
        // A week is marked only behind one that is.
        let mut is_unbroken = true;
        for week in due {
            is_unbroken &= self.close_week(&history.for_week(week), week, &mut report).await?;
            if is_unbroken {
                self.closings.finish(week, self.clock.now()).await?;
                report.finished.push(week);
            }
        }
        Ok(report)
    }

    /// Closes the week of every host who has none closed; answers whether none is left.
    async fn close_week(
        &self,
        version: &PolicyVersion,
        week: BusinessWeek,
        report: &mut ClosingReport,
    ) -> Result<bool, StoreError> {
        let days = self.calendar.days_of(week);
        let (mut after, mut is_whole) = (None, true);
        loop {
            let hosts = self.closings.open_hosts(week, days, after, Limit::MAX).await?;
            let Some(last) = hosts.last() else { return Ok(is_whole) };
            after = Some(*last);
            for host in hosts {
                match self.close_host(version, CloseOrder { host, week, days }).await {
                    Ok(Closed::Before) => {}
                    Ok(Closed::WithoutSalary) => report.statements = report.statements.saturating_add(1),
                    Ok(Closed::WithSalary(_)) => {
                        report.statements = report.statements.saturating_add(1);
                        report.salaries = report.salaries.saturating_add(1);
                    }
                    Err(error @ (CloseError::Invalid(_) | CloseError::Store(StoreError::Corrupt(_)))) => {
                        is_whole = false;
                        if report.failures.len() < FAILURES_MAX {
                            report.failures.push((host, week, error));
                        }
                    }
                    Err(CloseError::Store(error)) => return Err(error),
                }
            }
        }
    }

    async fn close_host(&self, version: &PolicyVersion, order: CloseOrder) -> Result<Closed, CloseError> {
        let (version, calendar) = (version.clone(), self.calendar);
        let decide = move |raw: &super::RawWeek| Ok(Statement::of(&version, &WeekInputs::new(calendar, raw.clone())?));
        self.closings.close(order, self.clock.now(), Box::new(decide)).await
    }
}

#[cfg(test)]
mod tests;
