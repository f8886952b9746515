//! What a request to the endpoint means, or why it is refused.

use std::borrow::Cow;

use serde_json::json;
use thiserror::Error;

use super::{Query, Transport};
use crate::settings::Settings;

/// The version of the engine protocol that is spoken here.
const VERSION: &str = "4";

/// An HTTP method, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// Any other.
    Other,
}

/// A request to the endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its method.
    pub method: Method,
    /// Its parameters.
    pub query: &'a Query<'a>,
    /// Whether it asks for a websocket.
    pub upgrade: bool,
    /// The value of its `Origin` header.
    pub origin: Option<&'a [u8]>,
    /// Why the application wants no new session, if it does not.
    pub forbidden: Option<&'a str>,
}

/// What a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind<'a> {
    /// Open a session; a websocket when the transport is one.
    Open(Transport),
    /// Fetch what waits for the session with this id.
    Poll(&'a str),
    /// Take what the session's client sends.
    Push(&'a str),
    /// Try a websocket for the session.
    Probe(&'a str),
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The number that clients know it by.
    pub code: u8,
    /// The text; some clients show it.
    pub message: Cow<'static, str>,
}

impl Refusal {
    /// No such transport.
    pub const TRANSPORT: Self = Self::known(400, 0, "Transport unknown");
    /// No such session, or not any more.
    pub const SESSION: Self = Self::known(400, 1, "Session ID unknown");
    /// A session is opened by GET.
    pub const METHOD: Self = Self::known(400, 2, "Bad handshake method");
    /// Anything else that makes no sense.
    pub const BAD: Self = Self::known(400, 3, "Bad request");
    /// Another version of the protocol.
    pub const VERSION: Self = Self::known(400, 5, "Unsupported protocol version");
    /// A body that is larger than is allowed; the code is ours.
    pub const TOO_LARGE: Self = Self::known(413, 3, "Payload too large");

    const fn known(status: u16, code: u8, message: &'static str) -> Self {
        Self { status, code, message: Cow::Borrowed(message) }
    }

    /// The application does not want it.
    #[must_use]
    pub fn forbidden(message: &str) -> Self {
        let message = if message.is_empty() { "Forbidden" } else { message };
        Self { status: 403, code: 4, message: Cow::Owned(message.to_owned()) }
    }

    /// The body of the answer, JSON.
    #[must_use]
    pub fn body(&self) -> String {
        json!({ "code": self.code, "message": self.message }).to_string()
    }
}

/// Says what a request means. `transport_of` looks up the current transport of a session.
///
/// # Errors
/// [`Refusal`], the first that applies: transport, origin, session, its transport, method, application, version.
pub fn judge<'a>(
    request: &Request<'a>,
    settings: &Settings,
    transport_of: impl FnOnce(&str) -> Option<Transport>,
) -> Result<Kind<'a>, Refusal> {
    let transport = match request.query.transport.value() {
        Some("polling") => Transport::Polling,
        Some("websocket") => Transport::Websocket,
        _ => return Err(Refusal::TRANSPORT),
    };
    if request.origin.is_some_and(|origin| !origin.iter().all(is_header_byte)) {
        return Err(Refusal::BAD);
    }
    match request.query.sid {
        super::Param::Absent => open(request, transport),
        super::Param::Many => Err(Refusal::SESSION),
        super::Param::One(ref sid) => {
            let current = transport_of(sid).ok_or(Refusal::SESSION)?;
            join(request, settings, transport, current, sid)
        }
    }
}

fn open<'a>(request: &Request<'_>, transport: Transport) -> Result<Kind<'a>, Refusal> {
    if request.method != Method::Get {
        return Err(Refusal::METHOD);
    }
    // A websocket without an upgrade, or an upgrade that says it is polling (the Dart client's default).
    if request.upgrade != (transport == Transport::Websocket) {
        return Err(Refusal::BAD);
    }
    if let Some(message) = request.forbidden {
        return Err(Refusal::forbidden(message));
    }
    if request.query.eio.value() != Some(VERSION) {
        return Err(Refusal::VERSION);
    }
    Ok(Kind::Open(transport))
}

fn join<'a>(
    request: &Request<'_>,
    settings: &Settings,
    transport: Transport,
    current: Transport,
    sid: &'a str,
) -> Result<Kind<'a>, Refusal> {
    if current == Transport::Websocket || request.upgrade != (transport == Transport::Websocket) {
        return Err(Refusal::BAD);
    }
    match (request.method, request.upgrade) {
        (Method::Get, false) => Ok(Kind::Poll(sid)),
        (Method::Post, false) => Ok(Kind::Push(sid)),
        (Method::Get, true) if settings.upgrades && speaks_our_version(request) => Ok(Kind::Probe(sid)),
        _ => Err(Refusal::BAD),
    }
}

/// The version is asked for when a session is opened; another one later is nonsense all the same.
fn speaks_our_version(request: &Request<'_>) -> bool {
    match &request.query.eio {
        super::Param::Absent => true,
        super::Param::One(version) => version == VERSION,
        super::Param::Many => false,
    }
}

/// What may stand in the value of a header.
fn is_header_byte(byte: &u8) -> bool {
    matches!(byte, b'\t' | 0x20..=0x7e | 0x80..)
}

#[cfg(test)]
mod tests;
