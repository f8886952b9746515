//! Who belongs to an agency, and how diligent he is.

use std::sync::Arc;

use actix_web::{HttpRequest, delete, get, web::Json};
use domain::{
    agency::{EndOrder, Member},
    id::MembershipId,
    page::{Cursor, Limit, Page},
    time::Period,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Done, agency_of};
use crate::{
    error::{ApiError, Refusal},
    http::{
        State,
        callers::caller,
        query::{PageQuery, PeriodQuery, path_id, query},
        wire::{Instant, WindowView, picture_url},
    },
};

/// So many members when no limit is asked for.
const MEMBERS: Limit = Limit::MAX;

/// The members of an agency.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct MembersView {
    success: bool,
    /// Who joined last comes first.
    data: Vec<MemberView>,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MemberView {
    /// The membership, by which a member is removed.
    id: i64,
    user_id: i64,
    name: String,
    /// The whole address, or `null`.
    avatar_url: Option<String>,
    /// Always `null`: phone numbers are for the owner's view of applications alone.
    phone: Option<String>,
    created_at: Instant,
    /// Since when he belongs to the agency.
    approved_at: Instant,
    /// Always `approved`.
    status: &'static str,
    /// What gifts brought him this month while he belonged to the agency, in diamonds.
    monthly_income: i64,
    /// Nobody has one yet: `null`.
    badge: Option<String>,
}

impl MemberView {
    fn new(request: &HttpRequest, member: Member) -> Self {
        Self {
            id: member.membership.value(),
            user_id: member.host.value(),
            name: member.name,
            avatar_url: member.avatar.map(|picture| picture_url(request, &picture)),
            phone: None,
            created_at: Instant(member.from),
            approved_at: Instant(member.from),
            status: "approved",
            monthly_income: member.income.value(),
            badge: None,
        }
    }
}

async fn members(state: &State, request: &HttpRequest, period: Period) -> Result<Page<Member>, ApiError> {
    let (caller, agency) = (caller(request).await?, agency_of(request)?);
    let page = query::<PageQuery>(request)?.parse(MEMBERS)?;
    Ok(state.agencies.figures.members(caller, agency, period, page).await?)
}

/// List the members of one's agency
///
/// For the owner of the agency, with what gifts brought them this month.
#[utoipa::path(tag = "agencies", security(("token" = [])),
    params(PageQuery, ("agency_id" = i64, Path, description = "The caller's agency")), responses(
    (status = 200, description = "A page of members; 100 when no limit is given", body = MembersView),
    (status = 400, description = "`invalid_id`, `invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: an agency that is not the caller's", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/members")]
pub(in crate::http) async fn list(state: State, request: HttpRequest) -> Result<Json<MembersView>, ApiError> {
    let page = members(&state, &request, Period::Monthly).await?;
    Ok(Json(MembersView {
        success: true,
        data: page.items.into_iter().map(|member| MemberView::new(&request, member)).collect(),
        next_cursor: page.next.map(Cursor::to_text),
    }))
}

/// Remove a member
///
/// For the owner of the agency, on any day. What the host did while he was a member stays the agency's; what he does from now
/// on does not.
#[utoipa::path(tag = "agencies", security(("token" = [])),
    params(("agency_id" = i64, Path, description = "The caller's agency"), ("member_id" = i64, Path, description = "The membership")),
    responses(
    (status = 200, description = "Removed", body = Done),
    (status = 400, description = "`invalid_id`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `member_not_found`: also of another agency", body = Refusal),
    (status = 409, description = "`already_ended`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[delete("/{agency_id}/members/{member_id}")]
pub(in crate::http) async fn remove(state: State, request: HttpRequest) -> Result<Json<Done>, ApiError> {
    let (owner, agency) = (caller(&request).await?, agency_of(&request)?);
    let membership = path_id(&request, "member_id", MembershipId::parse)?;
    let (order, agencies) = (EndOrder::Remove { owner, agency, membership }, Arc::clone(&state.agencies));
    state.messages.run(async move { agencies.hosts.end(order).await }).await?;
    Ok(Done::new("Member deleted successfully"))
}

/// On how many days the members of an agency were live.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ActiveDaysView {
    success: bool,
    data: Vec<ActiveMemberView>,
    window: WindowView,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ActiveMemberView {
    id: i64,
    user_id: i64,
    name: String,
    avatar_url: Option<String>,
    /// Valid days by the salary policy of their weeks.
    active_days: i64,
    badge: Option<String>,
}

/// List on how many days members were live
///
/// For the owner of the agency. A day counts by the salary policy of its week: with as much time of valid sessions as a valid day
/// has, while the host was a member. Sessions count when they have ended.
#[utoipa::path(tag = "agencies", security(("token" = [])),
    params(PeriodQuery, PageQuery, ("agency_id" = i64, Path, description = "The caller's agency")), responses(
    (status = 200, description = "A page of members; `weekly` when no period is given", body = ActiveDaysView),
    (status = 400, description = "`invalid_id`, `invalid_period`, `invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: an agency that is not the caller's", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/active-days")]
pub(in crate::http) async fn active_days(state: State, request: HttpRequest) -> Result<Json<ActiveDaysView>, ApiError> {
    caller(&request).await?;
    let period = query::<PeriodQuery>(&request)?.of_agency(Period::Weekly)?;
    let window = state.agencies.figures.span(period).window;
    let page = members(&state, &request, period).await?;
    let view = |member: Member| ActiveMemberView {
        id: member.membership.value(),
        user_id: member.host.value(),
        name: member.name,
        avatar_url: member.avatar.map(|picture| picture_url(&request, &picture)),
        active_days: member.active_days,
        badge: None,
    };
    Ok(Json(ActiveDaysView {
        success: true,
        data: page.items.into_iter().map(view).collect(),
        window: WindowView::new(window, state.calendar),
        next_cursor: page.next.map(Cursor::to_text),
    }))
}
