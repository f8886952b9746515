//! Users: their bans, and their identity cards.

use std::sync::Arc;

use actix_web::{HttpRequest, post, web::Json};
use domain::{
    agency::CardOwner,
    id::{AgencyId, UserId},
    idempotency::Actor,
    user::BanOrder,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Refusal},
    http::{
        State,
        agency::{Done, ReasonBody, applications::application_of},
        callers::AdminBody,
        query::path_id,
    },
};

async fn set_ban(
    state: &State,
    request: &HttpRequest,
    AdminBody { actor, body }: AdminBody<ReasonBody>,
    is_banned: bool,
) -> Result<(), ApiError> {
    let (user, reason) = (path_id(request, "user_id", UserId::parse)?, body.parse()?);
    let (order, administration) = (BanOrder { by: actor, user, is_banned, reason }, Arc::clone(&state.administration));
    state.messages.run(async move { administration.accounts.set_ban(&order).await }).await
}

/// Ban a user
///
/// For administrators, with a reason if they like. All his tokens are refused within seconds, and his sockets closed.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = ReasonBody,
    params(("user_id" = i64, Path, description = "The user")), responses(
    (status = 200, description = "Banned", body = Done),
    (status = 400, description = "`invalid_id`, `invalid_reason`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/user/{user_id}/ban")]
pub(in crate::http) async fn ban(
    state: State,
    request: HttpRequest,
    body: AdminBody<ReasonBody>,
) -> Result<Json<Done>, ApiError> {
    set_ban(&state, &request, body, true).await?;
    Ok(Done::new("User banned"))
}

/// Lift a ban
///
/// For administrators, with a reason if they like. The user logs in again: tokens from before the ban stay refused.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = ReasonBody,
    params(("user_id" = i64, Path, description = "The user")), responses(
    (status = 200, description = "Lifted", body = Done),
    (status = 400, description = "`invalid_id`, `invalid_reason`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/user/{user_id}/unban")]
pub(in crate::http) async fn unban(
    state: State,
    request: HttpRequest,
    body: AdminBody<ReasonBody>,
) -> Result<Json<Done>, ApiError> {
    set_ban(&state, &request, body, false).await?;
    Ok(Done::new("User unbanned"))
}

/// The number of an identity card in full.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct CardView {
    success: bool,
    data: CardData,
}

#[derive(Serialize, ToSchema)]
struct CardData {
    #[schema(example = "3174010203040001")]
    id_number: String,
}

async fn read_card(
    state: &State,
    actor: Actor,
    owner: CardOwner,
    body: &ReasonBody,
) -> Result<Json<CardView>, ApiError> {
    let reason = body.parse()?.ok_or_else(ApiError::invalid_reason)?;
    let number = state.agencies.cards.read(actor, owner, reason).await?;
    Ok(Json(CardView { success: true, data: CardData { id_number: number.reveal().to_owned() } }))
}

/// Read an agency's identity card
///
/// For administrators, with a reason. The number in full; that it was read is recorded before it is shown.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = ReasonBody,
    params(("agency_id" = i64, Path, description = "The agency")), responses(
    (status = 200, description = "The number", body = CardView),
    (status = 400, description = "`invalid_id`, `invalid_reason`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`, `card_not_found`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`unavailable`, `outcome_unknown`; `cards_unavailable`: its key is not there", body = Refusal),
))]
#[post("/agency/{agency_id}/card")]
pub(in crate::http) async fn agency_card(
    state: State,
    request: HttpRequest,
    AdminBody { actor, body }: AdminBody<ReasonBody>,
) -> Result<Json<CardView>, ApiError> {
    let owner = CardOwner::Agency(path_id(&request, "agency_id", AgencyId::parse)?);
    read_card(&state, actor, owner, &body).await
}

/// Read a host's identity card
///
/// For administrators, with a reason. The number in full; that it was read is recorded before it is shown.
#[utoipa::path(tag = "administration", security(("token" = [])), request_body = ReasonBody,
    params(("application_id" = i64, Path, description = "The application")), responses(
    (status = 200, description = "The number", body = CardView),
    (status = 400, description = "`invalid_id`, `invalid_reason`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`, `card_not_found`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`unavailable`, `outcome_unknown`; `cards_unavailable`: its key is not there", body = Refusal),
))]
#[post("/host-application/{application_id}/card")]
pub(in crate::http) async fn host_card(
    state: State,
    request: HttpRequest,
    AdminBody { actor, body }: AdminBody<ReasonBody>,
) -> Result<Json<CardView>, ApiError> {
    let owner = CardOwner::HostApplication(application_of(&request)?);
    read_card(&state, actor, owner, &body).await
}
