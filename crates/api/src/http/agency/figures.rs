//! The figures of an agency at a glance, and its hosts with their lives and incomes.

use actix_web::{HttpRequest, get, web::Json};
use domain::{
    agency::HostFigures,
    page::Limit,
    time::{Period, Window},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::agency_of;
use crate::{
    error::{ApiError, Refusal},
    http::{
        State,
        callers::caller,
        query::{PeriodQuery, agency_period, query},
        wire::{WindowView, picture_url},
    },
};

/// An agency at a glance.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct StatsView {
    success: bool,
    data: Stats,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Stats {
    /// How many hosts belong to the agency now.
    total_hosts: i64,
    /// How many of them are live now.
    active_lives: i64,
    /// Diamonds of gifts to hosts while they were members, ever.
    total_income: i64,
    today_income: i64,
    /// The same as `totalHosts`.
    total_members: i64,
    this_week_income: i64,
    this_month_income: i64,
    last_month_income: i64,
}

/// Read an agency's figures
///
/// For the owner of the agency. Incomes are diamonds of gifts to its hosts while they were members; weeks begin on Monday in
/// the business calendar.
#[utoipa::path(tag = "agencies", security(("token" = [])),
    params(("agency_id" = i64, Path, description = "The caller's agency")), responses(
    (status = 200, description = "The figures", body = StatsView),
    (status = 400, description = "`invalid_id`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: an agency that is not the caller's", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/stats")]
pub(in crate::http) async fn stats(state: State, request: HttpRequest) -> Result<Json<StatsView>, ApiError> {
    let (caller, agency) = (caller(&request).await?, agency_of(&request)?);
    let overview = state.agencies.figures.overview(caller, agency).await?;
    let data = Stats {
        total_hosts: overview.members,
        active_lives: overview.live_now,
        total_income: overview.total.value(),
        today_income: overview.today.value(),
        total_members: overview.members,
        this_week_income: overview.this_week.value(),
        this_month_income: overview.this_month.value(),
        last_month_income: overview.last_month.value(),
    };
    Ok(Json(StatsView { success: true, data }))
}

/// The hosts of an agency.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct HostsView {
    success: bool,
    /// Who earned most comes first; at most 100.
    data: Vec<HostView>,
}

#[derive(Serialize, ToSchema)]
struct HostView {
    id: i64,
    name: String,
    /// The whole address, or `null`.
    avatar_url: Option<String>,
    /// Always `null`: phone numbers are for the owner's view of applications alone.
    phone: Option<String>,
    total_lives: i64,
    total_income: i64,
    /// Whether the host belongs to the agency now.
    is_active: bool,
}

/// List the hosts of one's agency
///
/// For the owner of the agency: who belongs to it now or did something for it, with what they did while they were members.
#[utoipa::path(tag = "agencies", security(("token" = [])),
    params(("agency_id" = i64, Path, description = "The caller's agency")), responses(
    (status = 200, description = "The hosts", body = HostsView),
    (status = 400, description = "`invalid_id`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: an agency that is not the caller's", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/hosts")]
pub(in crate::http) async fn hosts(state: State, request: HttpRequest) -> Result<Json<HostsView>, ApiError> {
    let (caller, agency) = (caller(&request).await?, agency_of(&request)?);
    let hosts = state.agencies.figures.hosts(caller, agency, Period::All, Limit::MAX).await?;
    let view = |host: HostFigures| HostView {
        id: host.host.value(),
        name: host.name,
        avatar_url: host.avatar.map(|picture| picture_url(&request, &picture)),
        phone: None,
        total_lives: host.lives,
        total_income: host.income.value(),
        is_active: host.is_member,
    };
    Ok(Json(HostsView { success: true, data: hosts.into_iter().map(view).collect() }))
}

/// What the hosts of an agency earned.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct HostIncomesView {
    success: bool,
    /// Who earned most comes first; at most 100.
    data: Vec<HostIncomeView>,
    window: WindowView,
}

#[derive(Serialize, ToSchema)]
struct HostIncomeView {
    host_id: i64,
    host_name: String,
    /// Sessions, or parts of sessions, within the period.
    live_count: i64,
    total_income: i64,
    /// Of a session, floored; all of it when there was none.
    avg_income: i64,
}

impl From<HostFigures> for HostIncomeView {
    fn from(host: HostFigures) -> Self {
        let total_income = host.income.value();
        Self {
            host_id: host.host.value(),
            host_name: host.name,
            live_count: host.lives,
            total_income,
            avg_income: total_income.checked_div(host.lives).unwrap_or(total_income),
        }
    }
}

async fn incomes(state: &State, request: &HttpRequest, period: Period) -> Result<Json<HostIncomesView>, ApiError> {
    let (caller, agency) = (caller(request).await?, agency_of(request)?);
    let earners = state.agencies.figures.hosts(caller, agency, period, Limit::MAX).await?;
    let window: Window = state.agencies.figures.span(period).window;
    Ok(Json(HostIncomesView {
        success: true,
        data: earners.into_iter().map(HostIncomeView::from).collect(),
        window: WindowView::new(window, state.calendar),
    }))
}

/// List what hosts earned
///
/// For the owner of the agency: diamonds of gifts within the period, while the hosts were members. Everything when no period is
/// given.
#[utoipa::path(tag = "agencies", security(("token" = [])),
    params(PeriodQuery, ("agency_id" = i64, Path, description = "The caller's agency")), responses(
    (status = 200, description = "The hosts with their incomes", body = HostIncomesView),
    (status = 400, description = "`invalid_id`, `invalid_period`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: an agency that is not the caller's", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/income")]
pub(in crate::http) async fn income(state: State, request: HttpRequest) -> Result<Json<HostIncomesView>, ApiError> {
    caller(&request).await?;
    let period = query::<PeriodQuery>(&request)?.of_agency(Period::All)?;
    incomes(&state, &request, period).await
}

/// List what hosts earned within a period
///
/// For the owner of the agency; the same with the period in the path: `daily`, `weekly`, `monthly` or `all`.
#[utoipa::path(tag = "agencies", security(("token" = [])),
    params(("agency_id" = i64, Path, description = "The caller's agency"), ("period" = String, Path, description = "The period")),
    responses(
    (status = 200, description = "The hosts with their incomes", body = HostIncomesView),
    (status = 400, description = "`invalid_id`, or another word than these", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: an agency that is not the caller's", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/income/{period}")]
pub(in crate::http) async fn income_within(
    state: State,
    request: HttpRequest,
) -> Result<Json<HostIncomesView>, ApiError> {
    caller(&request).await?;
    let period = agency_period(request.match_info().get("period"), Period::All)?;
    incomes(&state, &request, period).await
}
