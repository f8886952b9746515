//! The live sessions of an agency, and what it earned in all.

use actix_web::{HttpRequest, get, web::Json};
use domain::{agency::HostFigures, time::Period};
use serde::Serialize;
use utoipa::ToSchema;

use super::agency_of;
use crate::{
    error::{ApiError, Refusal},
    http::{
        State,
        callers::caller,
        query::{PeriodQuery, agency_period, query},
        wire::WindowView,
    },
};

/// The live sessions of an agency.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct LiveStatsView {
    success: bool,
    data: LiveStats,
    window: WindowView,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LiveStats {
    /// Ended sessions, or the parts of them that are the agency's.
    total_lives: i64,
    /// How many hosts are live now.
    active_lives: i64,
    /// Viewers, of each session by itself.
    total_viewers: i64,
    /// Of a session, in minutes.
    avg_duration: f64,
    /// Who was live most often, at most 5.
    top_hosts: Vec<TopHost>,
}

#[derive(Serialize, ToSchema)]
struct TopHost {
    name: String,
    live_count: i64,
    total_viewers: i64,
    /// In whole minutes.
    total_duration: i64,
}

impl From<HostFigures> for TopHost {
    fn from(host: HostFigures) -> Self {
        Self {
            name: host.name,
            live_count: host.lives,
            total_viewers: host.viewers,
            total_duration: host.live_seconds.checked_div(60).unwrap_or_default(),
        }
    }
}

/// The minutes of one of so many sessions; a session is half a day at most.
fn average_minutes(seconds: i64, lives: i64) -> f64 {
    let average = seconds.checked_div(lives).and_then(|seconds| i32::try_from(seconds).ok());
    average.map_or(0.0, |seconds| f64::from(seconds) / 60.0)
}

async fn lives(state: &State, request: &HttpRequest, period: Period) -> Result<Json<LiveStatsView>, ApiError> {
    let (caller, agency) = (caller(request).await?, agency_of(request)?);
    let figures = state.agencies.figures.lives(caller, agency, period).await?;
    let data = LiveStats {
        total_lives: figures.lives,
        active_lives: figures.live_now,
        total_viewers: figures.viewers,
        avg_duration: average_minutes(figures.live_seconds, figures.lives),
        top_hosts: figures.top.into_iter().map(TopHost::from).collect(),
    };
    let window = WindowView::new(state.agencies.figures.span(period).window, state.calendar);
    Ok(Json(LiveStatsView { success: true, data, window }))
}

/// Read how an agency's hosts were live
///
/// For the owner of the agency: sessions that ended, by the part of each that lies within the period and within the host's
/// membership. Everything when no period is given.
#[utoipa::path(tag = "agencies", security(("token" = [])),
    params(PeriodQuery, ("agency_id" = i64, Path, description = "The caller's agency")), responses(
    (status = 200, description = "The figures", body = LiveStatsView),
    (status = 400, description = "`invalid_id`, `invalid_period`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: an agency that is not the caller's", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/live-stats")]
pub(in crate::http) async fn live_stats(state: State, request: HttpRequest) -> Result<Json<LiveStatsView>, ApiError> {
    caller(&request).await?;
    let period = query::<PeriodQuery>(&request)?.of_agency(Period::All)?;
    lives(&state, &request, period).await
}

/// Read how an agency's hosts were live within a period
///
/// For the owner of the agency; the same with the period in the path: `daily`, `weekly`, `monthly` or `all`.
#[utoipa::path(tag = "agencies", security(("token" = [])),
    params(("agency_id" = i64, Path, description = "The caller's agency"), ("period" = String, Path, description = "The period")),
    responses(
    (status = 200, description = "The figures", body = LiveStatsView),
    (status = 400, description = "`invalid_id`, or another word than these", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: an agency that is not the caller's", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/live-stats/{period}")]
pub(in crate::http) async fn live_stats_within(
    state: State,
    request: HttpRequest,
) -> Result<Json<LiveStatsView>, ApiError> {
    caller(&request).await?;
    let period = agency_period(request.match_info().get("period"), Period::All)?;
    lives(&state, &request, period).await
}

/// What an agency's hosts earned in all.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct TotalIncomeView {
    success: bool,
    data: TotalIncome,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TotalIncome {
    grand_total: i64,
    today_total: i64,
    week_total: i64,
    month_total: i64,
    /// At most 10.
    top_earners: Vec<TopEarner>,
}

#[derive(Serialize, ToSchema)]
struct TopEarner {
    id: i64,
    name: String,
    total_income: i64,
}

/// Read what an agency's hosts earned in all
///
/// For the owner of the agency: diamonds of gifts to hosts while they were members, with the ten who earned most.
#[utoipa::path(tag = "agencies", security(("token" = [])),
    params(("agency_id" = i64, Path, description = "The caller's agency")), responses(
    (status = 200, description = "The totals", body = TotalIncomeView),
    (status = 400, description = "`invalid_id`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: an agency that is not the caller's", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/{agency_id}/total-income")]
pub(in crate::http) async fn total_income(
    state: State,
    request: HttpRequest,
) -> Result<Json<TotalIncomeView>, ApiError> {
    let (caller, agency) = (caller(&request).await?, agency_of(&request)?);
    let overview = state.agencies.figures.overview(caller, agency).await?;
    let mut top = state.agencies.figures.top_earners(caller, agency).await?;
    top.retain(|host| host.income.value() > 0);
    let earner =
        |host: HostFigures| TopEarner { id: host.host.value(), name: host.name, total_income: host.income.value() };
    let data = TotalIncome {
        grand_total: overview.total.value(),
        today_total: overview.today.value(),
        week_total: overview.this_week.value(),
        month_total: overview.this_month.value(),
        top_earners: top.into_iter().map(earner).collect(),
    };
    Ok(Json(TotalIncomeView { success: true, data }))
}
