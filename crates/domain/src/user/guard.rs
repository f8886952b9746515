//! Limits on guessing passwords and on registering, kept in memory and bounded.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::rate::{BoundedMap, Bucket, Quota, RetryAfter};

/// The account of every phone number that no account can have. Failures with it are counted by address alone: it is
/// nobody's, so that no stranger makes another's typing error wait.
pub(super) const IMPOSSIBLE_ACCOUNT: &str = "";

/// The most accounts, addresses, or pairs of both that are remembered.
const ENTRIES_MAX: usize = 100_000;

/// The wait behind the first failure too many; it doubles with each further one.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(15);

/// Failures are forgotten when none came for so long.
const MEMORY: TimeDelta = TimeDelta::hours(1);

/// Where a request comes from, as limits see it: an IPv4 address, or the /64 network of an IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
            IpAddr::V4(address) => Self(address.into()),
        }
    }
}

/// The limits on guessing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginRules {
    /// Failures of one account from one address before it has to wait.
    pub failures_max: u32,
    /// The longest wait.
    pub wait_max: TimeDelta,
    /// Failures of one account from anywhere; beyond them, addresses that never logged in to it are slowed down.
    pub account_quota: Quota,
}

type Pair = (String, ClientAddress);

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    last: Option<DateTime<Utc>>,
}

impl Failures {
    /// When the last one came; `None` when they are forgotten.
    fn last(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.last.filter(|last| now.signed_duration_since(*last) <= MEMORY)
    }
}

struct Memory {
    failures: BoundedMap<Pair, Failures>,
    accounts: BoundedMap<String, Bucket>,
    /// The last login of each pair.
    logged_in: BoundedMap<Pair, Option<DateTime<Utc>>>,
}

/// Counts failed logins. Known and unknown accounts are treated alike, so that a limit betrays nothing.
///
/// Not `Debug`: it knows phone numbers.
pub struct LoginGuard {
    rules: LoginRules,
    memory: Mutex<Memory>,
}

impl LoginGuard {
    /// A guard that remembers nothing yet.
    #[must_use]
    pub fn new(rules: LoginRules) -> Self {
        let memory = Memory {
            failures: BoundedMap::new(ENTRIES_MAX),
            accounts: BoundedMap::new(ENTRIES_MAX),
            logged_in: BoundedMap::new(ENTRIES_MAX),
        };
        Self { rules, memory: Mutex::new(memory) }
    }

    /// Whether an attempt may be made. Asked before hashing; counts nothing.
    ///
    /// # Errors
    /// How long to wait.
    pub fn check(&self, account: &str, address: ClientAddress, now: DateTime<Utc>) -> Result<(), RetryAfter> {
        let memory = self.lock();
        let pair = (account.to_owned(), address);
        if let Some(failures) = memory.failures.get(&pair)
            && let Some(last) = failures.last
            && let Some(wait) = self.wait_after(failures.count)
        {
            let end = last.checked_add_signed(wait).unwrap_or(last);
            if now < end {
                return Err(RetryAfter::until(end, now));
            }
        }
        if memory.logged_in.get(&pair).is_some() {
            return Ok(());
        }
        if account == IMPOSSIBLE_ACCOUNT {
            return Ok(());
        }
        memory.accounts.get(&pair.0).map_or(Ok(()), |bucket| bucket.check(self.rules.account_quota, now))
    }

