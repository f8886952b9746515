//! When a host is live.

use std::sync::Arc;

use actix_web::{HttpRequest, get, post, web::Json};
use domain::{
    id::{LiveSessionId, UserId},
    live::LiveSession,
    room::RoomId,
    time::Period,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    State,
    body::CallerBody,
    query::host_id,
    wire::{Instant, WindowView},
};
use crate::{
    error::{ApiError, Refusal},
    fields::{Field, IntegerOrDigits, integer, is_missing, present, room},
};

/// A host goes live.
#[derive(Deserialize, ToSchema)]
pub(super) struct StartSessionBody {
    /// The host: the caller himself, as a number or as digits.
    #[serde(default, deserialize_with = "present", rename = "hostId")]
    #[schema(value_type = IntegerOrDigits, required, example = 48_210_007)]
    host_id: Field,
    /// The live room that he is in.
    #[serde(default, deserialize_with = "present", rename = "roomId")]
    #[schema(value_type = Option<String>, example = "chatme-live")]
    room_id: Field,
}

impl StartSessionBody {
    fn parse(&self) -> Result<(UserId, Option<RoomId>), ApiError> {
        if is_missing(&self.host_id) {
            return Err(ApiError::host_missing());
        }
        let host = self.host_id.as_ref().and_then(integer).and_then(UserId::parse);
        Ok((host.ok_or_else(ApiError::invalid_host_id)?, room(&self.room_id)?))
    }
}

/// A session that was begun.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionStarted {
    success: bool,
    #[serde(rename = "sessionId")]
    session_id: i64,
    start: Instant,
}

/// Go live
///
/// The caller is the host. A session that he still has open ends first. The room is told by `live:started`.
#[utoipa::path(tag = "live sessions", security(("token" = [])), request_body = StartSessionBody, responses(
    (status = 200, description = "Live", body = SessionStarted),
    (status = 400, description = "`missing_fields`, `invalid_host_id`, `invalid_room`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_the_host`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`: ask again", body = Refusal),
))]
#[post("/start")]
pub(super) async fn start(
    state: State,
    CallerBody { caller, body }: CallerBody<StartSessionBody>,
) -> Result<Json<SessionStarted>, ApiError> {
    let (host, room) = body.parse()?;
    if host != caller.0.user_id {
        return Err(ApiError::not_the_host());
    }
    let sessions = Arc::clone(&state.live_sessions);
    // To its end also without its client: a session that is kept is told to its room.
    let session = state.messages.run(async move { sessions.start(host, room).await }).await?;
    let (session_id, start) = (session.id.value(), Instant(session.started_at));
    Ok(Json(SessionStarted { success: true, session_id, start }))
}

/// One of the caller's sessions.
#[derive(Deserialize, ToSchema)]
pub(super) struct SessionBody {
    /// The session's id, as a number or as digits. `totalIncome` and `totalViewers`, which older apps send too, are ignored.
    #[serde(default, deserialize_with = "present", rename = "sessionId")]
    #[schema(value_type = IntegerOrDigits, required, example = 7)]
    session_id: Field,
}

impl SessionBody {
    fn parse(&self) -> Result<LiveSessionId, ApiError> {
        if is_missing(&self.session_id) {
            return Err(ApiError::session_missing());
        }
        let id = self.session_id.as_ref().and_then(integer).and_then(LiveSessionId::parse);
        id.ok_or_else(ApiError::invalid_session_id)
    }
}

/// A session that has ended.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionEnded {
    success: bool,
    data: SessionView,
}

#[derive(Serialize, ToSchema)]
struct SessionView {
    id: i64,
    host_id: i64,
    room_id: Option<String>,
    start_time: Instant,
    /// `null` while it goes on.
    end_time: Option<Instant>,
    /// Rounded.
    duration_seconds: i32,
    /// What gifts brought the host meanwhile, in diamonds.
    total_income: i64,
    /// How many users saw it, without guests and the host.
    total_viewers: i32,
    created_at: Instant,
}

impl From<LiveSession> for SessionView {
    fn from(session: LiveSession) -> Self {
        let ended = session.ended;
        Self {
            id: session.id.value(),
            host_id: session.host.value(),
            room_id: session.room.map(|room| room.as_str().to_owned()),
            start_time: Instant(session.started_at),
            end_time: ended.map(|ended| Instant(ended.at)),
            duration_seconds: ended.map_or(0, |ended| ended.duration_seconds),
            total_income: ended.map_or(0, |ended| ended.income.value()),
            total_viewers: ended.map_or(0, |ended| ended.viewers),
            created_at: Instant(session.created_at),
        }
    }
}

/// End a session
///
/// Duration, income and viewers are the server's own figures. A session that has ended already is answered as it is, also
/// where it ended by itself. The room is told by `live:ended`.
#[utoipa::path(tag = "live sessions", security(("token" = [])), request_body = SessionBody, responses(
    (status = 200, description = "Ended", body = SessionEnded),
    (status = 400, description = "`missing_fields`, `invalid_session_id`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `session_not_found`: also one of somebody else", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`: ask again", body = Refusal),
))]
#[post("/end")]
pub(super) async fn end(
    state: State,
    CallerBody { caller, body }: CallerBody<SessionBody>,
) -> Result<Json<SessionEnded>, ApiError> {
    let (id, sessions) = (body.parse()?, Arc::clone(&state.live_sessions));
    let session = state.messages.run(async move { sessions.end(caller.0.user_id, id).await }).await?;
    Ok(Json(SessionEnded { success: true, data: session.into() }))
}

/// A session goes on.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionAlive {
    success: bool,
}

/// Give a sign of life
///
/// A session ends by itself two minutes after its last sign of life. The host's socket in the room is one too.
#[utoipa::path(tag = "live sessions", security(("token" = [])), request_body = SessionBody, responses(
    (status = 200, description = "The session goes on", body = SessionAlive),
    (status = 400, description = "`missing_fields`, `invalid_session_id`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `session_not_found`: also one of somebody else", body = Refusal),
    (status = 409, description = "`session_ended`: begin a new one", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`unavailable`, `outcome_unknown`: ask again", body = Refusal),
))]
#[post("/heartbeat")]
pub(super) async fn heartbeat(
    state: State,
    CallerBody { caller, body }: CallerBody<SessionBody>,
) -> Result<Json<SessionAlive>, ApiError> {
    state.live_sessions.beat(caller.0.user_id, body.parse()?).await?;
    Ok(Json(SessionAlive { success: true }))
}

/// How long a host was live.
#[derive(Serialize, ToSchema)]
pub(super) struct LiveDuration {
    success: bool,
    #[serde(rename = "totalSeconds")]
    #[schema(example = 5_400)]
    total_seconds: i32,
    window: WindowView,
}

/// Read how long a host was live today
///
/// Public. The part of each session that lies within today, up to now, the running one too. Zero for an unknown host.
#[utoipa::path(tag = "live sessions",
    params(("host_id" = i64, Path, description = "The host")),
    responses(
    (status = 200, description = "Seconds since local midnight", body = LiveDuration),
    (status = 400, description = "`invalid_host_id`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/duration/today/{host_id}")]
pub(super) async fn duration_today(state: State, request: HttpRequest) -> Result<Json<LiveDuration>, ApiError> {
    let host = host_id(&request)?;
    let today = state.calendar.window(Period::Daily, state.clock.now());
    let total_seconds = state.live_sessions.seconds(host, today).await?;
    Ok(Json(LiveDuration { success: true, total_seconds, window: WindowView::new(today, state.calendar) }))
}
