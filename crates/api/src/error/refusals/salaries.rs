//! What is refused around salaries and their policy. In English, as everything around agencies.

use actix_web::http::StatusCode;
use domain::salary::{ActivationError, ActivationRefusal, InvalidPolicy, SalaryDecisionError, SalaryRefusal};

use super::ApiError;

impl ApiError {
    /// 400: no salary to decide on.
    pub(crate) fn salary_request_missing() -> Self {
        Self::bad_request("missing_fields", "requestId is required")
    }

    /// 400: a policy, or the week that it begins with, is missing.
    pub(crate) fn policy_missing() -> Self {
        Self::bad_request("missing_fields", "policy and from are required")
    }

    /// 400: what is no policy, and why.
    pub(crate) fn invalid_policy(why: impl std::fmt::Display) -> Self {
        Self::bad_request("invalid_policy", format!("Invalid policy: {why}"))
    }

    /// 400: a week that is none.
    pub(crate) fn invalid_week() -> Self {
        Self::bad_request("invalid_week", "A week is written like 2026-W48")
    }

    /// 400: so many weeks are not looked at.
    pub(crate) fn invalid_weeks() -> Self {
        Self::bad_request("invalid_weeks", "weeks must be between 1 and 13")
    }
}

impl From<SalaryDecisionError> for ApiError {
    fn from(error: SalaryDecisionError) -> Self {
        match error {
            SalaryDecisionError::Refused(refusal) => refusal.into(),
            SalaryDecisionError::Store(error) => error.into(),
        }
    }
}

impl From<SalaryRefusal> for ApiError {
    fn from(refusal: SalaryRefusal) -> Self {
        match refusal {
            SalaryRefusal::KeyReused => Self::idempotency_key_reused(),
            SalaryRefusal::Access(refusal) => refusal.into(),
            SalaryRefusal::OwnSalary => {
                Self::new(StatusCode::FORBIDDEN, "own_salary", "You cannot decide on your own salary")
            }
            SalaryRefusal::AlreadyDecided => {
                Self::new(StatusCode::CONFLICT, "already_decided", "Salary request has already been decided")
            }
            SalaryRefusal::HostBanned => Self::new(StatusCode::CONFLICT, "host_banned", "The host is banned"),
            SalaryRefusal::TooManyDiamonds => {
                Self::new(StatusCode::CONFLICT, "too_many_diamonds", "The host would have too many diamonds")
            }
        }
    }
}

impl From<ActivationError> for ApiError {
    fn from(error: ActivationError) -> Self {
        match error {
            ActivationError::Invalid(invalid) => invalid.into(),
            ActivationError::Refused(refusal) => refusal.into(),
            ActivationError::Store(error) => error.into(),
        }
    }
}

impl From<InvalidPolicy> for ApiError {
    fn from(invalid: InvalidPolicy) -> Self {
        Self::invalid_policy(invalid)
    }
}

impl From<ActivationRefusal> for ApiError {
    fn from(refusal: ActivationRefusal) -> Self {
        let code = match refusal {
            ActivationRefusal::WeekNotComing { .. } => "week_not_coming",
            ActivationRefusal::TooFarAhead => "week_too_far_ahead",
            ActivationRefusal::TooManyVersions => "too_many_policies",
        };
        Self::new(StatusCode::CONFLICT, code, refusal.to_string())
    }
}
