//! Agencies: applying for one, and what an owner does and sees. In English, as the apps show it.

pub(super) mod applications;
pub(super) mod figures;
pub(super) mod members;
pub(super) mod totals;

use std::sync::Arc;

use actix_web::{HttpRequest, get, post, web::Json};
use domain::{
    agency::{Agency, AgencyForm, CardNumber, FamilyName, Region},
    id::AgencyId,
    user::PhoneNumber,
    wallet::Reason,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    State,
    callers::{EnglishBody, caller},
    query::path_id,
    wire::Instant,
};
use crate::{
    error::{ApiError, Refusal},
    fields::{Field, is_missing, present, text},
    state::AppState,
};

/// The agency of a path with `{agency_id}`.
fn agency_of(request: &HttpRequest) -> Result<AgencyId, ApiError> {
    path_id(request, "agency_id", AgencyId::parse)
}

/// Something was done.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    success: bool,
    #[schema(example = "Host application approved")]
    message: &'static str,
}

impl Done {
    pub(super) const fn new(message: &'static str) -> Json<Self> {
        Json(Self { success: true, message })
    }
}

/// Why, where that may be said.
#[derive(Deserialize, ToSchema)]
pub(super) struct ReasonBody {
    /// Why, in up to 200 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    reason: Field,
}

impl ReasonBody {
    pub(super) fn parse(&self) -> Result<Option<Reason>, ApiError> {
        reason_of(&self.reason)
    }
}

/// The reason of a member in which one may be said.
pub(super) fn reason_of(field: &Field) -> Result<Option<Reason>, ApiError> {
    match field {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Reason::parse(text).map(Some).map_err(|_| ApiError::invalid_reason()),
        Some(_) => Err(ApiError::invalid_reason()),
    }
}

/// What an applicant for an agency fills in. `name`, `gender` and `paperwork`, which the app sends too, are ignored.
#[derive(Deserialize, ToSchema)]
pub(super) struct AgencyBody {
    /// Where the agency works.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "Indonesia")]
    region: Field,
    /// Its name.
    #[serde(default, deserialize_with = "present", rename = "familyName")]
    #[schema(value_type = String, required, example = "Bintang")]
    family_name: Field,
    /// The 16 digits of the applicant's identity card.
    #[serde(default, deserialize_with = "present", rename = "idNumber")]
    #[schema(value_type = String, required, example = "3174010203040001")]
    id_number: Field,
    /// How the agency is reached.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required, example = "089123456789")]
    phone: Field,
}

impl AgencyBody {
    fn parse(&self, state: &AppState) -> Result<(AgencyForm, CardNumber), ApiError> {
        if [&self.region, &self.family_name, &self.id_number, &self.phone].into_iter().any(is_missing) {
            return Err(ApiError::application_incomplete());
        }
        let number = CardNumber::parse(text(&self.id_number).unwrap_or_default())?;
        let phone = PhoneNumber::parse(text(&self.phone).unwrap_or_default(), &state.phone_region);
        let form = AgencyForm {
            family_name: FamilyName::parse(text(&self.family_name).unwrap_or_default())?,
            region: Region::parse(text(&self.region).unwrap_or_default())?,
            phone: phone.map_err(|_| ApiError::invalid_agency_phone())?,
        };
        Ok((form, number))
    }
}

/// An application that waits for an administrator.
#[derive(Serialize, ToSchema)]
pub(super) struct AgencyApplied {
    success: bool,
    #[schema(example = "Agency application submitted successfully! Please wait for approval.")]
    message: &'static str,
    data: AppliedAgency,
}

#[derive(Serialize, ToSchema)]
struct AppliedAgency {
    /// What hosts type as family id.
    #[schema(example = 4_821_007)]
    id: i64,
    family_name: String,
    region: Option<String>,
    phone: Option<String>,
    #[schema(example = "pending")]
    status: &'static str,
    created_at: Instant,
}

/// Apply for an agency
///
/// An administrator decides. Whoever has an agency, or an application that waits, has to do with that one; an identity card is
/// good for one agency. Its number is stored encrypted and shown to nobody but administrators.
#[utoipa::path(tag = "agencies", security(("token" = [])), request_body = AgencyBody, responses(
    (status = 200, description = "Submitted", body = AgencyApplied),
    (status = 400, description = "`missing_fields`, `invalid_id_card`, `invalid_text`, `invalid_phone`, `id_card_used`, or a malformed body", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 409, description = "`already_has_agency`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 503, description = "`busy`, `unavailable`, `outcome_unknown`, `cards_unavailable`", body = Refusal),
))]
#[post("/apply")]
pub(super) async fn apply(
    state: State,
    EnglishBody { caller, body }: EnglishBody<AgencyBody>,
) -> Result<Json<AgencyApplied>, ApiError> {
    let (form, number) = body.parse(&state)?;
    let agencies = Arc::clone(&state.agencies);
    let agency = state.messages.run(async move { agencies.agencies.apply(caller, form, &number).await }).await?;
    let status = agency.review.word();
    let data = AppliedAgency {
        id: agency.id.value(),
        family_name: agency.family_name,
        region: agency.region,
        phone: agency.phone.map(|phone| phone.reveal().to_owned()),
        status,
        created_at: Instant(agency.created_at),
    };
    let message = "Agency application submitted successfully! Please wait for approval.";
    Ok(Json(AgencyApplied { success: true, message, data }))
}

/// The caller's agency.
#[derive(Serialize, ToSchema)]
pub(super) struct AgencyProfile {
    success: bool,
    data: AgencyView,
}

#[derive(Serialize, ToSchema)]
pub(super) struct AgencyView {
    #[schema(example = 4_821_007)]
    id: i64,
    user_id: i64,
    #[schema(example = "Bintang")]
    family_name: String,
    region: Option<String>,
    phone: Option<String>,
    /// `pending`, `approved` or `rejected`.
    #[schema(example = "approved")]
    status: &'static str,
    created_at: Instant,
    approved_at: Option<Instant>,
}

impl From<Agency> for AgencyView {
    fn from(agency: Agency) -> Self {
        let decided = agency.review.decided().filter(|_| agency.review.is_approved());
        Self {
            id: agency.id.value(),
            user_id: agency.owner.value(),
            family_name: agency.family_name,
            region: agency.region,
            phone: agency.phone.map(|phone| phone.reveal().to_owned()),
            status: agency.review.word(),
            created_at: Instant(agency.created_at),
            approved_at: decided.map(|decided| Instant(decided.at)),
        }
    }
}

/// Read one's own agency
///
/// For the owner of an approved agency.
#[utoipa::path(tag = "agencies", security(("token" = [])), responses(
    (status = 200, description = "The agency", body = AgencyProfile),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_agency`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/profile")]
pub(super) async fn profile(state: State, request: HttpRequest) -> Result<Json<AgencyProfile>, ApiError> {
    let caller = caller(&request).await?;
    let agency = state.agencies.agencies.own(caller, None).await?;
    Ok(Json(AgencyProfile { success: true, data: agency.into() }))
}
