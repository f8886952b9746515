//! Who received and who gave the most.

use actix_web::{HttpRequest, get, web::Json};
use domain::{
    page::Limit,
    ranking::{Board, OwnPlace, Place, RankCursor, Ranked, RankingPage},
    time::Span,
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    State,
    query::{PageQuery, PeriodQuery, host_id, query},
    wire::{WindowView, picture_or_stand_in},
};
use crate::{
    auth::{authenticate, bearer_token},
    error::{ApiError, Refusal},
};

/// A ranking.
#[derive(Serialize, ToSchema)]
pub(super) struct RankingView {
    success: bool,
    /// The first one first.
    data: Vec<RankedView>,
    /// As it was asked for.
    #[schema(example = "daily")]
    period: String,
    /// Whose fans they are; absent where hosts are ranked.
    #[serde(rename = "hostId", skip_serializing_if = "Option::is_none")]
    host_id: Option<i64>,
    window: WindowView,
    /// The caller's own place; `null` without a good token, or when he has none.
    me: Option<OwnPlaceView>,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct RankedView {
    /// From 1.
    rank: u32,
    id: i64,
    name: String,
    /// A whole address, of a stand-in where there is no picture.
    avatar: String,
    level: i32,
    /// Received, or given to the host.
    coins: i64,
}

#[derive(Serialize, ToSchema)]
struct OwnPlaceView {
    /// A number, or `"1000+"`.
    #[schema(value_type = u32, example = 17)]
    rank: Value,
    coins: i64,
}

impl From<OwnPlace> for OwnPlaceView {
    fn from(own: OwnPlace) -> Self {
        let rank = match own.place {
            Place::Exact(rank) => rank.into(),
            Place::Behind => format!("{}+", domain::ranking::EXACT_RANKS).into(),
        };
        Self { rank, coins: own.coins.value() }
    }
}

/// Rank the fans of a host
///
/// Public. By the coins that they gave him; equal ones by who got there first. Nobody for an unknown host.
#[utoipa::path(tag = "rankings", security((), ("token" = [])),
    params(("host_id" = i64, Path, description = "The host"), PeriodQuery, PageQuery),
    responses(
    (status = 200, description = "A page of the ranking; 100 when no limit is given", body = RankingView),
    (status = 400, description = "`invalid_host_id`, `invalid_period`, `invalid_limit`, `invalid_cursor`, `malformed_query`; with `data: []`", body = Refusal),
    (status = 503, description = "`unavailable`; with `data: []`", body = Refusal),
))]
#[get("/ranking/fans/{host_id}")]
pub(super) async fn fans(state: State, request: HttpRequest) -> Result<Json<RankingView>, ApiError> {
    let report = async {
        let host = host_id(&request).map_err(|_| ApiError::invalid_ranked_host_id())?;
        ranking(&state, &request, Board::FansOf(host)).await
    };
    // The app reads this member of a refusal too.
    report.await.map(Json).map_err(|error| error.with("data", json!([])))
}

/// Rank hosts
///
/// Public. By the coins that they received; equal ones by who got there first.
#[utoipa::path(tag = "rankings", security((), ("token" = [])), params(PeriodQuery, PageQuery), responses(
    (status = 200, description = "A page of the ranking; 100 when no limit is given", body = RankingView),
    (status = 400, description = "`invalid_period`, `invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/ranking/hosts")]
pub(super) async fn hosts(state: State, request: HttpRequest) -> Result<Json<RankingView>, ApiError> {
    ranking(&state, &request, Board::Hosts).await.map(Json)
}

async fn ranking(state: &State, request: &HttpRequest, board: Board) -> Result<RankingView, ApiError> {
    let (word, period) = query::<PeriodQuery>(request)?.parse("daily")?;
    let (limit, after) = query::<PageQuery>(request)?.parse_with(Limit::MAX, RankCursor::parse)?;
    let span = state.calendar.span(period, state.clock.now());
    let RankingPage { first_rank, entries, next } = state.rankings.page(board, span, limit, after).await?;
    let view = |(rank, entry): (u32, Ranked)| RankedView {
        rank,
        id: entry.user_id.value(),
        avatar: picture_or_stand_in(request, entry.avatar.as_ref(), entry.user_id),
        name: entry.name,
        level: entry.level,
        coins: entry.coins.value(),
    };
    Ok(RankingView {
        success: true,
        data: (first_rank..).zip(entries).map(view).collect(),
        period: word,
        host_id: match board {
            Board::Hosts => None,
            Board::FansOf(host) => Some(host.value()),
        },
        window: WindowView::new(span.window, state.calendar),
        me: own_place(state, request, board, span).await?.map(OwnPlaceView::from),
        next_cursor: next.map(RankCursor::to_text),
    })
}

/// The caller's own place. A stale token must not break a public page: whoever sends one is nobody.
async fn own_place(
    state: &State,
    request: &HttpRequest,
    board: Board,
    span: Span,
) -> Result<Option<OwnPlace>, ApiError> {
    if bearer_token(request).is_none() {
        return Ok(None);
    }
    let Ok(caller) = authenticate(request).await else { return Ok(None) };
    Ok(state.rankings.place_of(board, span, caller.0.user_id).await?)
}
