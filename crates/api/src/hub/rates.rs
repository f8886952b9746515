//! How often somebody may speak.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use domain::rate::{BoundedMap, Bucket, Quota, RetryAfter};

use super::who::Who;

/// The most speakers that are remembered.
const SPEAKERS_MAX: usize = 100_000;

/// Where somebody speaks; each has a rate of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Channel {
    /// In live rooms.
    Live,
    /// In party rooms.
    Party,
}

/// The rates of all speakers: one for all sockets of a user.
pub(super) struct Rates {
    quota: Quota,
    buckets: Mutex<BoundedMap<(Who, Channel), Bucket>>,
}

impl Rates {
    /// Rates of which nothing is used yet.
    pub(super) fn new(quota: Quota) -> Self {
        Self { quota, buckets: Mutex::new(BoundedMap::new(SPEAKERS_MAX)) }
    }

    /// Uses one.
    pub(super) fn take(&self, who: Who, channel: Channel, now: DateTime<Utc>) -> Result<(), RetryAfter> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry((who, channel), |bucket| bucket.empty_at(now));
        bucket.check(self.quota, now)?;
        bucket.take(self.quota, now);
        Ok(())
    }
}
