//! The one path of an endpoint, and what its requests mean.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{CONNECTION, CONTENT_TYPE, HOST, HeaderValue, ORIGIN, UPGRADE},
    },
    web::{Data, Payload},
};
use socketio::engine::{self, Kind, Query, Refusal, Request};

use super::{Application, Endpoint, polling, upgrade};

/// Answers every request to an endpoint; it belongs under a path with and without a slash at its end.
pub async fn answer<A: Application>(
    endpoint: Data<Endpoint<A>>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let endpoint = endpoint.into_inner();
    let query = Query::parse(request.query_string());
    let judged = Request {
        method: match *request.method() {
            Method::GET => engine::Method::Get,
            Method::POST => engine::Method::Post,
            _ => engine::Method::Other,
        },
        query: &query,
        upgrade: wants_upgrade(&request),
        origin: request.headers().get(ORIGIN).map(HeaderValue::as_bytes),
        forbidden: None,
    };
    let mut found = None;
    let kind = engine::judge(&judged, &endpoint.settings, |sid| {
        found = endpoint.find(sid);
        found.as_ref().map(|connection| connection.transport())
    });
    match (kind, found) {
        (Err(refusal), None) => refuse(&refusal),
        // On every request: the first one proves nothing about the others.
        (Ok(_), _) | (Err(_), Some(_)) if !may_connect(&request, endpoint.limits.origins.as_deref()) => {
            refuse(&Refusal::forbidden("Origin not allowed"))
        }
        (Err(_), Some(_)) if judged.upgrade => upgrade::turn_away(&endpoint, &request),
        (Err(refusal), Some(_)) => refuse(&refusal),
        (Ok(Kind::Open(engine::Transport::Polling)), _) => polling::open(&endpoint, &request).await,
        (Ok(Kind::Open(engine::Transport::Websocket)), _) => upgrade::open(&endpoint, &request),
        (Ok(Kind::Poll(_)), Some(connection)) => polling::poll(&connection).await,
        (Ok(Kind::Push(_)), Some(connection)) => polling::push(&endpoint, &connection, &request, payload).await,
        (Ok(Kind::Probe(_)), Some(connection)) => upgrade::probe(&endpoint, &connection, &request),
        (Ok(_), None) => refuse(&Refusal::SESSION),
    }
}

/// A refusal in the words of the protocol.
pub(super) fn refuse(refusal: &Refusal) -> HttpResponse {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    HttpResponse::build(status).insert_header((CONTENT_TYPE, "application/json")).body(refusal.body())
}

fn wants_upgrade(request: &HttpRequest) -> bool {
    let has = |name, word: &str| {
        request.headers().get_all(name).any(|value| {
            value.to_str().is_ok_and(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
        })
    };
    has(UPGRADE, "websocket") && has(CONNECTION, "upgrade")
}

/// Whether the web page that asks, if it is one, may connect: one of the server's own host, or a listed one.
fn may_connect(request: &HttpRequest, listed: Option<&[String]>) -> bool {
    let (Some(origin), Some(listed)) = (request.headers().get(ORIGIN), listed) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let own_host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let is_own = origin.split_once("://").is_some_and(|(_, host)| Some(host) == own_host);
    is_own || listed.iter().any(|listed| listed == origin)
}
