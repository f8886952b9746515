//! How a user becomes a host, and ceases to be one. In English, as the apps show it.

use std::sync::Arc;

use actix_web::{HttpRequest, get, post, web::Json};
use chrono::{DateTime, Utc};
use domain::{
    agency::{Answer, AnswerOrder, CardNumber, EndOrder, HostApplication, HostForm, ListedApplication},
    id::AgencyId,
    page::{Cursor, Limit},
    user::{DisplayName, Gender},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    State,
    agency::{Done, applications::application_of},
    callers::{EnglishBody, caller},
    query::{PageQuery, query},
    wire::Instant,
};
use crate::{
    error::{ApiError, Refusal},
    fields::{Field, IntegerOrDigits, integer, is_missing, present, text},
};

/// So many invitations when no limit is asked for.
const INVITATIONS: Limit = Limit::clamped(50);
/// The lowest number that a family id can be: six digits.
const FAMILY_ID_MIN: i64 = 100_000;

/// What a host fills in. `region`, which the app sends too, is ignored.
#[derive(Deserialize, ToSchema)]
pub(super) struct HostBody {
    /// The agency, as a number or as digits.
    #[serde(default, deserialize_with = "present", rename = "familyId")]
    #[schema(value_type = IntegerOrDigits, required, example = 4_821_007)]
    family_id: Field,
    /// The name on the identity card.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "Siti")]
    name: Field,
    /// `Female` or `Male`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "Female")]
    gender: Field,
    /// The 16 digits of the identity card.
    #[serde(default, deserialize_with = "present", rename = "idNumber")]
    #[schema(value_type = String, required, example = "3174010203040001")]
    id_number: Field,
}

/// The gender of the app's words here, or of those of the profile.
fn parse_gender(word: &str) -> Option<Gender> {
    match word {
        "Female" => Some(Gender::Female),
        "Male" => Some(Gender::Male),
        other => Gender::parse(other).ok(),
    }
}

/// A stored gender in the app's words here.
pub(super) fn shown_gender(stored: String) -> String {
    match Gender::parse(&stored) {
        Ok(Gender::Female) => "Female".to_owned(),
        Ok(Gender::Male) => "Male".to_owned(),
        Err(_) => stored,
    }
}

impl HostBody {
    fn parse(&self) -> Result<(AgencyId, HostForm, CardNumber), ApiError> {
        if [&self.family_id, &self.name, &self.gender, &self.id_number].into_iter().any(is_missing) {
            return Err(ApiError::application_incomplete());
        }
        let family = self.family_id.as_ref().and_then(integer).filter(|id| *id >= FAMILY_ID_MIN);
        let agency = family.and_then(AgencyId::parse).ok_or_else(ApiError::invalid_family_id)?;
        let number = CardNumber::parse(text(&self.id_number).unwrap_or_default())?;
        let name = DisplayName::parse(text(&self.name).unwrap_or_default());
        let gender = text(&self.gender).and_then(parse_gender);
        let form = HostForm {
            name: name.map_err(|_| ApiError::invalid_host_name())?,
            gender: gender.ok_or_else(ApiError::invalid_host_gender)?,
        };
        Ok((agency, form, number))
    }
}

/// An application of a host, or an invitation.
#[derive(Serialize, ToSchema)]
pub(super) struct ApplicationView {
    id: i64,
    host_id: i64,
    agency_id: i64,
    /// `null` of an invitation.
    name: Option<String>,
    gender: Option<String>,
    /// `invited`, `declined`, `withdrawn`, `pending`, `approved` or `rejected`.
    #[schema(example = "pending")]
    status: &'static str,
    created_at: Instant,
}

impl ApplicationView {
    pub(super) fn new(application: &HostApplication, form: Option<&HostForm>, created_at: DateTime<Utc>) -> Self {
        Self {
            id: application.id().value(),
            host_id: application.host().value(),
            agency_id: application.agency().value(),
            name: form.map(|form| form.name.as_str().to_owned()),
            gender: form.map(|form| shown_gender(form.gender.word().to_owned())),
            status: application.state().word(),
            created_at: Instant(created_at),
        }
    }
}

/// An application that waits for the owner of the agency.
#[derive(Serialize, ToSchema)]
pub(super) struct HostApplied {
    success: bool,
    #[schema(example = "Host application submitted successfully! Please wait for approval.")]
    message: &'static str,
    data: ApplicationView,
}

