//! Salaries of an agency's hosts: listing and deciding. The other spelling of a decision is in [`named`], what a host sees of
//! his own in [`own`], what a salary was made from in [`statement`].

pub(super) mod named;
pub(super) mod own;
pub(super) mod statement;

use std::sync::Arc;

use actix_web::{HttpRequest, get, post, web::Json};
use domain::{
    id::{AgencyId, SalaryRequestId, UserId},
    page::{Cursor, Limit, Page},
    review::{Review, Verdict},
    salary::{ListedSalary, SalaryOrder, SalaryRequest},
    wallet::Reason,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    State,
    callers::{EnglishBody, caller},
    query::{PageQuery, path_id, query},
    wire::Instant,
};
use crate::{
    auth::looked_up_for,
    error::{ApiError, Refusal},
    fields::{Field, IntegerOrDigits, integer, is_missing, present},
    request_key::{header_key, request_key},
};

/// A salary that an agency decides or has decided on.
#[derive(Serialize, ToSchema)]
pub(super) struct SalaryView {
    #[schema(example = 7)]
    id: i64,
    host_id: i64,
    /// The host's name, now.
    host_name: String,
    /// The agency that decides.
    #[schema(example = 4_821_007)]
    agency_id: i64,
    #[schema(example = "Bintang")]
    family_name: String,
    /// The year of ISO 8601, which around New Year is not that of the day.
    #[schema(example = 2026)]
    year: i32,
    /// The week of ISO 8601, from Monday in the business calendar.
    #[schema(example = 48)]
    week_number: u32,
    /// Diamonds.
    #[schema(example = 2_000)]
    salary_amount: i64,
    /// The valid sessions of the week.
    #[schema(example = 3)]
    total_lives: u32,
    /// `pending`, `approved` or `rejected`.
    #[schema(example = "pending")]
    status: &'static str,
    /// When the week was closed.
    created_at: Instant,
    /// When it was decided on.
    decided_at: Option<Instant>,
    /// Why it was rejected, where the owner said so.
    reason: Option<String>,
}

impl From<ListedSalary> for SalaryView {
    fn from(ListedSalary { request, host_name, family_name }: ListedSalary) -> Self {
        let SalaryRequest { id, host, agency, week, salary, valid_sessions, review, created_at } = request;
        let reason = match &review {
            Review::Rejected { reason, .. } => reason.as_ref().map(|reason| reason.as_str().to_owned()),
            Review::Pending | Review::Approved(_) => None,
        };
        Self {
            id: id.value(),
            host_id: host.value(),
            host_name,
            agency_id: agency.value(),
            family_name,
            year: week.year(),
            week_number: week.number(),
            salary_amount: salary.value(),
            total_lives: valid_sessions,
            status: review.word(),
            created_at: Instant(created_at),
            decided_at: review.decided().map(|decided| Instant(decided.at)),
            reason,
        }
    }
}

