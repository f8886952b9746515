//! Rates: how often something may happen, and how long to wait otherwise. Time comes in as an argument.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

/// "Wait so long": what a refusal by a rate tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAfter(pub Duration);

impl RetryAfter {
    /// The wait from `now` until `then`, at least a second.
    #[must_use]
    pub fn until(then: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let wait = then.signed_duration_since(now).to_std().unwrap_or_default();
        Self(wait.max(Duration::from_secs(1)))
    }

    /// Whole seconds, rounded up, as the header `Retry-After` wants them.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0.as_secs().saturating_add(u64::from(self.0.subsec_nanos() > 0))
    }
}

/// So many in a span, with the whole number as the burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many may happen at once, and within [`Quota::span`] in the long run. At least 1.
    pub count: u32,
    /// The span that refills a used-up quota.
    pub span: TimeDelta,
}

impl Quota {
    /// `count` in an hour.
    #[must_use]
    pub const fn per_hour(count: u32) -> Self {
        Self { count, span: TimeDelta::hours(1) }
    }

    /// `per_second` in a second in the long run, `burst` at once.
    #[must_use]
    pub fn per_second(per_second: u32, burst: u32) -> Self {
        let (per_second, burst) = (i64::from(per_second.max(1)), burst.max(1));
        let millis = i64::from(burst).saturating_mul(1_000).checked_div(per_second).unwrap_or(1_000);
        Self { count: burst, span: TimeDelta::milliseconds(millis) }
    }

    /// How long one unit takes to come back.
    fn interval(self) -> TimeDelta {
        let count = i32::try_from(self.count.max(1)).unwrap_or(i32::MAX);
        self.span.checked_div(count).unwrap_or(self.span)
    }
}

/// A bucket that leaks at a steady rate (the *generic cell rate algorithm*): one instant of state, no timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// When the bucket will be empty; `None` when it never held anything.
    empty_at: Option<DateTime<Utc>>,
}

impl Bucket {
    /// Whether one more would be allowed.
    ///
    /// # Errors
    /// How long to wait until it is.
    pub fn check(&self, quota: Quota, now: DateTime<Utc>) -> Result<(), RetryAfter> {
        let Some(empty_at) = self.empty_at else { return Ok(()) };
        // Full when the level, measured in time, leaves no room for one more interval.
        let room_at = add(empty_at, quota.interval()).checked_sub_signed(quota.span).unwrap_or(now);
        if room_at <= now { Ok(()) } else { Err(RetryAfter::until(room_at, now)) }
    }

    /// Counts one, allowed or not; never above a full bucket.
    pub fn take(&mut self, quota: Quota, now: DateTime<Utc>) {
        let level = self.empty_at.map_or(now, |empty_at| empty_at.max(now));
        self.empty_at = Some(add(level, quota.interval()).min(add(now, quota.span)));
    }

    /// When it will be empty; `None` when it is, so that nothing would have to be remembered.
    #[must_use]
    pub fn empty_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.empty_at.filter(|empty_at| *empty_at > now)
    }
}

fn add(instant: DateTime<Utc>, span: TimeDelta) -> DateTime<Utc> {
    instant.checked_add_signed(span).unwrap_or(instant)
}

/// A map with a limit: when it is full, what is stale goes first, and then what was touched the longest ago.
#[derive(Debug)]
pub struct BoundedMap<K, V> {
    entries: HashMap<K, V>,
    entries_max: usize,
}

impl<K: Eq + Hash, V> BoundedMap<K, V> {
    /// An empty map that never holds more than `entries_max` entries.
    #[must_use]
    pub fn new(entries_max: usize) -> Self {
        Self { entries: HashMap::new(), entries_max: entries_max.max(1) }
    }

    /// What is kept under `key`.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }

    /// Forgets `key`.
    pub fn remove(&mut self, key: &K) {
        self.entries.remove(key);
    }

    /// What is kept under `key`, made by `V::default` when missing. Room is made by the age of the others, as `age` tells
    /// it: an instant that grows with every touch, or `None` for what is stale.
    pub fn entry(&mut self, key: K, age: impl Fn(&V) -> Option<DateTime<Utc>>) -> &mut V
    where
        V: Default,
    {
        if self.entries.len() >= self.entries_max && !self.entries.contains_key(&key) {
            self.make_room(age);
        }
        self.entries.entry(key).or_default()
    }

