//! The salary policy, for administrators.

use actix_web::{HttpRequest, get, post, web::Json};
use domain::{
    salary::{DRY_RUN_WEEKS_MAX, DryRun, PolicyDraft, PolicyVersion, SalaryChange},
    time::BusinessWeek,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    State,
    callers::{AdminBody, administrator},
};
use crate::{
    error::{ApiError, Refusal},
    fields::{Field, IntegerOrDigits, integer, is_missing, present},
    policy_form::PolicyForm,
};

/// A version of the policy.
#[derive(Serialize, ToSchema)]
struct PolicyView {
    /// From 1 in the order of activation; 0 is the built-in one.
    #[schema(example = 1)]
    version: u32,
    /// The first week that it holds for.
    #[schema(example = "2026-W49")]
    from: String,
    policy: PolicyForm,
}

impl From<&PolicyVersion> for PolicyView {
    fn from(PolicyVersion { number, from, policy }: &PolicyVersion) -> Self {
        Self { version: *number, from: from.to_string(), policy: policy.to_draft().into() }
    }
}

/// Every version of the policy.
#[derive(Serialize, ToSchema)]
pub(super) struct PoliciesView {
    success: bool,
    /// By their first week; without the built-in one.
    data: Vec<PolicyView>,
    /// The one that holds for the running week.
    current: PolicyView,
}

/// List the salary policies
///
/// For administrators: every version that was ever activated, and the one that holds for the running week. Of several with the
/// same first week, the last one holds.
#[utoipa::path(tag = "administration", security(("token" = [])), responses(
    (status = 200, description = "All versions", body = PoliciesView),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/policies")]
pub(super) async fn list(state: State, request: HttpRequest) -> Result<Json<PoliciesView>, ApiError> {
    administrator(&request).await?;
    let history = state.salaries.policies.history().await?;
    let current = history.for_week(state.calendar.week(state.clock.now()));
    let data = history.versions().iter().map(PolicyView::from).collect();
    Ok(Json(PoliciesView { success: true, data, current: (&current).into() }))
}

/// A policy, and from when on it is to hold.
#[derive(Deserialize, ToSchema)]
pub(super) struct ActivationBody {
    /// A coming week, at most 53 ahead.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "2026-W49")]
    from: Field,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = PolicyForm, required)]
    policy: Field,
}

fn policy(field: &Field) -> Result<PolicyDraft, ApiError> {
    let policy = field.clone().filter(|_| !is_missing(field)).ok_or_else(ApiError::policy_missing)?;
    serde_json::from_value::<PolicyForm>(policy).map(PolicyDraft::from).map_err(ApiError::invalid_policy)
}

fn week(field: &Field) -> Result<BusinessWeek, ApiError> {
    match field {
        Some(Value::String(text)) if !text.is_empty() => text.parse().map_err(|_| ApiError::invalid_week()),
        field if is_missing(field) => Err(ApiError::policy_missing()),
        _ => Err(ApiError::invalid_week()),
    }
}

/// A policy was activated.
#[derive(Serialize, ToSchema)]
pub(super) struct PolicyActivated {
    success: bool,
    #[schema(example = "Policy activated")]
    message: &'static str,
    data: PolicyView,
}

/// Activate a salary policy
///
/// For administrators: holds from a coming week on, never for one that runs or is over. Versions are never changed or lost;
/// the audit log tells who activated which. There is no key: after `outcome_unknown`, look into the list.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = ActivationBody, responses(
    (status = 200, description = "Activated", body = PolicyActivated),
    (status = 400, description = "`missing_fields`, `invalid_policy`, `invalid_week`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 409, description = "`week_not_coming`, `week_too_far_ahead`, `too_many_policies`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`unavailable`: nothing happened; `outcome_unknown`", body = Refusal),
))]
#[post("/policies")]
pub(super) async fn activate(
    state: State,
    AdminBody { actor, body }: AdminBody<ActivationBody>,
) -> Result<Json<PolicyActivated>, ApiError> {
    let (from, draft) = (week(&body.from)?, policy(&body.policy)?);
    let services = std::sync::Arc::clone(&state.salaries);
    let posting = state.messages.run(async move { services.policies.activate(actor, &draft, from).await }).await?;
    Ok(Json(PolicyActivated { success: true, message: "Policy activated", data: (&posting.version).into() }))
}

/// A policy to be tried on weeks that are over.
#[derive(Deserialize, ToSchema)]
pub(super) struct DryRunBody {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = PolicyForm, required)]
    policy: Field,
    /// How many closed weeks back, 1 to 13; 4 when absent.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = IntegerOrDigits, required = false, example = 4)]
    weeks: Field,
}

/// What another policy would have paid.
#[derive(Serialize, ToSchema)]
pub(super) struct DryRunAnswer {
    success: bool,
    data: DryRunView,
}

#[derive(Serialize, ToSchema)]
struct DryRunView {
    /// How many weeks of hosts were looked at.
    weeks: u64,
    /// How many would be paid more.
    gains: u64,
    /// How many would be paid less.
    losses: u64,
    /// What all are worth under the policies that held, in diamonds.
    before: i64,
    /// What all would be worth.
    after: i64,
    /// The largest changes first, at most a thousand.
    changes: Vec<ChangeView>,
}

#[derive(Serialize, ToSchema)]
struct ChangeView {
    host_id: i64,
    agency_id: i64,
    #[schema(example = "2026-W48")]
    week: String,
    before: i64,
    after: i64,
}

impl From<DryRun> for DryRunView {
    fn from(run: DryRun) -> Self {
        let change = |SalaryChange { host, week, agency, before, after }: SalaryChange| ChangeView {
            host_id: host.value(),
            agency_id: agency.value(),
            week: week.to_string(),
            before: before.value(),
            after: after.value(),
        };
        let DryRun { weeks, gains, losses, before, after, changes } = run;
        Self { weeks, gains, losses, before, after, changes: changes.into_iter().map(change).collect() }
    }
}

/// Try a salary policy on past weeks
///
/// For administrators: what the last closed weeks would have paid under another policy, and who gains and loses by it. Nothing
/// is changed.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = DryRunBody, responses(
    (status = 200, description = "Who gains and who loses", body = DryRunAnswer),
    (status = 400, description = "`missing_fields`, `invalid_policy`, `invalid_weeks`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[post("/policies/dry-run")]
pub(super) async fn dry_run(
    state: State,
    AdminBody { body, .. }: AdminBody<DryRunBody>,
) -> Result<Json<DryRunAnswer>, ApiError> {
    /// So many weeks when none are named.
    const WEEKS: u32 = 4;

    let draft = policy(&body.policy)?;
    let weeks = match &body.weeks {
        None | Some(Value::Null) => WEEKS,
        Some(value) => integer(value)
            .and_then(|weeks| u32::try_from(weeks).ok())
            .filter(|weeks| (1..=DRY_RUN_WEEKS_MAX).contains(weeks))
            .ok_or_else(ApiError::invalid_weeks)?,
    };
    let run = state.salaries.policies.dry_run(&draft, weeks).await?;
    Ok(Json(DryRunAnswer { success: true, data: run.into() }))
}
