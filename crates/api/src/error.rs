//! How a failure becomes an answer: `{"success": false, "message": …, "code": …}` with a status, and nothing that a
//! stranger should not see.

mod refusals;

use std::borrow::Cow;

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{StatusCode, header::RETRY_AFTER},
};
use domain::store::Cause;
use serde_json::{Map, Value};

/// An answer that is not a success.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    members: Vec<(&'static str, Value)>,
    retry_after_seconds: Option<u64>,
    /// For the log, never for the client.
    cause: Option<Cause>,
}

impl ApiError {
    /// A refusal with a stable code (for programs) and a text (for people).
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), members: Vec::new(), retry_after_seconds: None, cause: None }
    }

    /// 400: the request is malformed, or refused.
    fn bad_request(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Adds a member to the answer.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// Says when to ask again.
    #[must_use]
    pub(crate) const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Says why, to the log.
    #[must_use]
    pub(crate) fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Its code, its text, and the members beside them.
    pub(crate) fn into_parts(self) -> (&'static str, String, Map<String, Value>) {
        let members = self.members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        (self.code, self.message.into_owned(), members)
    }

    /// Writes the cause, with all that is behind it, to the log.
    pub(crate) fn log_cause(&self) {
        let Some(cause) = &self.cause else { return };
        let mut chain = cause.to_string();
        let mut source = cause.source();
        while let Some(error) = source {
            chain.push_str(": ");
            chain.push_str(&error.to_string());
            source = error.source();
        }
        if self.status.is_server_error() {
            tracing::error!(code = self.code, cause = chain, "a request failed");
        } else {
            tracing::info!(code = self.code, cause = chain, "a request was refused");
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.log_cause();
        let mut body = Map::new();
        body.insert("success".to_owned(), Value::Bool(false));
        body.insert("message".to_owned(), self.message.as_ref().into());
        body.insert("code".to_owned(), self.code.into());
        body.extend(self.members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after_seconds {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.json(body)
    }
}

/// What every answer that is not a success looks like; some have more members.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Refusal {
    /// Always `false`.
    #[schema(example = false)]
    pub(crate) success: bool,
    /// For people: Indonesian, English around agencies.
    #[schema(example = "Saldo tidak cukup")]
    pub(crate) message: String,
    /// For programs: stable.
    #[schema(example = "insufficient_balance")]
    pub(crate) code: String,
}
