//! Decisions on salaries that the path names.

use actix_web::{HttpRequest, post, web::Json};
use domain::{id::SalaryRequestId, review::Verdict};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    super::{State, callers::EnglishBody, query::path_id},
    SalaryDecided, decide, rejection,
};
use crate::{
    error::{ApiError, Refusal},
    fields::{Field, present},
};

/// What comes with a decision.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct DecisionBody {
    /// Why it is rejected; an approval ignores it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    reason: Field,
    /// The key of this decision, where the header `Idempotency-Key` cannot be set.
    #[serde(default, deserialize_with = "present", rename = "clientRef")]
    #[schema(value_type = Option<String>)]
    client_ref: Field,
}

/// Approve a salary, named by the path
///
/// The other spelling of `salary-approve`: the same decision, and under one key the same answer.
#[utoipa::path(tag = "salaries", security(("token" = [])), request_body = DecisionBody,
    params(("agency_id" = i64, Path, description = "The caller's agency"),
        ("request_id" = i64, Path, description = "The salary"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible characters, unique per user")),
    responses(
    (status = 200, description = "Approved and paid", body = SalaryDecided),
    (status = 400, description = "`invalid_id`, `invalid_idempotency_key`, `idempotency_keys_differ`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `own_salary`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: not the caller's agency, or none of its salaries", body = Refusal),
    (status = 409, description = "`already_decided`, `host_banned`, `too_many_diamonds`, `idempotency_key_reused`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`: nothing happened; `outcome_unknown`: repeat with the same key", body = Refusal),
))]
#[post("/{agency_id}/salary-request/{request_id}/approve")]
pub(in crate::http) async fn approve(
    state: State,
    request: HttpRequest,
    EnglishBody { caller, body }: EnglishBody<DecisionBody>,
) -> Result<Json<SalaryDecided>, ApiError> {
    let salary = path_id(&request, "request_id", SalaryRequestId::parse)?;
    decide(state, &request, (caller, &body.client_ref), (salary, Verdict::Approve)).await
}

/// Reject a salary, named by the path
///
/// The other spelling of `salary-reject`: the same decision, and under one key the same answer.
#[utoipa::path(tag = "salaries", security(("token" = [])), request_body = DecisionBody,
    params(("agency_id" = i64, Path, description = "The caller's agency"),
        ("request_id" = i64, Path, description = "The salary"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible characters, unique per user")),
    responses(
    (status = 200, description = "Rejected", body = SalaryDecided),
    (status = 400, description = "`invalid_id`, `invalid_reason`, `invalid_idempotency_key`, `idempotency_keys_differ`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `own_salary`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: not the caller's agency, or none of its salaries", body = Refusal),
    (status = 409, description = "`already_decided`, `idempotency_key_reused`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`: nothing happened; `outcome_unknown`: repeat with the same key", body = Refusal),
))]
#[post("/{agency_id}/salary-request/{request_id}/reject")]
pub(in crate::http) async fn reject(
    state: State,
    request: HttpRequest,
    EnglishBody { caller, body }: EnglishBody<DecisionBody>,
) -> Result<Json<SalaryDecided>, ApiError> {
    let salary = path_id(&request, "request_id", SalaryRequestId::parse)?;
    decide(state, &request, (caller, &body.client_ref), (salary, rejection(&body.reason)?)).await
}
