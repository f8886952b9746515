//! What is refused around hosts, in English, as the apps show it.

use actix_web::http::StatusCode;
use domain::agency::{
    AnswerError, AnswerRefusal, EndError, EndRefusal, HostApplyError, HostApplyRefusal, HostReviewError,
    HostReviewRefusal, InviteError, InviteRefusal,
};

use super::ApiError;

impl ApiError {
    /// 400: a family id that is too short to be one.
    pub(crate) fn invalid_family_id() -> Self {
        Self::bad_request("invalid_family_id", "Family ID must be at least 6 digits")
    }

    /// 400: a gender that the app does not offer.
    pub(crate) fn invalid_host_gender() -> Self {
        Self::bad_request("invalid_gender", "Gender must be Female or Male")
    }

    /// 400: a name that is none.
    pub(crate) fn invalid_host_name() -> Self {
        Self::bad_request("invalid_name", "A name has 1 to 50 printable characters")
    }

    /// 400: no user to invite.
    pub(crate) fn invited_host_unknown() -> Self {
        Self::bad_request("host_not_found", "Host user not found")
    }

    fn own_agency() -> Self {
        Self::bad_request("own_agency", "You cannot be a host of your own agency")
    }

    fn host_conflict(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }
}

impl From<HostApplyError> for ApiError {
    fn from(error: HostApplyError) -> Self {
        match error {
            HostApplyError::Refused(refusal) => refusal.into(),
            HostApplyError::Sealing(cause) => Self::cards_unavailable().because(cause),
            HostApplyError::Store(error) => error.into(),
        }
    }
}

impl From<HostApplyRefusal> for ApiError {
    fn from(refusal: HostApplyRefusal) -> Self {
        match refusal {
            HostApplyRefusal::UnknownUser => Self::user_not_found(),
            HostApplyRefusal::Banned => Self::account_banned(),
            HostApplyRefusal::UnknownAgency => Self::bad_request("agency_not_found", "Family/Agency not found"),
            HostApplyRefusal::OwnAgency => Self::own_agency(),
            HostApplyRefusal::AlreadyMember => Self::host_conflict("already_member", "You already belong to an agency"),
            HostApplyRefusal::AlreadyPending => {
                Self::bad_request("already_pending", "You already have a pending host application")
            }
            HostApplyRefusal::AlreadyInvited => {
                Self::host_conflict("already_invited", "This agency has invited you: accept its invitation")
            }
            HostApplyRefusal::CardUsed => {
                Self::bad_request("id_card_used", "This ID card has already been used to create a host application")
            }
        }
    }
}

impl From<InviteError> for ApiError {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::Refused(refusal) => refusal.into(),
            InviteError::Store(error) => error.into(),
        }
    }
}

impl From<InviteRefusal> for ApiError {
    fn from(refusal: InviteRefusal) -> Self {
        match refusal {
            InviteRefusal::Access(refusal) => refusal.into(),
            InviteRefusal::UnknownHost => Self::invited_host_unknown(),
            InviteRefusal::OwnAgency => Self::own_agency(),
            InviteRefusal::AlreadyMember => Self::host_conflict("already_member", "Host already belongs to an agency"),
            InviteRefusal::AlreadyApplied => {
                Self::bad_request("already_applied", "Host already has an application for this agency")
            }
            InviteRefusal::DeclinedTooOften => {
                Self::host_conflict("declined_too_often", "Host has declined your invitations too often")
            }
            InviteRefusal::TooMany => Self::host_conflict("too_many_invitations", "Too many open invitations"),
        }
    }
}

impl From<AnswerError> for ApiError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Refused(AnswerRefusal::NotFound) => {
                Self::new(StatusCode::NOT_FOUND, "application_not_found", "Application not found")
            }
            AnswerError::Refused(AnswerRefusal::AlreadyClosed) => Self::already_decided(),
            AnswerError::Refused(AnswerRefusal::AlreadyMember) => {
                Self::host_conflict("already_member", "You already belong to an agency")
            }
            AnswerError::Store(error) => error.into(),
        }
    }
}

impl From<HostReviewError> for ApiError {
    fn from(error: HostReviewError) -> Self {
        match error {
            HostReviewError::Refused(refusal) => refusal.into(),
            HostReviewError::Store(error) => error.into(),
        }
    }
}

impl From<HostReviewRefusal> for ApiError {
    fn from(refusal: HostReviewRefusal) -> Self {
        match refusal {
            HostReviewRefusal::Access(refusal) => refusal.into(),
            HostReviewRefusal::AlreadyDecided => Self::already_decided(),
            HostReviewRefusal::NotAccepted => {
                Self::host_conflict("not_accepted", "The user has not accepted the invitation")
            }
            HostReviewRefusal::UnknownHost => Self::invited_host_unknown(),
            HostReviewRefusal::OwnAgency => Self::own_agency(),
            HostReviewRefusal::AlreadyMember => {
                Self::host_conflict("already_member", "Host already belongs to an agency")
            }
            HostReviewRefusal::TooManyMemberships => {
                Self::host_conflict("too_many_memberships", "Host has joined and left too often")
            }
        }
    }
}

impl From<EndError> for ApiError {
    fn from(error: EndError) -> Self {
        match error {
            EndError::Refused(EndRefusal::Access(refusal)) => match refusal {
                domain::agency::AccessRefusal::NotFound => {
                    Self::new(StatusCode::NOT_FOUND, "member_not_found", "Member not found")
                }
                refusal => refusal.into(),
            },
            EndError::Refused(EndRefusal::NotAMember) => {
                Self::host_conflict("no_agency", "You do not belong to an agency")
            }
            EndError::Refused(EndRefusal::AlreadyEnded) => {
                Self::host_conflict("already_ended", "Member has left already")
            }
            EndError::Store(error) => error.into(),
        }
    }
}
