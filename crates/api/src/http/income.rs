//! What the caller himself earned, and what a host earns now.

use actix_web::{HttpRequest, get, web::Json};
use chrono::NaiveDate;
use domain::{
    income::DayIncome,
    page::Limit,
    time::{Period, Window},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    State,
    host_income::Reader,
    query::{DaysQuery, PageQuery, host_id, parse_date, query},
    wire::WindowView,
};
use crate::{
    auth::Caller,
    error::{ApiError, Refusal},
};

/// So many days when no limit is asked for.
const HISTORY_DAYS: Limit = Limit::clamped(50);

/// The caller's diamonds.
#[derive(Serialize, ToSchema)]
pub(super) struct DiamondBalance {
    success: bool,
    /// What gifts and salaries brought, without what was exchanged.
    #[schema(example = 250)]
    diamonds: i64,
}

/// Read the caller's diamonds
///
/// What gifts and salaries brought him, without what he exchanged for coins.
#[utoipa::path(tag = "income", security(("token" = [])), responses(
    (status = 200, description = "The diamonds that can be exchanged", body = DiamondBalance),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "A bad token, or `banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/balance")]
pub(super) async fn balance(state: State, Caller(caller): Caller) -> Result<Json<DiamondBalance>, ApiError> {
    let always = state.calendar.span(Period::All, state.clock.now());
    let diamonds = state.incomes.balance(caller.user_id, always).await?;
    Ok(Json(DiamondBalance { success: true, diamonds: diamonds.value() }))
}

/// The caller's gift income by days.
#[derive(Serialize, ToSchema)]
pub(super) struct DaysView {
    success: bool,
    /// Newest first; days without gifts are left out.
    data: Vec<DayView>,
    window: WindowView,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

/// Diamonds by the category of their gifts.
#[derive(Serialize, ToSchema)]
struct DayView {
    /// In the business calendar.
    #[schema(value_type = String, example = "2026-11-23")]
    date: NaiveDate,
    /// Of the category `normal`.
    poin: i64,
    luxury: i64,
    lucky: i64,
    #[serde(rename = "sLucky")]
    super_lucky: i64,
}

/// List the caller's gift income by days
///
/// Days of the business calendar, between two of them where they are given.
#[utoipa::path(tag = "income", security(("token" = [])), params(DaysQuery, PageQuery), responses(
    (status = 200, description = "A page of days; 50 when no limit is given", body = DaysView),
    (status = 400, description = "`invalid_date`, `invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "A bad token, or `banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/history")]
pub(super) async fn history(
    state: State,
    Caller(caller): Caller,
    request: HttpRequest,
) -> Result<Json<DaysView>, ApiError> {
    let (first, last) = query::<DaysQuery>(&request)?.parse()?;
    let (limit, after) = query::<PageQuery>(&request)?.parse_with(HISTORY_DAYS, parse_date)?;
    let window = state.calendar.days(first, last);
    // A page goes on with the day before the last one shown.
    let behind = after.and_then(|day| state.calendar.days(Some(day), None).start);
    let end = [window.end, behind].into_iter().flatten().min();
    let (days, has_more) = state.incomes.days(caller.user_id, Window { end, ..window }, limit).await?;
    let view = |DayIncome { starts_at, income }: DayIncome| DayView {
        date: state.calendar.date(starts_at),
        poin: income.normal.value(),
        luxury: income.luxury.value(),
        lucky: income.lucky.value(),
        super_lucky: income.super_lucky.value(),
    };
    let data: Vec<DayView> = days.into_iter().map(view).collect();
    let next_cursor = data.last().filter(|_| has_more).map(|last| last.date.to_string());
    Ok(Json(DaysView { success: true, data, window: WindowView::new(window, state.calendar), next_cursor }))
}

/// What a host earns in the present hour.
#[derive(Serialize, ToSchema)]
pub(super) struct LiveIncome {
    success: bool,
    /// Diamonds.
    income: i64,
    /// When the hour began, in UTC.
    #[schema(example = "2026-11-23T06")]
    hour: String,
}

/// Read a host's gift income of the present hour
///
/// Public, unless `PUBLIC_HOST_INCOME=false`: then the host, the owner of his agency and admins only. Zero for an unknown host.
#[utoipa::path(tag = "income", security((), ("token" = [])),
    params(("host_id" = i64, Path, description = "The host")),
    responses(
    (status = 200, description = "The gift income since the clock hour began, in diamonds", body = LiveIncome),
    (status = 400, description = "`invalid_host_id`", body = Refusal),
    (status = 401, description = "`token_missing`, where incomes are not public", body = Refusal),
    (status = 403, description = "`forbidden`, or a bad token, where incomes are not public", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/live-current/{host_id}")]
pub(super) async fn live_current(state: State, request: HttpRequest) -> Result<Json<LiveIncome>, ApiError> {
    let reader = Reader::of(&state, &request).await?;
    let host = reader.may_read(&state, host_id(&request)?).await?;
    let span = state.calendar.span(Period::Hourly, state.clock.now());
    let income = state.incomes.gift_income(host, span).await?.total().ok_or_else(ApiError::internal)?;
    let hour = span.starts_at().format("%Y-%m-%dT%H").to_string();
    Ok(Json(LiveIncome { success: true, income: income.value(), hour }))
}
