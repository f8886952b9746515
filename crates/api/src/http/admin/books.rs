//! The proof of the books, and the log of what administrators did.

use actix_web::{HttpRequest, get, web::Json};
use domain::{
    audit::AuditLine,
    idempotency::Actor,
    page::{Cursor, Limit},
    wallet::Discrepancy,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Refusal},
    http::{
        State,
        callers::administrator,
        query::{PageQuery, query},
        wire::Instant,
    },
};

/// So many lines when no limit is asked for.
const LINES: Limit = Limit::clamped(50);

/// The proof of the books.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct BooksView {
    success: bool,
    /// Everything that must not be; empty when the books are in order.
    data: Vec<DiscrepancyView>,
}

#[derive(Serialize, ToSchema)]
struct DiscrepancyView {
    #[schema(example = "balance equals movements minus gifts")]
    proof: String,
    #[schema(example = "user 48210007")]
    subject: String,
    /// By how much; the unit depends on the proof.
    difference: i64,
}

impl From<Discrepancy> for DiscrepancyView {
    fn from(Discrepancy { proof, subject, difference }: Discrepancy) -> Self {
        Self { proof, subject, difference }
    }
}

/// Prove the books
///
/// For administrators: what `chatme audit` prints. It reads everything, and takes as long as that takes.
#[utoipa::path(tag = "administration", security(("token" = [])), responses(
    (status = 200, description = "What must not be", body = BooksView),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/audit")]
pub(in crate::http) async fn audit(state: State, request: HttpRequest) -> Result<Json<BooksView>, ApiError> {
    administrator(&request).await?;
    let found = state.administration.books.discrepancies().await?;
    Ok(Json(BooksView { success: true, data: found.into_iter().map(DiscrepancyView::from).collect() }))
}

/// What administrators did.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct LogView {
    success: bool,
    /// Newest first.
    data: Vec<LineView>,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct LineView {
    id: i64,
    /// Who; `null` is the command line.
    actor_id: Option<i64>,
    #[schema(example = "agency_approved")]
    action: String,
    #[schema(example = "agency")]
    subject_kind: String,
    #[schema(example = "4821007")]
    subject_key: String,
    /// Pairs of name and value.
    before: Vec<(String, String)>,
    after: Vec<(String, String)>,
    reason: Option<String>,
    created_at: Instant,
}

impl From<AuditLine> for LineView {
    fn from(line: AuditLine) -> Self {
        let (subject_kind, subject_key) = line.subject;
        let actor_id = match line.actor {
            Actor::User(id) => Some(id.value()),
            Actor::CommandLine => None,
        };
        Self {
            id: line.id.value(),
            actor_id,
            action: line.action,
            subject_kind,
            subject_key,
            before: line.before,
            after: line.after,
            reason: line.reason,
            created_at: Instant(line.at),
        }
    }
}

/// Read the log of administrators
///
/// For administrators: who changed what, from what to what, and why; and whose identity card was read.
#[utoipa::path(tag = "administration", security(("token" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of lines; 50 when no limit is given", body = LogView),
    (status = 400, description = "`invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/audit-log")]
pub(in crate::http) async fn log(state: State, request: HttpRequest) -> Result<Json<LogView>, ApiError> {
    administrator(&request).await?;
    let page = query::<PageQuery>(&request)?.parse(LINES)?;
    let page = state.administration.log.lines(page).await?;
    Ok(Json(LogView {
        success: true,
        data: page.items.into_iter().map(LineView::from).collect(),
        next_cursor: page.next.map(Cursor::to_text),
    }))
}