/// Salaries of an agency, or of a host.
#[derive(Serialize, ToSchema)]
pub(super) struct SalariesView {
    success: bool,
    /// Newest first.
    data: Vec<SalaryView>,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

impl SalariesView {
    fn new(page: Page<ListedSalary>) -> Json<Self> {
        Json(Self {
            success: true,
            data: page.items.into_iter().map(SalaryView::from).collect(),
            next_cursor: page.next.map(Cursor::to_text),
        })
    }
}

/// List the salaries of an agency
///
/// For its owner: the weeks of its hosts that came to a salary, one request for each host and week, newest first, a hundred
/// when no limit is given. A week belongs to the agency of which the host was a member when it ended.
#[utoipa::path(tag = "salaries", security(("token" = [])),
    params(("agency_id" = i64, Path, description = "The caller's agency"), PageQuery), responses(
    (status = 200, description = "A page of salaries", body = SalariesView),
    (status = 400, description = "`invalid_id`, `invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: not the caller's agency", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/salary-requests")]
pub(super) async fn list(state: State, request: HttpRequest) -> Result<Json<SalariesView>, ApiError> {
    let caller = caller(&request).await?;
    let agency = path_id(&request, "agency_id", AgencyId::parse)?;
    let page = query::<PageQuery>(&request)?.parse(Limit::MAX)?;
    Ok(SalariesView::new(state.salaries.salaries.list(caller, agency, page).await?))
}

/// The salary to decide on.
#[derive(Deserialize, ToSchema)]
pub(super) struct NamedSalaryBody {
    /// Its id, as a number or as digits.
    #[serde(default, deserialize_with = "present", rename = "requestId")]
    #[schema(value_type = IntegerOrDigits, required, example = 7)]
    request_id: Field,
    /// Why it is rejected; an approval ignores it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    reason: Field,
    /// The key of this decision, where the header `Idempotency-Key` cannot be set.
    #[serde(default, deserialize_with = "present", rename = "clientRef")]
    #[schema(value_type = Option<String>)]
    client_ref: Field,
}

impl NamedSalaryBody {
    fn request(&self) -> Result<SalaryRequestId, ApiError> {
        if is_missing(&self.request_id) {
            return Err(ApiError::salary_request_missing());
        }
        self.request_id.as_ref().and_then(integer).and_then(SalaryRequestId::parse).ok_or_else(ApiError::invalid_id)
    }
}

/// A rejection, with the reason of a body.
fn rejection(reason: &Field) -> Result<Verdict, ApiError> {
    let reason = match reason {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => Some(Reason::parse(text).map_err(|_| ApiError::invalid_reason())?),
        Some(_) => return Err(ApiError::invalid_reason()),
    };
    Ok(Verdict::Reject { reason })
}

/// Decided.
#[derive(Serialize, ToSchema)]
pub(super) struct SalaryDecided {
    success: bool,
    #[schema(example = "Salary request approved")]
    message: &'static str,
}

/// Decides on a salary of the agency in the path.
async fn decide(
    state: State,
    request: &HttpRequest,
    (owner, client_ref): (UserId, &Field),
    (salary, verdict): (SalaryRequestId, Verdict),
) -> Result<Json<SalaryDecided>, ApiError> {
    let agency = Some(path_id(request, "agency_id", AgencyId::parse)?);
    let key = request_key(header_key(request)?, client_ref, &*state.dice)?;
    let order = SalaryOrder { owner, agency, request: salary, verdict, key };
    let salaries = Arc::clone(&state.salaries);
    let receipt =
        state.money.run_after(looked_up_for(request), async move { salaries.salaries.decide(order).await }).await?;
    let is_approved = receipt.review.is_approved();
    let message = if is_approved { "Salary request approved" } else { "Salary request rejected" };
    Ok(Json(SalaryDecided { success: true, message }))
}

/// Approve a salary
///
/// For the owner of the agency, never for the host himself. Pays the salary once as an income of the type `salary`; a second
/// decision is refused. With a key, repeating the request is safe: the same key gets the first answer again.
#[utoipa::path(tag = "salaries", security(("token" = [])), request_body = NamedSalaryBody,
    params(("agency_id" = i64, Path, description = "The caller's agency"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible characters, unique per user")),
    responses(
    (status = 200, description = "Approved and paid", body = SalaryDecided),
    (status = 400, description = "`missing_fields`, `invalid_id`, `invalid_idempotency_key`, `idempotency_keys_differ`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `own_salary`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: not the caller's agency, or none of its salaries", body = Refusal),
    (status = 409, description = "`already_decided`, `host_banned`, `too_many_diamonds`, `idempotency_key_reused`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`: nothing happened; `outcome_unknown`: repeat with the same key", body = Refusal),
))]
#[post("/{agency_id}/salary-approve")]
pub(super) async fn approve(
    state: State,
    request: HttpRequest,
    EnglishBody { caller, body }: EnglishBody<NamedSalaryBody>,
) -> Result<Json<SalaryDecided>, ApiError> {
    decide(state, &request, (caller, &body.client_ref), (body.request()?, Verdict::Approve)).await
}

/// Reject a salary
///
/// For the owner of the agency, with a reason if he wishes. Nothing is paid, and the week stays rejected.
#[utoipa::path(tag = "salaries", security(("token" = [])), request_body = NamedSalaryBody,
    params(("agency_id" = i64, Path, description = "The caller's agency"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible characters, unique per user")),
    responses(
    (status = 200, description = "Rejected", body = SalaryDecided),
    (status = 400, description = "`missing_fields`, `invalid_id`, `invalid_reason`, `invalid_idempotency_key`, `idempotency_keys_differ`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `own_salary`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: not the caller's agency, or none of its salaries", body = Refusal),
    (status = 409, description = "`already_decided`, `idempotency_key_reused`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`: nothing happened; `outcome_unknown`: repeat with the same key", body = Refusal),
))]
#[post("/{agency_id}/salary-reject")]
pub(super) async fn reject(
    state: State,
    request: HttpRequest,
    EnglishBody { caller, body }: EnglishBody<NamedSalaryBody>,
) -> Result<Json<SalaryDecided>, ApiError> {
    decide(state, &request, (caller, &body.client_ref), (body.request()?, rejection(&body.reason)?)).await
}
