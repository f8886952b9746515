//! Websockets: the handshake, and the reading side. The writing side is [`Wire`].

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{FromRequest as _, HttpMessage as _, HttpRequest, HttpResponse, rt::net::TcpStream, web::Payload};
use socketio::{
    codec::event_begins,
    engine::{Refusal, Transport},
    session::WebsocketId,
    settings::SMALL_MESSAGE_BYTES_MAX,
    websocket::{Decoder, LargeRule, Limits, Message, close_code, encode_pong},
};

use super::{Application, Connection, Endpoint, LARGE_EVENT, http, wire::Wire};
use crate::listener::{Handover, Upgradable};

/// How many pings a client may send within [`PINGS_WINDOW`].
const PINGS_MAX: u32 = 60;
const PINGS_WINDOW: Duration = Duration::from_secs(10);

/// Opens a session on a websocket.
pub(super) fn open<A: Application>(endpoint: &Arc<Endpoint<A>>, request: &HttpRequest) -> HttpResponse {
    let Some((response, wire)) = handshake(endpoint, request) else { return http::refuse(&Refusal::BAD) };
    let connection = match endpoint.open(request, Transport::Websocket, Some(Arc::clone(&wire))) {
        Ok(connection) => connection,
        Err(full) => return http::refuse(&Refusal::forbidden(&full.to_string())),
    };
    connection.settle();
    let Some(id) = connection.websocket() else { return http::refuse(&Refusal::BAD) };
    let reader = Reader::new(endpoint, connection, id, wire);
    handing_over(response, Handover::to(|stream, read| reader.run(stream, read)))
}

/// Tries a websocket for a polling session.
pub(super) fn probe<A: Application>(
    endpoint: &Arc<Endpoint<A>>,
    connection: &Arc<Connection<A>>,
    request: &HttpRequest,
) -> HttpResponse {
    let Some((response, wire)) = handshake(endpoint, request) else { return http::refuse(&Refusal::BAD) };
    match connection.probe(&wire) {
        Ok(id) => {
            let reader = Reader::new(endpoint, Arc::clone(connection), id, wire);
            handing_over(response, Handover::to(|stream, read| reader.run(stream, read)))
        }
        Err(_) => closing(response, wire),
    }
}

/// Answers a websocket that a session has no use for: it is opened and closed, as clients expect it; the session goes on.
pub(super) fn turn_away<A: Application>(endpoint: &Arc<Endpoint<A>>, request: &HttpRequest) -> HttpResponse {
    match handshake(endpoint, request) {
        Some((response, wire)) => closing(response, wire),
        None => http::refuse(&Refusal::BAD),
    }
}

/// The answer to the handshake, if it is one. It is given by [`handing_over`], or something else is.
fn handshake<A: Application>(endpoint: &Endpoint<A>, request: &HttpRequest) -> Option<(HttpResponse, Arc<Wire>)> {
    // Where nobody takes the connection over there is no handshake.
    request.extensions().get::<Upgradable>()?;
    // Only the answer is taken: what the client sends is read by a decoder of ours.
    let nothing = Payload::extract(request).into_inner().ok()?;
    let (response, _, _) = actix_ws::handle(request, nothing).ok()?;
    Some((response, Wire::new(endpoint.limits.queue_bytes, endpoint.runtime.clone())))
}

fn handing_over(mut response: HttpResponse, handover: Handover) -> HttpResponse {
    response.extensions_mut().insert(handover);
    response
}

/// Opens a websocket in order to close it.
fn closing(response: HttpResponse, wire: Arc<Wire>) -> HttpResponse {
    handing_over(
        response,
        Handover::to(|stream, _| async move {
            wire.open(stream);
            wire.close(close_code::POLICY);
            wire.linger().await;
            wire.cut();
        }),
    )
}

/// Reads what the client sends. When it is dropped, whyever, the websocket is over.
struct Reader<A: Application> {
    decoder: Decoder,
    connection: Arc<Connection<A>>,
    id: WebsocketId,
    wire: Arc<Wire>,
    pings: u32,
    pings_since: Instant,
}

impl<A: Application> Reader<A> {
    fn new(endpoint: &Endpoint<A>, connection: Arc<Connection<A>>, id: WebsocketId, wire: Arc<Wire>) -> Self {
        Self { decoder: decoder(endpoint), connection, id, wire, pings: 0, pings_since: Instant::now() }
    }

    /// Reads until the client or the server ends it.
    async fn run(mut self, stream: TcpStream, already_read: Vec<u8>) {
        self.wire.open(stream);
        let mut chunk = already_read;
        while self.take(&chunk).await.is_continue() {
            let Some(read) = self.wire.read().await else { break };
            chunk = read;
        }
        self.connection.websocket_closed(self.id);
        self.wire.linger().await;
    }

    /// Takes a piece of the stream.
    async fn take(&mut self, mut input: &[u8]) -> std::ops::ControlFlow<()> {
        use std::ops::ControlFlow::{Break, Continue};

        loop {
            self.decoder.set_message_bytes(self.connection.message_bytes());
            let outputs = match self.decoder.decode(&mut input) {
                Ok(None) => {
                    self.connection.set_receiving(self.decoder.is_amid_message());
                    return Continue(());
                }
                Ok(Some(Message::Text(text))) => {
                    self.connection.step(|session, now| session.websocket_text(self.id, &text, now)).1
                }
                Ok(Some(Message::Binary(data))) => {
                    self.connection.step(|session, now| session.websocket_binary(self.id, data, now)).1
                }
                Ok(Some(Message::Ping(payload))) => {
                    if self.pings_too_often() {
                        self.wire.close(close_code::POLICY);
                        return Break(());
                    }
                    self.wire.pong(encode_pong(&payload));
                    continue;
                }
                Ok(Some(Message::Pong(_))) => continue,
                Ok(Some(Message::Close { code, .. })) => {
                    self.wire.close(code.unwrap_or(close_code::NORMAL));
                    return Break(());
                }
                Err(violation) => {
                    let outputs =
                        self.connection.step(|session, now| session.websocket_broken(self.id, violation, now)).1;
                    self.connection.handle(outputs).await;
                    self.wire.close(violation.close_code());
                    return Break(());
                }
            };
            self.connection.handle(outputs).await;
        }
    }

    fn pings_too_often(&mut self) -> bool {
        let now = Instant::now();
        if now.duration_since(self.pings_since) > PINGS_WINDOW {
            (self.pings, self.pings_since) = (0, now);
        }
        self.pings = self.pings.saturating_add(1);
        self.pings > PINGS_MAX
    }
}

impl<A: Application> Drop for Reader<A> {
    fn drop(&mut self) {
        self.connection.websocket_closed(self.id);
        self.wire.cut();
    }
}

fn decoder<A: Application>(endpoint: &Endpoint<A>) -> Decoder {
    let large = LargeRule { above: SMALL_MESSAGE_BYTES_MAX, judge: |first| event_begins(first, LARGE_EVENT) };
    Decoder::new(Limits {
        message_bytes: endpoint.settings.message_bytes,
        fragments: endpoint.settings.fragments,
        large: endpoint.limits.only_gifts_are_large.then_some(large),
    })
}
