//! Applications of hosts, as the owner of their agency sees and decides them; and invitations.

use std::sync::Arc;

use actix_web::{HttpRequest, get, post, web::Json};
use domain::{
    agency::{Decider, HostReviewOrder, InviteOrder, ListedApplication},
    id::{AgencyId, HostApplicationId, UserId},
    page::{Cursor, Limit},
    review::Verdict,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Done, ReasonBody, agency_of};
use crate::{
    error::{ApiError, Refusal},
    fields::{Field, IntegerOrDigits, integer, is_missing, present},
    http::{
        State,
        callers::{EnglishBody, caller},
        hosts::{ApplicationView, shown_gender},
        query::{PageQuery, ReviewQuery, path_id, query},
        wire::Instant,
    },
};

/// So many applications when no limit is asked for.
pub(in crate::http) const APPLICATIONS: Limit = Limit::clamped(50);

/// A user who is invited.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct InviteBody {
    /// Whom, as a number or as digits.
    #[serde(default, deserialize_with = "present", rename = "hostUserId")]
    #[schema(value_type = IntegerOrDigits, required, example = 48_210_007)]
    host_user_id: Field,
    /// To which agency: the caller's own.
    #[serde(default, deserialize_with = "present", rename = "agencyId")]
    #[schema(value_type = IntegerOrDigits, required, example = 4_821_007)]
    agency_id: Field,
}

impl InviteBody {
    fn parse(&self, owner: UserId) -> Result<InviteOrder, ApiError> {
        if is_missing(&self.host_user_id) || is_missing(&self.agency_id) {
            return Err(ApiError::application_incomplete());
        }
        let host = self.host_user_id.as_ref().and_then(integer).and_then(UserId::parse);
        let agency = self.agency_id.as_ref().and_then(integer).and_then(AgencyId::parse);
        let (Some(host), Some(agency)) = (host, agency) else { return Err(ApiError::invalid_id()) };
        Ok(InviteOrder { owner, agency, host })
    }
}

/// An invitation that waits for its user.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Invited {
    success: bool,
    #[schema(example = "Host invitation sent successfully!")]
    message: &'static str,
    data: ApplicationView,
}

/// Invite a user
///
/// For the owner of the agency. The user accepts or declines; when he accepted, the owner decides. An agency has at most 200
/// invitations that wait.
#[utoipa::path(tag = "agencies", security(("token" = [])), request_body = InviteBody, responses(
    (status = 200, description = "Invited", body = Invited),
    (status = 400, description = "`missing_fields`, `invalid_id`, `host_not_found`, `own_agency`, `already_applied`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: an agency that is not the caller's", body = Refusal),
    (status = 409, description = "`already_member`, `declined_too_often`, `too_many_invitations`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/add-host")]
pub(in crate::http) async fn invite(
    state: State,
    EnglishBody { caller, body }: EnglishBody<InviteBody>,
) -> Result<Json<Invited>, ApiError> {
    let (order, agencies) = (body.parse(caller)?, Arc::clone(&state.agencies));
    let (application, at) = state.messages.run(async move { agencies.hosts.invite(order).await }).await?;
    let data = ApplicationView::new(&application, None, at);
    Ok(Json(Invited { success: true, message: "Host invitation sent successfully!", data }))
}

/// Applications to an agency.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ApplicationsView {
    success: bool,
    /// Newest first.
    data: Vec<ListedView>,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ListedView {
    id: i64,
    host_id: i64,
    agency_id: i64,
    /// As the host wrote it; `null` for who was invited.
    name: Option<String>,
    gender: Option<String>,
    /// Masked.
    #[schema(example = "3174********0001")]
    id_number: Option<String>,
    #[schema(example = "pending")]
    status: &'static str,
    created_at: Instant,
    /// The name of the account.
    user_name: String,
    /// The phone number of the account, for the owner of the agency alone.
    phone: Option<String>,
}