/// Apply to be a host
///
/// The owner of the agency decides. One application of a user waits at a time, and an identity card is one user's. Its number
/// is stored encrypted, shown masked to the owner, and in full to administrators alone.
#[utoipa::path(tag = "hosts", security(("token" = [])), request_body = HostBody, responses(
    (status = 200, description = "Submitted", body = HostApplied),
    (status = 400, description = "`missing_fields`, `invalid_family_id`, `invalid_id_card`, `invalid_name`, `invalid_gender`, `agency_not_found`, `own_agency`, `already_pending`, `id_card_used`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 409, description = "`already_member`, `already_invited`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`, `cards_unavailable`", body = Refusal),
))]
#[post("/apply")]
pub(super) async fn apply(
    state: State,
    EnglishBody { caller, body }: EnglishBody<HostBody>,
) -> Result<Json<HostApplied>, ApiError> {
    let (agency, form, number) = body.parse()?;
    let (agencies, wish) = (Arc::clone(&state.agencies), form.clone());
    let apply = async move { agencies.hosts.apply(caller, agency, wish, &number).await };
    let (application, at) = state.messages.run(apply).await?;
    let message = "Host application submitted successfully! Please wait for approval.";
    Ok(Json(HostApplied { success: true, message, data: ApplicationView::new(&application, Some(&form), at) }))
}

/// Invitations that wait for the caller.
#[derive(Serialize, ToSchema)]
pub(super) struct InvitationsView {
    success: bool,
    /// Newest first.
    data: Vec<InvitationView>,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct InvitationView {
    id: i64,
    agency_id: i64,
    #[schema(example = "Bintang")]
    family_name: String,
    /// Always `invited`.
    status: &'static str,
    created_at: Instant,
}

impl From<ListedApplication> for InvitationView {
    fn from(listed: ListedApplication) -> Self {
        Self {
            id: listed.application.id().value(),
            agency_id: listed.application.agency().value(),
            family_name: listed.family_name,
            status: listed.application.state().word(),
            created_at: Instant(listed.created_at),
        }
    }
}

/// List one's invitations
///
/// The agencies that want the caller as a host and wait for an answer.
#[utoipa::path(tag = "hosts", security(("token" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of invitations; 50 when no limit is given", body = InvitationsView),
    (status = 400, description = "`invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/invitations")]
pub(super) async fn invitations(state: State, request: HttpRequest) -> Result<Json<InvitationsView>, ApiError> {
    let caller = caller(&request).await?;
    let page = query::<PageQuery>(&request)?.parse(INVITATIONS)?;
    let page = state.agencies.hosts.invitations(caller, page).await?;
    Ok(Json(InvitationsView {
        success: true,
        data: page.items.into_iter().map(InvitationView::from).collect(),
        next_cursor: page.next.map(Cursor::to_text),
    }))
}

async fn answer(
    state: &State,
    request: &HttpRequest,
    answer: Answer,
    message: &'static str,
) -> Result<Json<Done>, ApiError> {
    let (user, application) = (caller(request).await?, application_of(request)?);
    let (order, agencies) = (AnswerOrder { user, application, answer }, Arc::clone(&state.agencies));
    state.messages.run(async move { agencies.hosts.answer(order).await }).await?;
    Ok(Done::new(message))
}

/// Accept an invitation
///
/// The owner of the agency decides then. Whoever belongs to an agency leaves it first.
#[utoipa::path(tag = "hosts", security(("token" = [])),
    params(("application_id" = i64, Path, description = "The invitation")), responses(
    (status = 200, description = "Accepted", body = Done),
    (status = 400, description = "`invalid_id`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `application_not_found`: also somebody else's", body = Refusal),
    (status = 409, description = "`already_decided`, `already_member`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/invitations/{application_id}/accept")]
pub(super) async fn accept(state: State, request: HttpRequest) -> Result<Json<Done>, ApiError> {
    answer(&state, &request, Answer::Accept, "Invitation accepted! Please wait for approval.").await
}

/// Decline an invitation
///
/// The agency may invite again, until he has said no three times.
#[utoipa::path(tag = "hosts", security(("token" = [])),
    params(("application_id" = i64, Path, description = "The invitation")), responses(
    (status = 200, description = "Declined", body = Done),
    (status = 400, description = "`invalid_id`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `application_not_found`: also somebody else's", body = Refusal),
    (status = 409, description = "`already_decided`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/invitations/{application_id}/decline")]
pub(super) async fn decline(state: State, request: HttpRequest) -> Result<Json<Done>, ApiError> {
    answer(&state, &request, Answer::Decline, "Invitation declined").await
}

/// Withdraw an application
///
/// What is not decided yet, so that an agency that never answers keeps nobody from others.
#[utoipa::path(tag = "hosts", security(("token" = [])),
    params(("application_id" = i64, Path, description = "The application")), responses(
    (status = 200, description = "Withdrawn", body = Done),
    (status = 400, description = "`invalid_id`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `application_not_found`: also somebody else's", body = Refusal),
    (status = 409, description = "`already_decided`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/applications/{application_id}/withdraw")]
pub(super) async fn withdraw(state: State, request: HttpRequest) -> Result<Json<Done>, ApiError> {
    answer(&state, &request, Answer::Withdraw, "Application withdrawn").await
}

/// Leave one's agency
///
/// On any day, at once. What the host did while he was a member stays the agency's.
#[utoipa::path(tag = "hosts", security(("token" = [])), responses(
    (status = 200, description = "Left", body = Done),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 409, description = "`no_agency`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/leave")]
pub(super) async fn leave(state: State, request: HttpRequest) -> Result<Json<Done>, ApiError> {
    let host = caller(&request).await?;
    let agencies = Arc::clone(&state.agencies);
    state.messages.run(async move { agencies.hosts.end(EndOrder::Leave { host }).await }).await?;
    Ok(Done::new("You have left the agency"))
}
