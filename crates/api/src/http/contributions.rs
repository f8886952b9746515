//! What a host received, gift by gift.

use actix_web::{HttpRequest, get, web::Json};
use domain::page::{Cursor, Limit};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    State,
    query::{PageQuery, PeriodQuery, host_id, query},
    wire::{Instant, WindowView, ago},
};
use crate::error::{ApiError, Refusal};

/// What a host received.
#[derive(Serialize, ToSchema)]
pub(super) struct ContributionsView {
    success: bool,
    /// Newest first.
    data: Vec<ContributionView>,
    /// The coins of the whole window, not of the page.
    #[serde(rename = "totalCoins")]
    total_coins: i64,
    /// As it was asked for.
    #[schema(example = "daily")]
    period: String,
    #[serde(rename = "hostId")]
    host_id: i64,
    window: WindowView,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ContributionView {
    /// The row of the gift.
    id: i64,
    #[serde(rename = "giftName")]
    gift_name: String,
    /// What the sender paid.
    coins: i64,
    #[serde(rename = "senderName")]
    sender_name: String,
    /// How long ago, for people.
    #[schema(example = "5 menit yang lalu")]
    time: String,
    timestamp: Instant,
}

/// List what a host received
///
/// Public. An unknown host has received nothing.
#[utoipa::path(tag = "gifts",
    params(("host_id" = i64, Path, description = "The host"), PeriodQuery, PageQuery),
    responses(
    (status = 200, description = "A page of gifts, and the total of the window", body = ContributionsView),
    (status = 400, description = "`invalid_host_id`, `invalid_period`, `invalid_limit`, `invalid_cursor`, `malformed_query`; with `data: []` and `totalCoins: 0`", body = Refusal),
    (status = 503, description = "`unavailable`; with `data: []` and `totalCoins: 0`", body = Refusal),
))]
#[get("/contributions/{host_id}")]
pub(super) async fn list(state: State, request: HttpRequest) -> Result<Json<ContributionsView>, ApiError> {
    // The app reads these two members of a refusal too.
    report(&state, &request).await.map(Json).map_err(|error| error.with("data", json!([])).with("totalCoins", 0))
}

async fn report(state: &State, request: &HttpRequest) -> Result<ContributionsView, ApiError> {
    let host = host_id(request)?;
    let (word, period) = query::<PeriodQuery>(request)?.parse("daily")?;
    let page = query::<PageQuery>(request)?.parse(Limit::MAX)?;

    let now = state.clock.now();
    let span = state.calendar.span(period, now);
    let contributions = state.catalogue.contributions(host, span, page).await?;
    let view = |gift: domain::gift::Contribution| ContributionView {
        id: gift.gift_id.value(),
        gift_name: gift.gift_name,
        coins: gift.total.value(),
        sender_name: gift.sender_name,
        time: ago(gift.created_at, now),
        timestamp: Instant(gift.created_at),
    };
    Ok(ContributionsView {
        success: true,
        data: contributions.page.items.into_iter().map(view).collect(),
        total_coins: contributions.total.value(),
        period: word,
        host_id: host.value(),
        window: WindowView::new(span.window, state.calendar),
        next_cursor: contributions.page.next.map(Cursor::to_text),
    })
}
