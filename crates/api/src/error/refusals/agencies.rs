//! What is refused around agencies, in English, as the apps show it.

use actix_web::http::StatusCode;
use domain::agency::{
    AccessError, AccessRefusal, AgencyApplicationError, AgencyApplicationRefusal, AgencyDecisionError,
    AgencyDecisionRefusal, InvalidCardNumber, InvalidText,
};

use super::{ApiError, BUSY_RETRY_SECONDS};

impl ApiError {
    /// The refusals of tokens in the words of this area.
    #[must_use]
    pub(crate) fn in_english(mut self) -> Self {
        match self.code {
            "token_missing" => self.message = "No token provided".into(),
            "token_invalid" | "token_expired" | "token_revoked" => self.message = "Invalid token".into(),
            _ => {}
        }
        self
    }

    /// 400: no id in a path or a body.
    pub(crate) fn invalid_id() -> Self {
        Self::bad_request("invalid_id", "Invalid id")
    }

    /// 400: a state that none of these things has.
    pub(crate) fn invalid_status() -> Self {
        Self::bad_request("invalid_status", "Status must be pending, approved or rejected")
    }

    /// 400: a period that is none, or an hour.
    pub(crate) fn invalid_agency_period() -> Self {
        Self::bad_request("invalid_period", "Period must be daily, weekly, monthly or all")
    }

    /// 400: a member that an application needs is missing.
    pub(crate) fn application_incomplete() -> Self {
        Self::bad_request("missing_fields", "All fields are required")
    }

    /// 400: a phone number that is none.
    pub(crate) fn invalid_agency_phone() -> Self {
        Self::bad_request("invalid_phone", "Invalid phone number")
    }

    /// 400: a reason that is none.
    pub(crate) fn invalid_reason() -> Self {
        Self::bad_request("invalid_reason", "A reason has 1 to 200 printable characters")
    }

    /// 503: the server takes no cards.
    pub(super) fn cards_unavailable() -> Self {
        let text = "ID cards cannot be stored now, try again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "cards_unavailable", text).retry_after(BUSY_RETRY_SECONDS)
    }

    fn agency_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found")
    }
}

impl From<InvalidText> for ApiError {
    fn from(error: InvalidText) -> Self {
        Self::bad_request("invalid_text", error.to_string())
    }
}

impl From<InvalidCardNumber> for ApiError {
    fn from(InvalidCardNumber: InvalidCardNumber) -> Self {
        Self::bad_request("invalid_id_card", "ID Card must be exactly 16 digits")
    }
}

impl From<AgencyApplicationError> for ApiError {
    fn from(error: AgencyApplicationError) -> Self {
        match error {
            AgencyApplicationError::Refused(refusal) => refusal.into(),
            // The service draws again.
            AgencyApplicationError::IdTaken => Self::internal().because(error),
            AgencyApplicationError::Sealing(cause) => Self::cards_unavailable().because(cause),
            AgencyApplicationError::Store(error) => error.into(),
        }
    }
}

impl From<AgencyApplicationRefusal> for ApiError {
    fn from(refusal: AgencyApplicationRefusal) -> Self {
        match refusal {
            AgencyApplicationRefusal::UnknownUser => Self::user_not_found(),
            AgencyApplicationRefusal::Banned => Self::account_banned(),
            AgencyApplicationRefusal::HasAgency => {
                let text = "You already have an agency or a pending application";
                Self::new(StatusCode::CONFLICT, "already_has_agency", text)
            }
            AgencyApplicationRefusal::CardUsed => {
                Self::bad_request("id_card_used", "This ID card has already been used to create an agency")
            }
        }
    }
}

impl From<AgencyDecisionError> for ApiError {
    fn from(error: AgencyDecisionError) -> Self {
        match error {
            AgencyDecisionError::Refused(AgencyDecisionRefusal::UnknownAgency) => Self::agency_not_found(),
            AgencyDecisionError::Refused(AgencyDecisionRefusal::AlreadyDecided) => Self::already_decided(),
            AgencyDecisionError::Store(error) => error.into(),
        }
    }
}

impl ApiError {
    /// 409: somebody decided before.
    pub(super) fn already_decided() -> Self {
        Self::new(StatusCode::CONFLICT, "already_decided", "This application is already decided")
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Refused(refusal) => refusal.into(),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<AccessRefusal> for ApiError {
    fn from(refusal: AccessRefusal) -> Self {
        match refusal {
            AccessRefusal::Banned => Self::account_banned(),
            AccessRefusal::NotAnAgency => Self::new(StatusCode::FORBIDDEN, "not_an_agency", "Not authorized as agency"),
            // Another agency's are not known from unknown ones.
            AccessRefusal::NotFound => Self::agency_not_found(),
        }
    }
}
