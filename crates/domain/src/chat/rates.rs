//! How fast one user may write.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::{
    id::UserId,
    rate::{BoundedMap, Bucket, Quota, RetryAfter},
};

/// The most users that are remembered.
const ENTRIES_MAX: usize = 100_000;

/// The rate of each user in one kind of chat. Whoever takes messages of that kind, by whatever way, shares one.
#[derive(Debug)]
pub struct ChatRates {
    quota: Quota,
    buckets: Mutex<BoundedMap<UserId, Bucket>>,
}

impl ChatRates {
    /// Rates of which nothing is used yet.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self { quota, buckets: Mutex::new(BoundedMap::new(ENTRIES_MAX)) }
    }

    /// Counts a message of `user`.
    ///
    /// # Errors
    /// How long to wait when he is too fast; nothing is counted then.
    pub fn take(&self, user: UserId, now: DateTime<Utc>) -> Result<(), RetryAfter> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(user, |bucket| bucket.empty_at(now));
        bucket.check(self.quota, now)?;
        bucket.take(self.quota, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_a_burst_of_his_own() {
        let (rates, now) = (ChatRates::new(Quota::per_second(5, 10)), DateTime::UNIX_EPOCH);
        for _ in 0..10 {
            assert_eq!(rates.take(UserId::new(1), now), Ok(()));
        }
        assert!(rates.take(UserId::new(1), now).is_err());
        assert_eq!(rates.take(UserId::new(2), now), Ok(()));
        assert_eq!(rates.take(UserId::new(1), now + chrono::TimeDelta::milliseconds(200)), Ok(()));
    }
}
