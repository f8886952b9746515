//! What a host earned.

use actix_web::{HttpRequest, get, web::Json};
use domain::{
    id::UserId,
    income::Income,
    page::{Cursor, Limit},
    time::Period,
    user::Role,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    State,
    query::{PageQuery, host_id, query},
    wire::{Instant, WindowView},
};
use crate::{
    auth::{Caller, authenticate},
    error::{ApiError, Refusal},
};

/// So many rows when no limit is asked for.
const HISTORY_ROWS: Limit = Limit::clamped(50);

/// An income.
#[derive(Serialize, ToSchema)]
pub(super) struct IncomeTotal {
    success: bool,
    /// Diamonds.
    #[schema(example = 250)]
    total: i64,
    window: WindowView,
}

/// Read today's gift income of a host
///
/// Public, unless `PUBLIC_HOST_INCOME=false`: then the host, the owner of his agency and admins only. Zero for an unknown host.
#[utoipa::path(tag = "host income", security((), ("token" = [])),
    params(("host_id" = i64, Path, description = "The host")),
    responses(
    (status = 200, description = "The gift income since local midnight, in diamonds", body = IncomeTotal),
    (status = 400, description = "`invalid_host_id`", body = Refusal),
    (status = 401, description = "`token_missing`, where incomes are not public", body = Refusal),
    (status = 403, description = "`forbidden`, or a bad token, where incomes are not public", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/host-income/today/{host_id}")]
pub(super) async fn today(state: State, request: HttpRequest) -> Result<Json<IncomeTotal>, ApiError> {
    total(&state, &request, Period::Daily).await
}

/// Read this week's gift income of a host
///
/// Public, unless `PUBLIC_HOST_INCOME=false`: then the host, the owner of his agency and admins only. Zero for an unknown host.
#[utoipa::path(tag = "host income", security((), ("token" = [])),
    params(("host_id" = i64, Path, description = "The host")),
    responses(
    (status = 200, description = "The gift income since Monday, in diamonds", body = IncomeTotal),
    (status = 400, description = "`invalid_host_id`", body = Refusal),
    (status = 401, description = "`token_missing`, where incomes are not public", body = Refusal),
    (status = 403, description = "`forbidden`, or a bad token, where incomes are not public", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/host-income/week/{host_id}")]
pub(super) async fn week(state: State, request: HttpRequest) -> Result<Json<IncomeTotal>, ApiError> {
    total(&state, &request, Period::Weekly).await
}

/// Read this month's gift income of a host
///
/// Public, unless `PUBLIC_HOST_INCOME=false`: then the host, the owner of his agency and admins only. Zero for an unknown host.
#[utoipa::path(tag = "host income", security((), ("token" = [])),
    params(("host_id" = i64, Path, description = "The host")),
    responses(
    (status = 200, description = "The gift income since the first of the month, in diamonds", body = IncomeTotal),
    (status = 400, description = "`invalid_host_id`", body = Refusal),
    (status = 401, description = "`token_missing`, where incomes are not public", body = Refusal),
    (status = 403, description = "`forbidden`, or a bad token, where incomes are not public", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/host-income/month/{host_id}")]
pub(super) async fn month(state: State, request: HttpRequest) -> Result<Json<IncomeTotal>, ApiError> {
    total(&state, &request, Period::Monthly).await
}

async fn total(state: &State, request: &HttpRequest, period: Period) -> Result<Json<IncomeTotal>, ApiError> {
    let reader = Reader::of(state, request).await?;
    let host = reader.may_read(state, host_id(request)?).await?;
    let span = state.calendar.span(period, state.clock.now());
    let total = state.incomes.gift_income(host, span).await?.total().ok_or_else(ApiError::internal)?;
    let window = WindowView::new(span.window, state.calendar);
    Ok(Json(IncomeTotal { success: true, total: total.value(), window }))
}

/// Incomes by the category of their gifts, and what else moved the host's diamonds, of all time.
#[derive(Serialize, ToSchema)]
pub(super) struct IncomeCategories {
    success: bool,
    data: CategoriesView,
    window: WindowView,
}

/// Diamonds.
#[derive(Serialize, ToSchema)]
struct CategoriesView {
    lucky: i64,
    #[serde(rename = "s-lucky")]
    super_lucky: i64,
    luxury: i64,
    normal: i64,
    /// Zero or negative; absent when nothing was ever exchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange: Option<i64>,
    /// Absent when there never was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    salary: Option<i64>,
}

/// Read the income of a host by category
///
/// Public, unless `PUBLIC_HOST_INCOME=false`: then the host, the owner of his agency and admins only. Zeros for an unknown host.
#[utoipa::path(tag = "host income", security((), ("token" = [])),
    params(("host_id" = i64, Path, description = "The host")),
    responses(
    (status = 200, description = "The diamonds of all time", body = IncomeCategories),
    (status = 400, description = "`invalid_host_id`", body = Refusal),
    (status = 401, description = "`token_missing`, where incomes are not public", body = Refusal),
    (status = 403, description = "`forbidden`, or a bad token, where incomes are not public", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/host-income/category/{host_id}")]
pub(super) async fn category(state: State, request: HttpRequest) -> Result<Json<IncomeCategories>, ApiError> {
    let reader = Reader::of(&state, &request).await?;
    let host = reader.may_read(&state, host_id(&request)?).await?;
    let span = state.calendar.span(Period::All, state.clock.now());
    let (income, other) = state.incomes.by_kind(host, span).await?;
    let data = CategoriesView {
        lucky: income.lucky.value(),
        super_lucky: income.super_lucky.value(),
        luxury: income.luxury.value(),
        normal: income.normal.value(),
        exchange: other.exchanged,
        salary: other.salaries,
    };
    Ok(Json(IncomeCategories { success: true, data, window: WindowView::new(span.window, state.calendar) }))
}

/// A host's incomes.
#[derive(Serialize, ToSchema)]
pub(super) struct IncomeHistoryView {
    success: bool,
    /// Newest first.
    data: Vec<IncomeView>,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

/// An income, in the spelling of a database row. The last four members are `null` where no gift is behind it.
#[derive(Serialize, ToSchema)]
struct IncomeView {
    id: i64,
    host_id: i64,
    /// The row of the gift.
    gift_id: Option<i64>,
    /// Diamonds; negative for an exchange.
    income: i64,
    /// `normal`, `luxury`, `lucky`, `s-lucky`, `exchange` or `salary`.
    #[serde(rename = "type")]
    #[schema(example = "normal")]
    kind: String,
    created_at: Instant,
    gift_name: Option<String>,
    /// The price of one piece, in coins.
    coin_value: Option<i64>,
    quantity: Option<i32>,
}

impl From<Income> for IncomeView {
    fn from(income: Income) -> Self {
        let gift = income.gift;
        Self {
            id: income.id.value(),
            host_id: income.host_id.value(),
            gift_id: gift.as_ref().map(|gift| gift.id.value()),
            income: income.diamonds,
            kind: income.kind,
            created_at: Instant(income.created_at),
            coin_value: gift.as_ref().map(|gift| gift.unit_price),
            quantity: gift.as_ref().map(|gift| gift.quantity),
            gift_name: gift.map(|gift| gift.name),
        }
    }
}

/// List the incomes of a host
///
/// Public, unless `PUBLIC_HOST_INCOME=false`: then the host, the owner of his agency and admins only. Empty for an unknown host.
#[utoipa::path(tag = "host income", security((), ("token" = [])),
    params(("host_id" = i64, Path, description = "The host"), PageQuery),
    responses(
    (status = 200, description = "A page of incomes; 50 when no limit is given", body = IncomeHistoryView),
    (status = 400, description = "`invalid_host_id`, `invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`, where incomes are not public", body = Refusal),
    (status = 403, description = "`forbidden`, or a bad token, where incomes are not public", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/host-income/history/{host_id}")]
pub(super) async fn history(state: State, request: HttpRequest) -> Result<Json<IncomeHistoryView>, ApiError> {
    let reader = Reader::of(&state, &request).await?;
    let host = reader.may_read(&state, host_id(&request)?).await?;
    let page = query::<PageQuery>(&request)?.parse(HISTORY_ROWS)?;
    let page = state.incomes.history(host, page).await?;
    Ok(Json(IncomeHistoryView {
        success: true,
        data: page.items.into_iter().map(IncomeView::from).collect(),
        next_cursor: page.next.map(Cursor::to_text),
    }))
}

/// Who asks for incomes.
pub(super) enum Reader {
    /// Anybody: incomes are public. His token, if he sent one, is not looked at: a stale one must not break a public page.
    Anybody,
    /// Somebody with a good token.
    Caller(Caller),
}

impl Reader {
    pub(super) async fn of(state: &State, request: &HttpRequest) -> Result<Self, ApiError> {
        if state.public_host_income { Ok(Self::Anybody) } else { authenticate(request).await.map(Self::Caller) }
    }

    /// The host, when his incomes may be read: by himself, by whoever owns the agency that he belongs to now, by an administrator.
    pub(super) async fn may_read(&self, state: &State, host: UserId) -> Result<UserId, ApiError> {
        let may = match self {
            Self::Anybody => true,
            Self::Caller(Caller(caller)) if caller.user_id == host || caller.role == Role::Admin => true,
            Self::Caller(Caller(caller)) => state.agencies.hosts.is_host_of(host, caller.user_id).await?,
        };
        if may { Ok(host) } else { Err(ApiError::forbidden()) }
    }
}
