//! JSON bodies: bounded in size, depth and time, always an object.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest,
    dev::Payload,
    http::header::CONTENT_LENGTH,
    web::{Bytes, BytesMut, Data},
};
use domain::user::Claims;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    auth::{Caller, authenticate, claims},
    config::DISCARDED_BYTES_MAX,
    error::ApiError,
    state::AppState,
};

/// How deep a body may be nested.
const DEPTH_MAX: u32 = 32;

/// A JSON body. An absent one is an empty object, so that the answer names the members that are missing.
pub(super) struct Body<T>(pub(super) T);

/// The caller and his JSON body, looked at in this order: a stranger learns nothing of what his body lacks, and which of
/// two refusals he gets is no matter of chance.
pub(super) struct CallerBody<T> {
    pub(super) caller: Caller,
    pub(super) body: T,
}

/// Who says that he calls, and his JSON body: for a request whose transaction looks at the caller itself, so that he is not
/// looked up twice. Where the body is refused, who is calling still comes first.
pub(super) struct ClaimedBody<T> {
    pub(super) claims: Claims,
    pub(super) body: T,
}

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { json(&request, payload).await.map(Self) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for CallerBody<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let caller = authenticate(&request).await?;
            Ok(Self { caller, body: json(&request, payload).await? })
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for ClaimedBody<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let claims = claims(&request)?;
            match json(&request, payload).await {
                Ok(body) => Ok(Self { claims, body }),
                Err(refusal) => Err(caller_first(&request, refusal).await),
            }
        })
    }
}

/// What the caller himself is refused for, or else `refusal`.
pub(super) async fn caller_first(request: &HttpRequest, refusal: ApiError) -> ApiError {
    authenticate(request).await.err().unwrap_or(refusal)
}

/// The JSON body of a request whose caller is known.
///
/// # Errors
/// 400 for what is no JSON object, 413 for what is too large.
pub(super) async fn json<T: DeserializeOwned>(request: &HttpRequest, payload: Payload) -> Result<T, ApiError> {
    let limits = request.app_data::<Data<AppState>>().ok_or_else(ApiError::internal)?.http;
    let bytes = read(request, payload, limits.body_bytes, limits.body_timeout).await?;
    if bytes.is_empty() {
        return parse(b"{}");
    }
    if !is_json(request) {
        return Err(ApiError::not_json());
    }
    parse(&bytes)
}

/// 413 at once for a body that says itself that it is longer than anything that is read.
pub(super) fn refuse_announced(request: &HttpRequest) -> Result<(), ApiError> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > DISCARDED_BYTES_MAX) { Err(ApiError::body_too_large()) } else { Ok(()) }
}

async fn read(
    request: &HttpRequest,
    mut payload: Payload,
    bytes_max: usize,
    patience: Duration,
) -> Result<Bytes, ApiError> {
    let reading = async {
        let mut kept = BytesMut::new();
        let mut arrived: usize = 0;
        refuse_announced(request)?;
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| ApiError::incomplete_body())?;
            arrived = arrived.saturating_add(chunk.len());
            if arrived > DISCARDED_BYTES_MAX {
                return Err(ApiError::body_too_large());
            }
            if arrived <= bytes_max {
                kept.extend_from_slice(&chunk);
            }
        }
        if arrived > bytes_max { Err(ApiError::body_too_large()) } else { Ok(kept.freeze()) }
    };
    timeout(patience, reading).await.map_err(|_| ApiError::incomplete_body())?
}

fn is_json(request: &HttpRequest) -> bool {
    let essence = request.content_type().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let malformed = || ApiError::malformed_json();
    if depth(bytes) > DEPTH_MAX {
        return Err(malformed());
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|_| malformed())?;
    // A derived reader would also take an array, member by member.
    if !value.is_object() {
        return Err(malformed());
    }
    serde_json::from_value(value).map_err(|_| malformed())
}

/// How deep brackets are nested, outside of strings.
fn depth(bytes: &[u8]) -> u32 {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_u32, 0_u32, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_strings() {
        for (json, expected) in [("{}", 1), (r#"{"a":[[1]]}"#, 3), (r#"{"a":"[[[\"[["}"#, 1), ("1", 0), ("]]][", 1)] {
            assert_eq!(depth(json.as_bytes()), expected, "{json}");
        }
    }

    #[test]
    fn a_body_is_an_object_of_bounded_depth() {
        let nested = |depth: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(parse::<Value>(nested(31).as_bytes()).is_ok());
        for refused in
            [nested(32).as_str(), "[]", "1", "null", "\"x\"", "{", "{}{}", "", "\u{feff}{}", r#"{"a":1e400}"#]
        {
            assert!(parse::<Value>(refused.as_bytes()).is_err(), "{refused}");
        }
    }
}
