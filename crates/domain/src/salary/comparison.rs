//! A dry run: what past weeks would have paid under another policy, and who gains or loses by it.

use super::{PolicyHistory, PolicyVersion, SalaryPolicy, Statement, WeekInputs};
use crate::{
    id::{AgencyId, UserId},
    money::Diamonds,
    time::BusinessWeek,
};

/// The most weeks of a dry run.
pub const DRY_RUN_WEEKS_MAX: u32 = 13;
/// The most changes that a dry run tells one by one: the largest.
pub const DRY_RUN_CHANGES_MAX: usize = 1_000;

/// A week of a host that another policy pays otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SalaryChange {
    /// Whose week.
    pub host: UserId,
    /// Which week.
    pub week: BusinessWeek,
    /// Which agency decides.
    pub agency: AgencyId,
    /// What it is worth under the policy that held.
    pub before: Diamonds,
    /// What it would be worth.
    pub after: Diamonds,
}

impl SalaryChange {
    /// How much more it would be; negative: less.
    #[must_use]
    pub const fn difference(&self) -> i64 {
        self.after.value().saturating_sub(self.before.value())
    }
}

/// What a dry run shows. Weeks of hosts who belonged to no agency when the week ended pay nothing under any policy and do
/// not count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DryRun {
    /// How many weeks of hosts were looked at.
    pub weeks: u64,
    /// How many would be paid more.
    pub gains: u64,
    /// How many would be paid less.
    pub losses: u64,
    /// What all are worth under the policies that held, in diamonds.
    pub before: i64,
    /// What all would be worth.
    pub after: i64,
    /// The largest changes, the largest first, then by host and week; at most [`DRY_RUN_CHANGES_MAX`].
    pub changes: Vec<SalaryChange>,
}

impl DryRun {
    /// Looks at one more week of a host: what it is worth under the version that held, and under `policy`.
    pub fn add(&mut self, inputs: &WeekInputs, held: &PolicyHistory, policy: &SalaryPolicy) {
        let other = PolicyVersion { number: 0, from: inputs.week(), policy: policy.clone() };
        let paid = Statement::of(&held.for_week(inputs.week()), inputs);
        let Some(agency) = paid.payee else { return };
        let worth = |statement: &Statement| statement.claim().map_or(Diamonds::ZERO, |claim| claim.salary);
        let (host, week) = (inputs.host(), inputs.week());
        let (before, after) = (worth(&paid), worth(&Statement::of(&other, inputs)));
        let change = SalaryChange { host, week, agency, before, after };
        self.weeks = self.weeks.saturating_add(1);
        self.before = self.before.saturating_add(before.value());
        self.after = self.after.saturating_add(after.value());
        match change.difference() {
            0 => return,
            1.. => self.gains = self.gains.saturating_add(1),
            _ => self.losses = self.losses.saturating_add(1),
        }
        let rank =
            |change: &SalaryChange| (std::cmp::Reverse(change.difference().unsigned_abs()), change.host, change.week);
        let place = self.changes.partition_point(|other| rank(other) < rank(&change));
        if place < DRY_RUN_CHANGES_MAX {
            self.changes.insert(place, change);
            self.changes.truncate(DRY_RUN_CHANGES_MAX);
        }
    }
}

#[cfg(test)]
mod tests;
