//! The idempotency key of a money request, wherever its client wrote it.

use actix_web::HttpRequest;
use domain::{dice::Dice, idempotency::RequestKey};
use serde_json::Value;

use crate::{error::ApiError, fields::Field};

/// The key in the header of a money request.
pub(crate) fn header_key(request: &HttpRequest) -> Result<Option<&str>, ApiError> {
    let mut headers = request.headers().get_all("Idempotency-Key");
    match (headers.next(), headers.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ApiError::invalid_idempotency_key()),
        (Some(_), Some(_)) => Err(ApiError::invalid_idempotency_key()),
    }
}

/// The key of a money request: from its header or from the member `clientRef` of its body; from both only if they are
/// equal. Without one, the server makes one, so that its own retry inside is safe.
pub(crate) fn request_key(
    from_header: Option<&str>,
    client_ref: &Field,
    dice: &dyn Dice,
) -> Result<RequestKey, ApiError> {
    let from_body = match client_ref {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key.as_str()),
        Some(_) => return Err(ApiError::invalid_idempotency_key()),
    };
    match (from_header, from_body) {
        (Some(header), Some(body)) if header != body => Err(ApiError::idempotency_keys_differ()),
        (Some(key), _) | (None, Some(key)) => RequestKey::parse(key).map_err(|_| ApiError::invalid_idempotency_key()),
        (None, None) => Ok(RequestKey::generate(dice)),
    }
}
