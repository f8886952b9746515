//! What is built for salaries, and who closes weeks.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use domain::salary::{ClosingReport, ClosingService, PolicyService, SalaryService, WEEKS_PER_RUN_MAX};
use persistence::{PgAgencies, PgSalaryPolicies, PgSalaryRequests, PgWeekClosings};
use tokio::time::{MissedTickBehavior, interval};

use super::Deployment;
use crate::{adapters::SystemClock, state::SalaryServices};

/// How often it is looked whether a week is due.
const INTERVAL: Duration = Duration::from_secs(60);

impl Deployment {
    /// Closing weeks.
    #[must_use]
    pub fn closing(&self) -> ClosingService {
        ClosingService {
            policies: Arc::new(PgSalaryPolicies::new(self.database.clone())),
            closings: Arc::new(PgWeekClosings::new(self.database.clone(), self.settings.calendar)),
            calendar: self.settings.calendar,
            clock: Arc::new(SystemClock),
        }
    }

    /// The salary policy.
    #[must_use]
    pub(crate) fn policies(&self) -> PolicyService {
        PolicyService {
            policies: Arc::new(PgSalaryPolicies::new(self.database.clone())),
            closings: Arc::new(PgWeekClosings::new(self.database.clone(), self.settings.calendar)),
            calendar: self.settings.calendar,
            clock: Arc::new(SystemClock),
        }
    }

    /// Salaries, with somebody who closes weeks for as long as they are used.
    pub(super) fn salaries(&self) -> Arc<SalaryServices> {
        let services = Arc::new(SalaryServices {
            salaries: SalaryService {
                requests: Arc::new(PgSalaryRequests::new(self.database.clone())),
                agencies: Arc::new(PgAgencies::new(self.database.clone())),
                policies: Arc::new(PgSalaryPolicies::new(self.database.clone())),
                calendar: self.settings.calendar,
                clock: Arc::new(SystemClock),
            },
            policies: self.policies(),
            closing: self.closing(),
        });
        tokio::spawn(tend(Arc::downgrade(&services)));
        services
    }
}

/// Closes the weeks that are due, now and every minute. Several servers may do this at once.
async fn tend(services: Weak<SalaryServices>) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(services) = services.upgrade() else { return };
        loop {
            match services.closing.run().await {
                Ok(report) => {
                    tell(&report);
                    // A full run may have left weeks over, after a long downtime.
                    if report.finished.len() < WEEKS_PER_RUN_MAX {
                        break;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "weeks could not be closed, and are tried again");
                    break;
                }
            }
        }
    }
}

fn tell(report: &ClosingReport) {
    for (host, week, error) in &report.failures {
        tracing::error!(host = host.value(), %week, %error, "the week of a host cannot be closed");
    }
    let ClosingReport { finished, statements, salaries, .. } = report;
    if let (Some(first), Some(last)) = (finished.first(), finished.last()) {
        tracing::info!(%first, %last, statements, salaries, "weeks were closed");
    }
}
