//! What surrounds every request: an id, a line in the log, headers that every answer has, and one form of refusals.

use std::{panic::AssertUnwindSafe, time::Instant};

use actix_web::{
    Error, HttpMessage as _, ResponseError as _,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::Unmatched;
use crate::{error::ApiError, state::AppState, telemetry::ACCESS_LOG};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, answers it, and writes the access log.
pub(crate) async fn surround<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let request_id = request.app_data::<Data<AppState>>().map_or(0, |state| state.dice.draw());
    let request_id = format!("{request_id:016x}");
    let method = request.method().clone();
    let started = Instant::now();
    let span = tracing::info_span!("request", request_id);
    let answered = answer(request, next).instrument(span).await;
    let status = match &answered {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    tracing::info!(
        target: ACCESS_LOG,
        request_id,
        method = method.as_str(),
        // Looked for only where it is written.
        route = answered.as_ref().ok().and_then(route).as_deref().unwrap_or("unmatched"),
        status = status.as_u16(),
        ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    match answered {
        Ok(mut response) => {
            mark(response.headers_mut(), &request_id);
            Ok(response)
        }
        Err(error) => {
            let mut response = error.error_response();
            mark(response.headers_mut(), &request_id);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// Answers; a panic is answered too, like every other failure.
async fn answer<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    // Nothing that a panic interrupted is used again: the request is over.
    let Ok(answered) = AssertUnwindSafe(next.call(request)).catch_unwind().await else {
        tracing::error!("a handler panicked");
        return Err(ApiError::internal().into());
    };
    let response = answered?;
    Ok(if is_in_house_form(response.status(), response.headers()) {
        response.map_into_left_body()
    } else {
        in_house_form(response).map_into_right_body()
    })
}

/// Whether an answer is a success, or a refusal that an `ApiError` made.
fn is_in_house_form(status: StatusCode, headers: &HeaderMap) -> bool {
    let is_json = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    is_json || !(status.is_client_error() || status.is_server_error())
}

/// The same refusal in the form of ours, with the headers that it had: what a middleware or a served file refuses, such
/// as a preflight request from a page that may not call.
fn in_house_form<B>(response: ServiceResponse<B>) -> ServiceResponse {
    let refusal = ApiError::of_status(response.status()).error_response();
    let (request, refused) = response.into_parts();
    let (mut refusal, mut headers) = (refusal, refused.headers().clone());
    headers.remove(CONTENT_TYPE);
    for (name, value) in headers {
        refusal.headers_mut().append(name, value);
    }
    ServiceResponse::new(request, refusal)
}

fn mark(headers: &mut HeaderMap, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The template of the route that answered.
fn route<B>(response: &ServiceResponse<B>) -> Option<String> {
    let is_unmatched = response.request().extensions().contains::<Unmatched>();
    if is_unmatched { None } else { response.request().match_pattern() }
}

#[cfg(test)]
mod tests;
