//! The requests of polling clients.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    web::{Bytes, BytesMut, Payload},
};
use futures_util::StreamExt as _;
use socketio::{
    codec::event_begins,
    engine::{Refusal, Transport},
    session::Pushed,
    settings::SMALL_MESSAGE_BYTES_MAX,
    websocket::Verdict,
};
use tokio::time::{sleep, timeout};

use super::{Application, Connection, Endpoint, LARGE_EVENT, http};

/// Opens a polling session.
pub(super) async fn open<A: Application>(endpoint: &Arc<Endpoint<A>>, request: &HttpRequest) -> HttpResponse {
    match endpoint.open(request, Transport::Polling, None) {
        Ok(connection) => poll(&connection).await,
        Err(full) => http::refuse(&Refusal::forbidden(&full.to_string())),
    }
}

/// Answers as soon as there is something for the client.
pub(super) async fn poll<A: Application>(connection: &Arc<Connection<A>>) -> HttpResponse {
    let answer = match connection.poll() {
        Ok(answer) => answer,
        Err(refusal) => return http::refuse(&refusal),
    };
    match answer.await {
        Ok(Ok(body)) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/plain; charset=UTF-8"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(body),
        Ok(Err(refusal)) => http::refuse(&refusal),
        // The session was forgotten.
        Err(_) => http::refuse(&Refusal::SESSION),
    }
}

/// Takes what a client sends.
pub(super) async fn push<A: Application>(
    endpoint: &Arc<Endpoint<A>>,
    connection: &Arc<Connection<A>>,
    request: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let is_binary = request.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/octet-stream");
    let bytes_max = match connection.begin_push(is_binary) {
        Ok(bytes_max) => bytes_max,
        Err(refusal) => return http::refuse(&refusal),
    };
    let mut guard = Guard(Some(Arc::clone(connection)));
    let body = match timeout(endpoint.limits.body_timeout, read(payload, bytes_max)).await {
        Ok(Body::Whole(body)) => body,
        Ok(Body::TooLarge) => {
            guard.0 = None;
            return http::refuse(&connection.too_large());
        }
        Ok(Body::Broken) | Err(_) => return http::refuse(&Refusal::BAD),
    };
    guard.0 = None;
    if endpoint.limits.only_gifts_are_large && is_large_and_no_gift(&body) {
        return http::refuse(&connection.too_large());
    }
    // In a task of its own: a client that goes away now has sent it all the same.
    let connection = Arc::clone(connection);
    let handled = actix_web::rt::spawn(async move {
        connection.hold(true);
        let (result, outputs) = connection.step(|session, now| session.push_end(&body, now));
        connection.handle(outputs).await;
        connection.hold(false);
        result
    });
    match handled.await {
        Ok(Ok(pushed)) => {
            sleep(match pushed {
                Pushed::Now => Duration::ZERO,
                Pushed::After(hold) => hold,
            })
            .await;
            HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/html")).body("ok")
        }
        Ok(Err(refusal)) => http::refuse(&refusal),
        Err(_) => http::refuse(&Refusal::BAD),
    }
}

/// Whether a body is larger than a message may be that is no gift.
fn is_large_and_no_gift(body: &[u8]) -> bool {
    body.len() > SMALL_MESSAGE_BYTES_MAX && event_begins(body, LARGE_EVENT) != Verdict::Admit
}

/// Tells the session that the body of its push has broken off, unless it is told otherwise before.
struct Guard<A: Application>(Option<Arc<Connection<A>>>);

impl<A: Application> Drop for Guard<A> {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.push_broken();
        }
    }
}

enum Body {
    Whole(Bytes),
    TooLarge,
    Broken,
}

async fn read(mut payload: Payload, bytes_max: usize) -> Body {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let Ok(chunk) = chunk else { return Body::Broken };
        if body.len().saturating_add(chunk.len()) > bytes_max {
            return Body::TooLarge;
        }
        body.extend_from_slice(&chunk);
    }
    Body::Whole(body.freeze())
}