    /// Counts a failed attempt.
    pub fn failed(&self, account: &str, address: ClientAddress, now: DateTime<Utc>) {
        let mut memory = self.lock();
        let failures = memory.failures.entry((account.to_owned(), address), |failures| failures.last(now));
        if failures.last(now).is_none() {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = Some(now);
        if account != IMPOSSIBLE_ACCOUNT {
            let bucket = memory.accounts.entry(account.to_owned(), |bucket| bucket.empty_at(now));
            bucket.take(self.rules.account_quota, now);
        }
    }

    /// Forgets the failures of an account from an address, and remembers that it logged in from there.
    pub fn succeeded(&self, account: &str, address: ClientAddress, now: DateTime<Utc>) {
        let mut memory = self.lock();
        let pair = (account.to_owned(), address);
        memory.failures.remove(&pair);
        *memory.logged_in.entry(pair, |last| *last) = Some(now);
    }

    /// The wait that so many failures bring; none below the limit.
    fn wait_after(&self, count: u32) -> Option<TimeDelta> {
        /// 2^20 times the first wait is above any sensible maximum.
        const DOUBLINGS_MAX: u32 = 20;

        let doublings = count.checked_sub(self.rules.failures_max)?.min(DOUBLINGS_MAX);
        let factor = 2_i32.saturating_pow(doublings);
        Some(FIRST_WAIT.checked_mul(factor).unwrap_or(self.rules.wait_max).min(self.rules.wait_max))
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        // A panic elsewhere leaves counters behind, at worst one short.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::Quotas;

    const RULES: LoginRules =
        LoginRules { failures_max: 10, wait_max: TimeDelta::minutes(15), account_quota: Quota::per_hour(100) };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
    }

    fn address(last: u8) -> ClientAddress {
        IpAddr::from([10, 0, 0, last]).into()
    }

    fn wait(result: Result<(), RetryAfter>) -> Option<u64> {
        result.err().map(RetryAfter::seconds)
    }

    #[test]
    fn ten_failures_bring_a_wait_that_doubles_up_to_fifteen_minutes() {
        let guard = LoginGuard::new(RULES);
        for _ in 0..9 {
            guard.failed("a", address(1), at(0));
        }
        assert_eq!(guard.check("a", address(1), at(0)), Ok(()));
        let mut now = 0;
        for expected in [15, 30, 60, 120, 240, 480, 900, 900] {
            guard.failed("a", address(1), at(now));
            assert_eq!(wait(guard.check("a", address(1), at(now))), Some(expected));
            now += i64::try_from(expected).unwrap();
            assert_eq!(guard.check("a", address(1), at(now)), Ok(()));
        }
        assert_eq!(guard.check("a", address(2), at(0)), Ok(()), "another address is not concerned");
        assert_eq!(guard.check("b", address(1), at(0)), Ok(()), "another account is not concerned");
    }

    #[test]
    fn a_login_forgives_and_so_does_an_hour() {
        let guard = LoginGuard::new(RULES);
        for _ in 0..10 {
            guard.failed("a", address(1), at(0));
        }
        guard.succeeded("a", address(1), at(0));
        assert_eq!(guard.check("a", address(1), at(0)), Ok(()));
        for _ in 0..10 {
            guard.failed("a", address(1), at(0));
        }
        guard.failed("a", address(1), at(3_601));
        assert_eq!(guard.check("a", address(1), at(3_601)), Ok(()));
    }

    #[test]
    fn many_addresses_cannot_guess_faster_and_cannot_lock_the_owner_out() {
        let guard = LoginGuard::new(RULES);
        guard.succeeded("a", address(200), at(0));
        for guess in 0..100 {
            assert_eq!(guard.check("a", address(guess), at(0)), Ok(()));
            guard.failed("a", address(guess), at(0));
        }
        assert_eq!(wait(guard.check("a", address(101), at(0))), Some(36));
        assert_eq!(guard.check("a", address(101), at(36)), Ok(()));
        assert_eq!(guard.check("a", address(200), at(0)), Ok(()), "the owner's address is not slowed down");
        assert_eq!(guard.check("b", address(101), at(0)), Ok(()));
    }

    #[test]
    fn impossible_numbers_are_counted_by_address_alone() {
        let guard = LoginGuard::new(RULES);
        for stranger in 0..150 {
            guard.failed(IMPOSSIBLE_ACCOUNT, address(stranger), at(0));
        }
        assert_eq!(guard.check(IMPOSSIBLE_ACCOUNT, address(200), at(0)), Ok(()));
        for _ in 0..9 {
            guard.failed(IMPOSSIBLE_ACCOUNT, address(1), at(0));
        }
        assert_eq!(wait(guard.check(IMPOSSIBLE_ACCOUNT, address(1), at(0))), Some(15));
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let of = |text: &str| ClientAddress::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }

    #[test]
    fn a_quota_by_address_is_refilled_in_time() {
        let quota = Quotas::new(Quota::per_hour(30));
        for _ in 0..30 {
            assert_eq!(quota.take(address(1), at(0)), Ok(()));
        }
        assert_eq!(wait(quota.take(address(1), at(0))), Some(120));
        assert_eq!(quota.take(address(2), at(0)), Ok(()));
        assert_eq!(quota.take(address(1), at(120)), Ok(()));
    }
}
