//! The system's clock.

use chrono::{DateTime, SubsecRound as _, Utc};
use domain::time::Clock;

/// The system's clock, in the microseconds that the database keeps.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}
