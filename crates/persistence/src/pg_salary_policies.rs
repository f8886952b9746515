//! The versions of the salary policy.

use async_trait::async_trait;
use chrono::NaiveDate;
use diesel::{ExpressionMethods as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use domain::{
    salary::{
        ActivationDecision, ActivationError, ActivationOrder, ActivationPosting, ActivationRefusal, PolicyDraft,
        PolicyHistory, PolicyVersion, ReductionDraft, RowDraft, SalaryPolicies, SalaryPolicy,
    },
    store::StoreError,
    time::BusinessWeek,
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{contradictory, read_error, unreadable},
    pg_audit_log,
    pool::Database,
    reviews::actor_id,
    schema::salary_policies as policies,
};

/// Keeps the versions of the salary policy on PostgreSQL.
pub struct PgSalaryPolicies {
    database: Database,
}

impl PgSalaryPolicies {
    /// The policies of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

/// Activations pass one after the other; who reads, or closes a week, does not wait for them.
const LOCK: &str = "LOCK TABLE salary_policies IN SHARE ROW EXCLUSIVE MODE";

#[async_trait]
impl SalaryPolicies for PgSalaryPolicies {
    async fn history(&self) -> Result<PolicyHistory, StoreError> {
        let mut connection = self.database.connection().await?;
        history(&mut connection).await.map_err(read_error)
    }

    async fn activate(
        &self,
        order: ActivationOrder,
        decide: ActivationDecision,
    ) -> Result<ActivationPosting, ActivationError> {
        let outcome = self
            .database
            .atomically_once(async |connection: &mut AsyncPgConnection| activate(connection, &order, &decide).await)
            .await?;
        Ok(outcome?)
    }
}

async fn activate(
    connection: &mut AsyncPgConnection,
    order: &ActivationOrder,
    decide: &ActivationDecision,
) -> QueryResult<Result<ActivationPosting, ActivationRefusal>> {
    connection.batch_execute(LOCK).await?;
    let posting = match decide(&history(connection).await?) {
        Ok(posting) => posting,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let policy = serde_json::to_value(KeptPolicy::from(posting.version.policy.to_draft())).map_err(contradictory)?;
    diesel::insert_into(policies::table)
        .values((
            policies::number.eq(i32::try_from(posting.version.number).map_err(contradictory)?),
            policies::monday.eq(posting.version.from.monday()),
            policies::policy.eq(policy),
            policies::activated_by.eq(actor_id(order.by)),
            policies::activated_at.eq(posting.audit.at),
        ))
        .execute(connection)
        .await?;
    pg_audit_log::write(connection, &posting.audit).await?;
    Ok(Ok(posting))
}

/// All versions that were activated.
pub(crate) async fn history(connection: &mut AsyncPgConnection) -> QueryResult<PolicyHistory> {
    let rows: Vec<(i32, NaiveDate, serde_json::Value)> = policies::table
        .order(policies::number)
        .select((policies::number, policies::monday, policies::policy))
        .load(connection)
        .await?;
    Ok(PolicyHistory::new(rows.into_iter().map(version).collect::<QueryResult<_>>()?))
}

fn version((number, monday, policy): (i32, NaiveDate, serde_json::Value)) -> QueryResult<PolicyVersion> {
    let kept: KeptPolicy = serde_json::from_value(policy).map_err(unreadable)?;
    Ok(PolicyVersion {
        number: u32::try_from(number).map_err(unreadable)?,
        from: BusinessWeek::of(monday),
        policy: SalaryPolicy::parse(&kept.into()).map_err(unreadable)?,
    })
}

/// A policy as the database keeps it. Its JSON is read for ever: members are added, never renamed.
#[derive(Serialize, Deserialize)]
struct KeptPolicy {
    valid_session_minutes: i64,
    valid_day_minutes: i64,
    daily_cap_minutes: i64,
    rows: Vec<KeptRow>,
}

#[derive(Serialize, Deserialize)]
struct KeptRow {
    minutes: i64,
    valid_days: i64,
    gift_diamonds: i64,
    first_week: Option<i64>,
    last_week: Option<i64>,
    salary: i64,
    reduction: Option<KeptReduction>,
}

#[derive(Serialize, Deserialize)]
struct KeptReduction {
    missed: Vec<String>,
    basis_points: i64,
}

impl From<PolicyDraft> for KeptPolicy {
    fn from(draft: PolicyDraft) -> Self {
        let reduction = |ReductionDraft { missed, basis_points }| KeptReduction { missed, basis_points };
        let row = |row: RowDraft| {
            let RowDraft { minutes, valid_days, gift_diamonds, first_week, last_week, salary, .. } = row;
            let reduction = row.reduction.map(reduction);
            KeptRow { minutes, valid_days, gift_diamonds, first_week, last_week, salary, reduction }
        };
        let PolicyDraft { valid_session_minutes, valid_day_minutes, daily_cap_minutes, rows } = draft;
        let rows = rows.into_iter().map(row).collect();
        Self { valid_session_minutes, valid_day_minutes, daily_cap_minutes, rows }
    }
}

impl From<KeptPolicy> for PolicyDraft {
    fn from(kept: KeptPolicy) -> Self {
        let reduction = |KeptReduction { missed, basis_points }| ReductionDraft { missed, basis_points };
        let row = |row: KeptRow| {
            let KeptRow { minutes, valid_days, gift_diamonds, first_week, last_week, salary, .. } = row;
            let reduction = row.reduction.map(reduction);
            RowDraft { minutes, valid_days, gift_diamonds, first_week, last_week, salary, reduction }
        };
        let KeptPolicy { valid_session_minutes, valid_day_minutes, daily_cap_minutes, rows } = kept;
        let rows = rows.into_iter().map(row).collect();
        Self { valid_session_minutes, valid_day_minutes, daily_cap_minutes, rows }
    }
}
