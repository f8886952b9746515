//! What live sessions are refused with.

use actix_web::http::StatusCode;
use domain::live::{EndSessionError, HeartbeatError};

use super::ApiError;

impl ApiError {
    /// 400: nobody to go live.
    pub(crate) fn host_missing() -> Self {
        Self::bad_request("missing_fields", "hostId wajib")
    }

    /// 400: no session.
    pub(crate) fn session_missing() -> Self {
        Self::bad_request("missing_fields", "sessionId wajib")
    }

    /// 400: a session that is no id.
    pub(crate) fn invalid_session_id() -> Self {
        Self::bad_request("invalid_session_id", "sessionId tidak valid")
    }

    /// 403: nobody goes live for somebody else.
    pub(crate) fn not_the_host() -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_the_host", "Hanya host sendiri yang dapat memulai live")
    }

    /// 404: no such session of this host.
    fn session_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "session_not_found", "Sesi live tidak ditemukan")
    }
}

impl From<EndSessionError> for ApiError {
    fn from(error: EndSessionError) -> Self {
        match error {
            EndSessionError::Unknown => Self::session_not_found(),
            EndSessionError::Store(error) => error.into(),
        }
    }
}

impl From<HeartbeatError> for ApiError {
    fn from(error: HeartbeatError) -> Self {
        match error {
            HeartbeatError::Unknown => Self::session_not_found(),
            HeartbeatError::Over => Self::new(StatusCode::CONFLICT, "session_ended", "Sesi live sudah berakhir"),
            HeartbeatError::Store(error) => error.into(),
        }
    }
}
