//! Coins that administrators give, the proof of the books, and the log of what administrators did.

use std::sync::Arc;

use actix_web::{HttpRequest, get, post, web::Json};
use domain::{
    audit::AuditLine,
    id::UserId,
    idempotency::{Actor, RequestKey},
    page::{Cursor, Limit},
    wallet::{CoinGrant, Discrepancy, GrantAmount, Reason},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Refusal},
    fields::{Field, IntegerOrDigits, integer, is_missing, present, text},
    http::{
        State,
        callers::{AdminBody, administrator},
        query::{PageQuery, query},
        wire::Instant,
    },
    request_key::{header_key, request_key},
};

/// So many lines when no limit is asked for.
const LINES: Limit = Limit::clamped(50);

/// A wish to give coins.
#[derive(Deserialize, ToSchema)]
pub(in crate::http) struct GrantBody {
    /// To whom, as a number or as digits.
    #[serde(default, deserialize_with = "present", rename = "userId")]
    #[schema(value_type = IntegerOrDigits, required, example = 48_210_007)]
    user_id: Field,
    /// How many.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = IntegerOrDigits, required, example = 1_000)]
    amount: Field,
    /// Why, in up to 200 characters; kept with the movement.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "compensation")]
    reason: Field,
    /// The key of this request, where the header `Idempotency-Key` cannot be set.
    #[serde(default, deserialize_with = "present", rename = "clientRef")]
    #[schema(value_type = Option<String>)]
    client_ref: Field,
}

impl GrantBody {
    fn wish(&self, actor: Actor, key: RequestKey) -> Result<CoinGrant, ApiError> {
        if [&self.user_id, &self.amount, &self.reason].into_iter().any(is_missing) {
            return Err(ApiError::application_incomplete());
        }
        let user = self.user_id.as_ref().and_then(integer).and_then(UserId::parse);
        let amount = self.amount.as_ref().and_then(integer).ok_or_else(ApiError::invalid_amount)?;
        Ok(CoinGrant {
            actor,
            user: user.ok_or_else(ApiError::invalid_id)?,
            amount: GrantAmount::parse(amount)?,
            reason: Reason::parse(text(&self.reason).unwrap_or_default())?,
            key,
        })
    }
}

/// Given coins.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Granted {
    success: bool,
    #[schema(example = "Coins granted")]
    message: &'static str,
    data: GrantView,
}

#[derive(Serialize, ToSchema)]
struct GrantView {
    /// The row of the movement.
    id: i64,
    user_id: i64,
    amount: i64,
    /// What the user has now.
    balance: i64,
}

/// Give coins to a user
///
/// For administrators. With a key (header `Idempotency-Key`, or `clientRef`), repeating the request is safe: the same key with
/// the same content gets the first answer again, a refusal too. After `outcome_unknown`, repeat with the key.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = GrantBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible characters, unique per administrator")),
    responses(
    (status = 200, description = "Given", body = Granted),
    (status = 400, description = "`missing_fields`, `invalid_id`, `invalid_amount`, `invalid_reason`, `balance_too_large`, `invalid_idempotency_key`, `idempotency_keys_differ`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 409, description = "`idempotency_key_reused`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`: nothing happened; `outcome_unknown`: repeat with the same key", body = Refusal),
))]
#[post("/coins/grant")]
pub(in crate::http) async fn grant(
    state: State,
    request: HttpRequest,
    AdminBody { actor, body }: AdminBody<GrantBody>,
) -> Result<Json<Granted>, ApiError> {
    let key = request_key(header_key(&request)?, &body.client_ref, &*state.dice)?;
    let wish = body.wish(actor, key)?;
    let (user_id, amount) = (wish.user.value(), wish.amount.coins().value());
    let administration = Arc::clone(&state.administration);
    let receipt = state.money.run(async move { administration.grants.grant(wish).await }).await?;
    let data = GrantView { id: receipt.movement_id.value(), user_id, amount, balance: receipt.balance_after.value() };
    Ok(Json(Granted { success: true, message: "Coins granted", data }))
}

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
