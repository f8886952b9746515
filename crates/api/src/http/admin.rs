//! What administrators do: agencies, hosts, users, coins, the catalogue, and looking at the books. Each write leaves a line in the audit log.

pub(super) mod books;
pub(super) mod catalogue;
pub(super) mod coins;
pub(super) mod hosts;
pub(super) mod people;

use std::sync::Arc;

use actix_web::{HttpRequest, get, post, web::Json};
use domain::{
    agency::{AgencyDecisionOrder, Decider, HostReviewOrder, ListedAgency, ReviewStatus},
    id::AgencyId,
    idempotency::Actor,
    page::{Cursor, Limit},
    review::Verdict,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    State,
    agency::{
        Done, ReasonBody,
        applications::{APPLICATIONS, ApplicationsView, application_of, review},
    },
    callers::{AdminBody, administrator},
    query::{PageQuery, ReviewQuery, path_id, query},
    wire::Instant,
};
use crate::error::{ApiError, Refusal};

/// So many agencies when no limit is asked for.
const AGENCIES: Limit = Limit::clamped(50);

/// Agencies, as administrators see them.
#[derive(Serialize, ToSchema)]
pub(super) struct AgenciesView {
    success: bool,
    /// Newest first.
    data: Vec<AdminAgencyView>,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AdminAgencyView {
    id: i64,
    user_id: i64,
    user_name: String,
    family_name: String,
    region: Option<String>,
    phone: Option<String>,
    /// Masked.
    #[schema(example = "3174********0001")]
    id_number: Option<String>,
    #[schema(example = "pending")]
    status: &'static str,
    created_at: Instant,
    /// When it was decided on.
    decided_at: Option<Instant>,
    /// How many hosts belong to it now.
    total_hosts: i64,
}

impl From<ListedAgency> for AdminAgencyView {
    fn from(listed: ListedAgency) -> Self {
        let agency = listed.agency;
        Self {
            id: agency.id.value(),
            user_id: agency.owner.value(),
            user_name: listed.owner_name,
            family_name: agency.family_name,
            region: agency.region,
            phone: agency.phone.map(|phone| phone.reveal().to_owned()),
            id_number: listed.card.map(|card| card.to_string()),
            status: agency.review.word(),
            created_at: Instant(agency.created_at),
            decided_at: agency.review.decided().map(|decided| Instant(decided.at)),
            total_hosts: listed.members,
        }
    }
}

async fn listed(state: &State, request: &HttpRequest, default: ReviewStatus) -> Result<Json<AgenciesView>, ApiError> {
    let status = query::<ReviewQuery>(request)?.parse()?.unwrap_or(default);
    let page = query::<PageQuery>(request)?.parse(AGENCIES)?;
    let page = state.agencies.agencies.list(status, page).await?;
    Ok(Json(AgenciesView {
        success: true,
        data: page.items.into_iter().map(AdminAgencyView::from).collect(),
        next_cursor: page.next.map(Cursor::to_text),
    }))
}

/// List agencies
///
/// For administrators. The approved ones when no status is given.
#[utoipa::path(tag = "administration", security(("token" = [])), params(ReviewQuery, PageQuery), responses(
    (status = 200, description = "A page of agencies; 50 when no limit is given", body = AgenciesView),
    (status = 400, description = "`invalid_status`, `invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/agencies")]
pub(super) async fn agencies(state: State, request: HttpRequest) -> Result<Json<AgenciesView>, ApiError> {
    administrator(&request).await?;
    listed(&state, &request, ReviewStatus::Approved).await
}

/// List agencies that wait
///
/// For administrators: applications that nobody has decided on.
#[utoipa::path(tag = "administration", security(("token" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of agencies; 50 when no limit is given", body = AgenciesView),
    (status = 400, description = "`invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/agencies/pending")]
pub(super) async fn pending_agencies(state: State, request: HttpRequest) -> Result<Json<AgenciesView>, ApiError> {
    administrator(&request).await?;
    listed(&state, &request, ReviewStatus::Pending).await
}

async fn decide(state: &State, by: Actor, agency: AgencyId, verdict: Verdict) -> Result<(), ApiError> {
    let (order, services) = (AgencyDecisionOrder { by, agency, verdict }, Arc::clone(&state.agencies));
    state.messages.run(async move { services.agencies.decide(order).await }).await.map(drop)
}

