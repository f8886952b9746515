//! Which policy holds for a week: versions, each from a week on that was still to come when it was activated.

use chrono::{DateTime, Utc};

use super::{InvalidPolicy, SalaryPolicy};
use crate::{
    audit::{AuditAction, AuditEntry, AuditFacts, AuditSubject},
    idempotency::Actor,
    store::StoreError,
    time::{BusinessCalendar, BusinessWeek},
};

/// The most versions that are ever kept.
pub const POLICY_VERSIONS_MAX: usize = 1_000;
/// How many weeks ahead a policy may be activated at most.
pub const POLICY_WEEKS_AHEAD_MAX: i64 = 53;

/// A version of the salary policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// From 1 in the order of activation; 0 is the built-in one.
    pub number: u32,
    /// The first week that it holds for.
    pub from: BusinessWeek,
    /// The policy.
    pub policy: SalaryPolicy,
}

impl PolicyVersion {
    /// The version that holds while nobody has activated another.
    #[must_use]
    pub fn built_in() -> Self {
        Self { number: 0, from: BusinessWeek::first(), policy: SalaryPolicy::built_in() }
    }
}

/// All versions. It never forgets one, so that every week that was paid can be checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyHistory(Vec<PolicyVersion>);

impl PolicyHistory {
    /// The versions that were activated, in any order.
    #[must_use]
    pub fn new(mut versions: Vec<PolicyVersion>) -> Self {
        versions.sort_by_key(|version| (version.from, version.number));
        Self(versions)
    }

    /// The version that holds for `week`: of those from that week or before, the one with the latest first week; of
    /// several with the same one, the one that was activated last.
    #[must_use]
    pub fn for_week(&self, week: BusinessWeek) -> PolicyVersion {
        let holding = self.0.iter().rev().find(|version| version.from <= week);
        holding.cloned().unwrap_or_else(PolicyVersion::built_in)
    }

    /// How many minutes a valid day has: from which instant on how many, in order. The built-in policy is the first one.
    #[must_use]
    pub fn day_minutes(&self, calendar: BusinessCalendar) -> Vec<(DateTime<Utc>, u32)> {
        let built_in = PolicyVersion::built_in();
        let step = |version: &PolicyVersion| (calendar.day(version.from.monday()).start, version.policy.day_minutes());
        std::iter::once(&built_in).chain(&self.0).map(step).collect()
    }

    /// The versions that were activated, by their first week.
    #[must_use]
    pub fn versions(&self) -> &[PolicyVersion] {
        &self.0
    }
}

/// A wish to activate a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationOrder {
    /// Who wishes it.
    pub by: Actor,
    /// The policy.
    pub policy: SalaryPolicy,
    /// The first week that it is to hold for.
    pub from: BusinessWeek,
}

/// What an activation changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationPosting {
    /// The new version.
    pub version: PolicyVersion,
    /// The line of the audit log.
    pub audit: AuditEntry,
}

/// Why a policy is not activated, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActivationRefusal {
    /// The week runs already, or is over: hosts were told other terms.
    #[error("a policy holds from {earliest} on at the earliest")]
    WeekNotComing {
        /// The first week that is still to come.
        earliest: BusinessWeek,
    },
    /// The week is too far away.
    #[error("a policy holds from a week within the next {POLICY_WEEKS_AHEAD_MAX}")]
    TooFarAhead,
    /// There are too many versions.
    #[error("there are {POLICY_VERSIONS_MAX} versions already")]
    TooManyVersions,
}