    /// Drops what is stale, and at least a tenth, so that sweeping stays rare.
    fn make_room(&mut self, age: impl Fn(&V) -> Option<DateTime<Utc>>) {
        let surplus = self.entries_max.div_ceil(10);
        let mut ages: Vec<_> = self.entries.values().map(&age).collect();
        ages.sort_unstable();
        let Some(Some(limit)) = ages.get(surplus).copied() else {
            return self.entries.retain(|_, value| age(value).is_some());
        };
        // Of those that are exactly so old, only as many go as have to.
        let mut equals = surplus.saturating_sub(ages.partition_point(|age| *age < Some(limit)));
        self.entries.retain(|_, value| match age(value) {
            Some(age) if age == limit && equals > 0 => {
                equals = equals.saturating_sub(1);
                false
            }
            Some(age) => age >= limit,
            None => false,
        });
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// A quota for each of many, of which so many are remembered that no flood of them fills the memory.
#[derive(Debug)]
pub struct Quotas<K> {
    quota: Quota,
    buckets: Mutex<BoundedMap<K, Bucket>>,
}

/// The most that [`Quotas`] remember.
const REMEMBERED_MAX: usize = 100_000;

impl<K: Eq + Hash> Quotas<K> {
    /// Quotas of which nothing is used yet.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self { quota, buckets: Mutex::new(BoundedMap::new(REMEMBERED_MAX)) }
    }

    /// Uses one of the quota of `key`.
    ///
    /// # Errors
    /// How long to wait when none is left; nothing is used then.
    pub fn take(&self, key: K, now: DateTime<Utc>) -> Result<(), RetryAfter> {
        // A panic elsewhere leaves a bucket behind, at worst one short.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key, |bucket| bucket.empty_at(now));
        bucket.check(self.quota, now)?;
        bucket.take(self.quota, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota { count: 3, span: TimeDelta::seconds(30) };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            assert_eq!(bucket.check(QUOTA, at(0)), Ok(()));
            bucket.take(QUOTA, at(0));
        }
        assert_eq!(bucket.check(QUOTA, at(0)), Err(RetryAfter(Duration::from_secs(10))));
        assert_eq!(bucket.check(QUOTA, at(9)), Err(RetryAfter(Duration::from_secs(1))));
        assert_eq!(bucket.check(QUOTA, at(10)), Ok(()));
        bucket.take(QUOTA, at(10));
        assert_eq!(bucket.check(QUOTA, at(10)), Err(RetryAfter(Duration::from_secs(10))));
    }

    #[test]
    fn a_used_up_bucket_is_empty_again_after_its_span() {
        let mut bucket = Bucket::default();
        for _ in 0..50 {
            bucket.take(QUOTA, at(0));
        }
        assert_eq!(bucket.empty_at(at(29)), Some(at(30)));
        assert_eq!(bucket.empty_at(at(30)), None);
    }

    #[test]
    fn a_rate_has_its_own_burst() {
        let (quota, mut bucket) = (Quota::per_second(5, 10), Bucket::default());
        for _ in 0..10 {
            assert_eq!(bucket.check(quota, at(0)), Ok(()));
            bucket.take(quota, at(0));
        }
        assert!(bucket.check(quota, at(0)).is_err());
        for _ in 0..5 {
            assert_eq!(bucket.check(quota, at(1)), Ok(()));
            bucket.take(quota, at(1));
        }
        assert!(bucket.check(quota, at(1)).is_err());
    }

    #[test]
    fn each_has_a_quota_of_his_own_that_is_refilled_in_time() {
        let quotas = Quotas::new(Quota::per_second(5, 10));
        for _ in 0..10 {
            assert_eq!(quotas.take(1, at(0)), Ok(()));
        }
        assert_eq!(quotas.take(1, at(0)), Err(RetryAfter(Duration::from_secs(1))));
        assert_eq!(quotas.take(2, at(0)), Ok(()));
        assert_eq!(quotas.take(1, at(0) + TimeDelta::milliseconds(200)), Ok(()));
        assert!(quotas.take(1, at(0) + TimeDelta::milliseconds(200)).is_err(), "and only one");
    }

    #[test]
    fn waits_are_rounded_up() {
        assert_eq!(RetryAfter(Duration::from_millis(1_001)).seconds(), 2);
        assert_eq!(RetryAfter::until(at(0), at(5)).seconds(), 1);
    }

    #[test]
    fn a_full_map_drops_what_is_stale() {
        let mut map = BoundedMap::<u32, Option<DateTime<Utc>>>::new(10);
        *map.entry(0, |age| *age) = Some(at(0));
        for key in 1..=10 {
            map.entry(key, |age| *age);
        }
        assert_eq!((map.len(), map.get(&0)), (2, Some(&Some(at(0)))));
    }

    #[test]
    fn a_full_map_of_live_entries_drops_the_oldest_and_never_outgrows_its_limit() {
        let mut map = BoundedMap::<i64, Option<DateTime<Utc>>>::new(20);
        for key in 0..1_000 {
            *map.entry(key, |age| *age) = Some(at(key));
            assert!(map.len() <= 20);
            assert!((0..18.min(key)).all(|back| map.get(&(key - back)).is_some()), "{key}");
        }
        // All of one age: a tenth goes, not all.
        let mut map = BoundedMap::<u32, Option<DateTime<Utc>>>::new(20);
        for key in 0..=20 {
            *map.entry(key, |age| *age) = Some(at(0));
        }
        assert_eq!(map.len(), 19);
    }
}