impl From<ListedApplication> for ListedView {
    fn from(listed: ListedApplication) -> Self {
        let application = &listed.application;
        Self {
            id: application.id().value(),
            host_id: application.host().value(),
            agency_id: application.agency().value(),
            name: listed.name,
            gender: listed.gender.map(shown_gender),
            id_number: listed.card.map(|card| card.to_string()),
            status: application.state().word(),
            created_at: Instant(listed.created_at),
            user_name: listed.user_name,
            phone: listed.phone.map(|phone| phone.reveal().to_owned()),
        }
    }
}

impl ApplicationsView {
    pub(in crate::http) fn new(page: domain::page::Page<ListedApplication>) -> Json<Self> {
        Json(Self {
            success: true,
            data: page.items.into_iter().map(ListedView::from).collect(),
            next_cursor: page.next.map(Cursor::to_text),
        })
    }
}

/// List applications to one's agency
///
/// For the owner of the agency. Invitations come into this list when their user has accepted.
#[utoipa::path(tag = "agencies", security(("token" = [])), params(ReviewQuery, PageQuery,
    ("agency_id" = i64, Path, description = "The caller's agency")), responses(
    (status = 200, description = "A page of applications; 50 when no limit is given", body = ApplicationsView),
    (status = 400, description = "`invalid_id`, `invalid_status`, `invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: an agency that is not the caller's", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/host-applications")]
pub(in crate::http) async fn list(state: State, request: HttpRequest) -> Result<Json<ApplicationsView>, ApiError> {
    let (caller, agency) = (caller(&request).await?, agency_of(&request)?);
    let status = query::<ReviewQuery>(&request)?.parse()?;
    let page = query::<PageQuery>(&request)?.parse(APPLICATIONS)?;
    Ok(ApplicationsView::new(state.agencies.hosts.applications_to(caller, agency, status, page).await?))
}

pub(in crate::http) fn application_of(request: &HttpRequest) -> Result<HostApplicationId, ApiError> {
    path_id(request, "application_id", HostApplicationId::parse)
}

pub(in crate::http) async fn review(state: &State, order: HostReviewOrder) -> Result<(), ApiError> {
    let agencies = Arc::clone(&state.agencies);
    state.messages.run(async move { agencies.hosts.review(order).await }).await.map(drop)
}

/// Approve a host
///
/// For the owner of the agency. The host is a member from now on; his other applications are withdrawn. A decision is final.
#[utoipa::path(tag = "agencies", security(("token" = [])),
    params(("application_id" = i64, Path, description = "The application")), responses(
    (status = 200, description = "Approved", body = Done),
    (status = 400, description = "`invalid_id`, `host_not_found`, `own_agency`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: also an application to another agency", body = Refusal),
    (status = 409, description = "`already_decided`, `not_accepted`, `already_member`, `too_many_memberships`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/host-application/{application_id}/approve")]
pub(in crate::http) async fn approve(state: State, request: HttpRequest) -> Result<Json<Done>, ApiError> {
    let (user, application) = (caller(&request).await?, application_of(&request)?);
    let by = Decider::Owner { user, agency: None };
    review(&state, HostReviewOrder { by, application, verdict: Verdict::Approve }).await?;
    Ok(Done::new("Host application approved"))
}

/// Reject a host
///
/// For the owner of the agency, with a reason if he likes. An invitation that was not answered is taken back. A decision is
/// final; the host may apply again.
#[utoipa::path(tag = "agencies", security(("token" = [])), request_body = ReasonBody,
    params(("application_id" = i64, Path, description = "The application")), responses(
    (status = 200, description = "Rejected", body = Done),
    (status = 400, description = "`invalid_id`, `invalid_reason`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: also an application to another agency", body = Refusal),
    (status = 409, description = "`already_decided`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/host-application/{application_id}/reject")]
pub(in crate::http) async fn reject(
    state: State,
    request: HttpRequest,
    EnglishBody { caller, body }: EnglishBody<ReasonBody>,
) -> Result<Json<Done>, ApiError> {
    let (application, reason) = (application_of(&request)?, body.parse()?);
    let by = Decider::Owner { user: caller, agency: None };
    review(&state, HostReviewOrder { by, application, verdict: Verdict::Reject { reason } }).await?;
    Ok(Done::new("Host application rejected"))
}
