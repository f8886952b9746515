//! A salary policy as JSON: in a file of the command line, and in a body of an administrator.

use domain::salary::{PolicyDraft, ReductionDraft, RowDraft};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A salary policy. The last row in the order that a week reaches wins.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyForm {
    /// How many minutes of a session must lie in the week for it to count.
    #[schema(example = 30)]
    valid_session_minutes: i64,
    /// From how many minutes on a day counts.
    #[schema(example = 120)]
    valid_day_minutes: i64,
    /// How many minutes of a day count at most.
    #[schema(example = 240)]
    daily_cap_minutes: i64,
    /// 1 to 64 rows.
    rows: Vec<RowForm>,
}

/// What a row asks for, and what it pays. A figure of zero is not asked for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RowForm {
    /// At least so many minutes.
    #[serde(default)]
    #[schema(example = 360)]
    minutes: i64,
    /// At least so many valid days.
    #[serde(default)]
    #[schema(example = 3)]
    valid_days: i64,
    /// At least so many diamonds by gifts.
    #[serde(default)]
    #[schema(example = 10_000)]
    gift_diamonds: i64,
    /// From this week of membership on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_week: Option<i64>,
    /// Up to this week of membership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_week: Option<i64>,
    /// Pays so many diamonds.
    #[schema(example = 2_000)]
    salary: i64,
    /// Pays less when some figures are missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reduction: Option<ReductionForm>,
}

/// What is paid when some figures are missed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReductionForm {
    /// Which may be missed, of `minutes`, `valid_days`, `gift_diamonds`: some of what the row asks for, and not all.
    #[schema(example = json!(["minutes"]))]
    missed: Vec<String>,
    /// The part of the salary, in hundredths of a per cent.
    #[schema(example = 7_000)]
    basis_points: i64,
}

impl From<PolicyForm> for PolicyDraft {
    fn from(form: PolicyForm) -> Self {
        let reduction = |ReductionForm { missed, basis_points }| ReductionDraft { missed, basis_points };
        let row = |row: RowForm| {
            let RowForm { minutes, valid_days, gift_diamonds, first_week, last_week, salary, .. } = row;
            let reduction = row.reduction.map(reduction);
            RowDraft { minutes, valid_days, gift_diamonds, first_week, last_week, salary, reduction }
        };
        let PolicyForm { valid_session_minutes, valid_day_minutes, daily_cap_minutes, rows } = form;
        let rows = rows.into_iter().map(row).collect();
        Self { valid_session_minutes, valid_day_minutes, daily_cap_minutes, rows }
    }
}

impl From<PolicyDraft> for PolicyForm {
    fn from(draft: PolicyDraft) -> Self {
        let reduction = |ReductionDraft { missed, basis_points }| ReductionForm { missed, basis_points };
        let row = |row: RowDraft| {
            let RowDraft { minutes, valid_days, gift_diamonds, first_week, last_week, salary, .. } = row;
            let reduction = row.reduction.map(reduction);
            RowForm { minutes, valid_days, gift_diamonds, first_week, last_week, salary, reduction }
        };
        let PolicyDraft { valid_session_minutes, valid_day_minutes, daily_cap_minutes, rows } = draft;
        let rows = rows.into_iter().map(row).collect();
        Self { valid_session_minutes, valid_day_minutes, daily_cap_minutes, rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What docs/salaries.md shows.
    fn documented() -> Vec<String> {
        let page = include_str!("../../../docs/salaries.md");
        let blocks = page.split("```json\n").skip(1);
        blocks.filter_map(|block| block.split_once("```").map(|(json, _)| json.to_owned())).collect()
    }

    #[test]
    fn the_policies_of_the_documentation_are_policies_and_the_first_is_the_built_in_one() {
        let drafts: Vec<PolicyDraft> = documented()
            .iter()
            .map(|json| {
                serde_json::from_str::<PolicyForm>(json).unwrap_or_else(|error| panic!("{error}: {json}")).into()
            })
            .collect();
        assert!(drafts.len() > 1);
        assert_eq!(drafts.first(), Some(&PolicyDraft::built_in()));
        for draft in drafts {
            assert!(domain::salary::SalaryPolicy::parse(&draft).is_ok(), "{draft:?}");
            let written = serde_json::to_string(&PolicyForm::from(draft.clone())).unwrap_or_default();
            assert_eq!(serde_json::from_str::<PolicyForm>(&written).map(PolicyDraft::from).ok(), Some(draft));
        }
    }

    #[test]
    fn a_member_that_nobody_knows_is_refused() {
        let policy =
            r#"{"valid_session_minutes": 1, "valid_day_minutes": 1, "daily_cap_minutes": 1, "rows": [], "x": 1}"#;
        assert!(serde_json::from_str::<PolicyForm>(policy).is_err());
    }
}