/// Approve an agency
///
/// For administrators. A decision is final.
#[utoipa::path(tag = "administration", security(("token" = [])),
    params(("agency_id" = i64, Path, description = "The agency")), responses(
    (status = 200, description = "Approved", body = Done),
    (status = 400, description = "`invalid_id`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: there is no such agency", body = Refusal),
    (status = 409, description = "`already_decided`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/agency/{agency_id}/approve")]
pub(super) async fn approve_agency(state: State, request: HttpRequest) -> Result<Json<Done>, ApiError> {
    let by = administrator(&request).await?;
    decide(&state, by, path_id(&request, "agency_id", AgencyId::parse)?, Verdict::Approve).await?;
    Ok(Done::new("Agency approved"))
}

/// Reject an agency
///
/// For administrators, with a reason if they like. A decision is final; its owner may apply again, also with the same card.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = ReasonBody,
    params(("agency_id" = i64, Path, description = "The agency")), responses(
    (status = 200, description = "Rejected", body = Done),
    (status = 400, description = "`invalid_id`, `invalid_reason`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: there is no such agency", body = Refusal),
    (status = 409, description = "`already_decided`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/agency/{agency_id}/reject")]
pub(super) async fn reject_agency(
    state: State,
    request: HttpRequest,
    AdminBody { actor, body }: AdminBody<ReasonBody>,
) -> Result<Json<Done>, ApiError> {
    let (agency, reason) = (path_id(&request, "agency_id", AgencyId::parse)?, body.parse()?);
    decide(&state, actor, agency, Verdict::Reject { reason }).await?;
    Ok(Done::new("Agency rejected"))
}

/// List applications of hosts
///
/// For administrators: to all agencies. Those that wait when no status is given.
#[utoipa::path(tag = "administration", security(("token" = [])), params(ReviewQuery, PageQuery), responses(
    (status = 200, description = "A page of applications; 50 when no limit is given", body = ApplicationsView),
    (status = 400, description = "`invalid_status`, `invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/host-applications")]
pub(super) async fn applications(state: State, request: HttpRequest) -> Result<Json<ApplicationsView>, ApiError> {
    administrator(&request).await?;
    let status = query::<ReviewQuery>(&request)?.parse()?.unwrap_or(ReviewStatus::Pending);
    let page = query::<PageQuery>(&request)?.parse(APPLICATIONS)?;
    Ok(ApplicationsView::new(state.agencies.hosts.all_applications(status, page).await?))
}

/// Approve a host
///
/// For administrators, in place of the owner of the agency.
#[utoipa::path(tag = "administration", security(("token" = [])),
    params(("application_id" = i64, Path, description = "The application")), responses(
    (status = 200, description = "Approved", body = Done),
    (status = 400, description = "`invalid_id`, `host_not_found`, `own_agency`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: there is no such application", body = Refusal),
    (status = 409, description = "`already_decided`, `not_accepted`, `already_member`, `too_many_memberships`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/host-application/{application_id}/approve")]
pub(super) async fn approve_host(state: State, request: HttpRequest) -> Result<Json<Done>, ApiError> {
    let by = Decider::Admin(administrator(&request).await?);
    let application = application_of(&request)?;
    review(&state, HostReviewOrder { by, application, verdict: Verdict::Approve }).await?;
    Ok(Done::new("Host application approved"))
}

/// Reject a host
///
/// For administrators, in place of the owner of the agency, with a reason if they like.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = ReasonBody,
    params(("application_id" = i64, Path, description = "The application")), responses(
    (status = 200, description = "Rejected", body = Done),
    (status = 400, description = "`invalid_id`, `invalid_reason`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: there is no such application", body = Refusal),
    (status = 409, description = "`already_decided`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/host-application/{application_id}/reject")]
pub(super) async fn reject_host(
    state: State,
    request: HttpRequest,
    AdminBody { actor, body }: AdminBody<ReasonBody>,
) -> Result<Json<Done>, ApiError> {
    let (application, reason) = (application_of(&request)?, body.parse()?);
    let by = Decider::Admin(actor);
    review(&state, HostReviewOrder { by, application, verdict: Verdict::Reject { reason } }).await?;
    Ok(Done::new("Host application rejected"))
}
