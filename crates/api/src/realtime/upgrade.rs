//! Websockets: the handshake, and the reading side. The writing side is [`Wire`].

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use actix_web::{
    FromRequest as _, HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    web::{Bytes, Payload},
};
use futures_util::StreamExt as _;
use socketio::{
    codec::event_begins,
    engine::{Refusal, Transport},
    session::WebsocketId,
    settings::SMALL_MESSAGE_BYTES_MAX,
    websocket::{Decoder, LargeRule, Limits, Message, close_code, encode_pong},
};
use tokio::time::timeout;

use super::{
    Application, Connection, Endpoint, LARGE_EVENT, http,
    wire::{Accepted, Wire},
};

/// How many pings a client may send within [`PINGS_WINDOW`].
const PINGS_MAX: u32 = 60;
const PINGS_WINDOW: Duration = Duration::from_secs(10);

/// How long a client may take to end a connection that the server has closed.
const LINGER: Duration = Duration::from_secs(2);

/// Opens a session on a websocket.
pub(super) fn open<A: Application>(
    endpoint: &Arc<Endpoint<A>>,
    request: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let Some((response, wire)) = handshake(endpoint, request) else { return http::refuse(&Refusal::BAD) };
    let connection = match endpoint.open(request, Transport::Websocket, Some(Arc::clone(&wire))) {
        Ok(connection) => connection,
        Err(full) => return http::refuse(&Refusal::forbidden(&full.to_string())),
    };
    connection.settle();
    let Some(id) = connection.websocket() else { return http::refuse(&Refusal::BAD) };
    let response = opening(response, &wire);
    actix_web::rt::spawn(read(Arc::clone(endpoint), connection, id, wire, payload));
    response
}

/// Tries a websocket for a polling session.
pub(super) fn probe<A: Application>(
    endpoint: &Arc<Endpoint<A>>,
    connection: &Arc<Connection<A>>,
    request: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let Some((response, wire)) = handshake(endpoint, request) else { return http::refuse(&Refusal::BAD) };
    let response = opening(response, &wire);
    match connection.probe(&wire) {
        Ok(id) => drop(actix_web::rt::spawn(read(Arc::clone(endpoint), Arc::clone(connection), id, wire, payload))),
        Err(_) => close(wire, payload),
    }
    response
}

/// Answers a websocket that a session has no use for: it is opened and closed, as clients expect it; the session goes on.
pub(super) fn turn_away<A: Application>(
    endpoint: &Arc<Endpoint<A>>,
    request: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let Some((response, wire)) = handshake(endpoint, request) else { return http::refuse(&Refusal::BAD) };
    let response = opening(response, &wire);
    close(wire, payload);
    response
}

fn close(wire: Arc<Wire>, payload: Payload) {
    wire.close(close_code::POLICY);
    actix_web::rt::spawn(linger(wire, payload));
}

/// Reads what the client still sends, so that its end of the connection closes without an error.
async fn linger(wire: Arc<Wire>, mut payload: Payload) {
    let _ = timeout(LINGER, async { while let Some(Ok(_)) = payload.next().await {} }).await;
    wire.release();
}

/// The answer to the handshake, if it is one. It is given by [`opening`], or something else is.
fn handshake<A: Application>(endpoint: &Endpoint<A>, request: &HttpRequest) -> Option<(HttpResponse, Arc<Wire>)> {
    // Only the answer is taken: what the client sends is read by a decoder of ours.
    let nothing = Payload::extract(request).into_inner().ok()?;
    let (response, _, _) = actix_ws::handle(request, nothing).ok()?;
    let accepted = request.conn_data::<Accepted>();
    let socket = accepted.and_then(|accepted| accepted.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    let wire = Wire::new(socket?, endpoint.limits.queue_bytes, endpoint.runtime.clone());
    Some((response, wire))
}

/// Lets the answer to a handshake open the wire, which ends with it.
fn opening(response: HttpResponse, wire: &Arc<Wire>) -> HttpResponse {
    let body = Opening { wire: Arc::clone(wire), polls: 0 };
    response.map_body(|_, _| BoxBody::new(body))
}

/// The body of a handshake's answer: empty, and over when the connection is.
struct Opening {
    wire: Arc<Wire>,
    polls: u8,
}

impl MessageBody for Opening {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        /// The head of the answer is written after the first look at its body, so it is out at the second.
        const POLLS_UNTIL_OPEN: u8 = 2;

        if self.polls < POLLS_UNTIL_OPEN {
            self.polls = self.polls.saturating_add(1);
            if self.polls == POLLS_UNTIL_OPEN {
                self.wire.open();
            } else {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        if self.wire.poll_released(context.waker()) { Poll::Ready(None) } else { Poll::Pending }
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.wire.cut();
    }
}

/// Reads what the client sends until one of both ends it.
async fn read<A: Application>(
    endpoint: Arc<Endpoint<A>>,
    connection: Arc<Connection<A>>,
    id: WebsocketId,
    wire: Arc<Wire>,
    payload: Payload,
) {
    let mut reader =
        Reader { decoder: decoder(&endpoint), connection, id, wire, pings: 0, pings_since: Instant::now() };
    drop(endpoint);
    let mut payload = payload;
    loop {
        let chunk = tokio::select! {
            chunk = payload.next() => chunk,
            () = reader.wire.over() => break,
        };
        let Some(Ok(chunk)) = chunk else { break };
        if reader.take(&chunk).await.is_break() {
            break;
        }
    }
    reader.connection.websocket_closed(reader.id);
    linger(reader.wire, payload).await;
}

struct Reader<A: Application> {
    decoder: Decoder,
    connection: Arc<Connection<A>>,
    id: WebsocketId,
    wire: Arc<Wire>,
    pings: u32,
    pings_since: Instant,
}

impl<A: Application> Reader<A> {
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

fn decoder<A: Application>(endpoint: &Endpoint<A>) -> Decoder {
    let large = LargeRule { above: SMALL_MESSAGE_BYTES_MAX, judge: |first| event_begins(first, LARGE_EVENT) };
    Decoder::new(Limits {
        message_bytes: endpoint.settings.message_bytes,
        fragments: endpoint.settings.fragments,
        large: endpoint.limits.only_gifts_are_large.then_some(large),
    })
}