/// Why no policy was activated.
#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    /// The draft is no policy.
    #[error(transparent)]
    Invalid(#[from] InvalidPolicy),
    /// The domain said no.
    #[error(transparent)]
    Refused(#[from] ActivationRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides an activation on the history under lock.
///
/// # Errors
/// [`ActivationRefusal`], in the order of its variants.
pub fn activate(
    order: &ActivationOrder,
    history: &PolicyHistory,
    calendar: BusinessCalendar,
    at: DateTime<Utc>,
) -> Result<ActivationPosting, ActivationRefusal> {
    let running = calendar.week(at);
    let ahead = order.from.weeks_since(running);
    if ahead < 1 {
        return Err(ActivationRefusal::WeekNotComing { earliest: running.next() });
    }
    if ahead > POLICY_WEEKS_AHEAD_MAX {
        return Err(ActivationRefusal::TooFarAhead);
    }
    let last = history.0.iter().map(|version| version.number).max().unwrap_or(0);
    let number = last.checked_add(1).filter(|_| history.0.len() < POLICY_VERSIONS_MAX);
    let number = number.ok_or(ActivationRefusal::TooManyVersions)?;
    let replaced = history.for_week(order.from);
    let facts =
        |version: u32, policy: &SalaryPolicy| AuditFacts::none().with("version", &version).with("policy", policy);
    let audit = AuditEntry {
        actor: order.by,
        action: AuditAction::PolicyActivated,
        subject: AuditSubject::Policy(number),
        before: facts(replaced.number, &replaced.policy),
        after: facts(number, &order.policy).with("from", &order.from),
        reason: None,
        at,
    };
    let version = PolicyVersion { number, from: order.from, policy: order.policy.clone() };
    Ok(ActivationPosting { version, audit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(text: &str) -> BusinessWeek {
        text.parse().unwrap()
    }

    fn version(number: u32, from: &str) -> PolicyVersion {
        PolicyVersion { number, from: week(from), policy: SalaryPolicy::built_in() }
    }

    #[test]
    fn the_version_of_a_week_is_the_latest_from_it_or_before() {
        let history = PolicyHistory::new(vec![
            version(1, "2026-W49"),
            version(2, "2027-W01"),
            version(4, "2026-W51"),
            version(3, "2026-W51"),
        ]);
        for (text, expected) in [
            ("2026-W48", 0),
            ("2026-W49", 1),
            ("2026-W50", 1),
            ("2026-W51", 4),
            ("2026-W53", 4),
            ("2027-W01", 2),
            ("2030-W20", 2),
        ] {
            assert_eq!(history.for_week(week(text)).number, expected, "{text}");
        }
        assert_eq!(PolicyHistory::default().for_week(week("2026-W48")), PolicyVersion::built_in());
    }

    #[test]
    fn the_minutes_of_a_valid_day_change_with_a_week() {
        let calendar = BusinessCalendar::in_zone("Asia/Jakarta").unwrap();
        let mut draft = SalaryPolicy::built_in().to_draft();
        draft.valid_day_minutes = 60;
        let shorter = PolicyVersion { policy: SalaryPolicy::parse(&draft).unwrap(), ..version(1, "2026-W49") };
        let steps = PolicyHistory::new(vec![version(2, "2026-W50"), shorter]).day_minutes(calendar);
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let expected =
            [(at("1969-12-28T17:00:00Z"), 120), (at("2026-11-29T17:00:00Z"), 60), (at("2026-12-06T17:00:00Z"), 120)];
        assert_eq!(steps, expected);
    }

    fn check(from: &str, at: &str, history: &PolicyHistory) -> Result<u32, ActivationRefusal> {
        let calendar = BusinessCalendar::in_zone("Asia/Jakarta").unwrap();
        let order = ActivationOrder { by: Actor::CommandLine, policy: SalaryPolicy::built_in(), from: week(from) };
        activate(&order, history, calendar, at.parse().unwrap()).map(|posting| {
            assert_eq!(posting.audit.subject, AuditSubject::Policy(posting.version.number));
            assert_eq!(posting.audit.after.iter().last(), Some(("from", from)));
            posting.version.number
        })
    }

    #[test]
    fn a_policy_holds_from_a_week_that_is_still_to_come() {
        let (none, some) = (PolicyHistory::default(), PolicyHistory::new(vec![version(7, "2026-W40")]));
        let too_early = |earliest| Err(ActivationRefusal::WeekNotComing { earliest: week(earliest) });
        // The last microsecond of Sunday in Jakarta, and the first of Monday.
        let (sunday, monday) = ("2026-12-27T16:59:59.999999Z", "2026-12-27T17:00:00Z");
        assert_eq!(check("2026-W52", sunday, &none), too_early("2026-W53"));
        assert_eq!(check("2026-W53", sunday, &none), Ok(1));
        assert_eq!(check("2026-W53", monday, &none), too_early("2027-W01"));
        assert_eq!(check("2027-W01", monday, &some), Ok(8));
    }

    #[test]
    fn a_policy_is_near_and_one_of_a_thousand() {
        let monday = "2026-12-27T17:00:00Z";
        assert_eq!(check("2028-W01", monday, &PolicyHistory::default()), Ok(1));
        assert_eq!(check("2028-W02", monday, &PolicyHistory::default()), Err(ActivationRefusal::TooFarAhead));
        let full = (1..=1_000).map(|number| version(number, "2026-W40")).collect();
        assert_eq!(check("2027-W01", monday, &PolicyHistory::new(full)), Err(ActivationRefusal::TooManyVersions));
    }
}
