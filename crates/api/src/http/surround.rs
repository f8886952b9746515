//! What surrounds every request: an id, a line in the log, and headers that every answer has.

use std::time::Instant;

use actix_web::{
    Error, HttpMessage as _,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS},
    middleware::Next,
    web::Data,
};
use tracing::Instrument as _;

use super::Unmatched;
use crate::{state::AppState, telemetry::ACCESS_LOG};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, answers it, and writes the access log.
pub(crate) async fn access_log<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let request_id = request.app_data::<Data<AppState>>().map_or(0, |state| state.dice.draw());
    let request_id = format!("{request_id:016x}");
    let method = request.method().clone();
    let started = Instant::now();
    let span = tracing::info_span!("request", request_id);
    let mut response = next.call(request).instrument(span).await?;
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let is_unmatched = response.request().extensions().contains::<Unmatched>();
    let route = if is_unmatched { None } else { response.request().match_pattern() };
    tracing::info!(
        target: ACCESS_LOG,
        request_id,
        method = method.as_str(),
        route = route.as_deref().unwrap_or("unmatched"),
        status = response.status().as_u16(),
        ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    Ok(response)
}
