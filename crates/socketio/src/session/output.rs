//! What a session wants to be sent, and what it tells the application.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::WebsocketId;
use crate::{
    encoded::Encoded,
    packet::{Args, Namespace},
};

/// What the driver does for a session, in the order in which it is asked to.
#[derive(Debug)]
pub enum Output {
    /// Put this at the end of the session's queue.
    Send(Encoded),
    /// Send this on the websocket that is being tried, past the queue.
    SendProbe(WebsocketId, Encoded),
    /// Close this websocket; the session lives on without it.
    DropWebsocket(WebsocketId),
    /// From now on this websocket empties the queue.
    Upgraded(WebsocketId),
    /// Answer the waiting poll.
    ReleasePoll(Release),
    /// The client wants to join a namespace that exists: accept or refuse it, now or later.
    Connect {
        /// Which one.
        namespace: Namespace,
        /// What the client brings; empty when it brings nothing.
        auth: Map<String, Value>,
    },
    /// An event of a client that has joined.
    Event {
        /// Where.
        namespace: Namespace,
        /// Its name.
        name: String,
        /// What comes with it.
        args: Args,
        /// Set when the client wants an acknowledgement.
        ack: Option<AckTicket>,
    },
    /// The client acknowledges an event of ours.
    Acked {
        /// Where.
        namespace: Namespace,
        /// What `emit_with_ack` returned.
        id: u32,
        /// What comes with it.
        args: Args,
    },
    /// The client has not acknowledged an event in time, and will not be heard any more.
    AckTimedOut {
        /// Where.
        namespace: Namespace,
        /// What `emit_with_ack` returned.
        id: u32,
    },
    /// The client has left a namespace that it had joined.
    Disconnected {
        /// Which one.
        namespace: Namespace,
        /// Why.
        reason: Reason,
    },
    /// A message of a session without Socket.IO.
    Message(Message),
    /// The session is over: send what is queued, then close the websocket, if one carries it.
    Closed {
        /// Why.
        reason: Reason,
        /// The code for the websocket's close frame.
        code: u16,
    },
}

/// A message of the engine layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Binary data.
    Binary(Bytes),
}

/// How a waiting poll is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// With what is queued, or a noop.
    Noop,
    /// With what is queued and a close packet.
    Close,
    /// With [`Refusal::BAD`](crate::engine::Refusal::BAD): the session has moved to a websocket.
    Refuse,
}

/// The right to acknowledge one event of a client, once.
#[derive(Debug, PartialEq, Eq)]
pub struct AckTicket {
    pub(super) namespace: Namespace,
    pub(super) generation: u32,
    pub(super) id: u64,
}

/// Why a namespace was left or a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The connection broke, or was cut for a queue that overflowed.
    TransportError,
    /// The client closed the connection.
    TransportClose,
    /// No pong in time.
    PingTimeout,
    /// The client broke the protocol.
    ParseError,
    /// The client left the namespace.
    ClientNamespaceDisconnect,
    /// The application sent the client out of the namespace.
    ServerNamespaceDisconnect,
    /// The program stops.
    ServerShuttingDown,
    /// The application, or a time limit, closed the session.
    ForcedServerClose,
}

impl Reason {
    /// The name that the field knows it by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TransportError => "transport error",
            Self::TransportClose => "transport close",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::ClientNamespaceDisconnect => "client namespace disconnect",
            Self::ServerNamespaceDisconnect => "server namespace disconnect",
            Self::ServerShuttingDown => "server shutting down",
            Self::ForcedServerClose => "forced server close",
        }
    }
}

/// How the application closes a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// Sent out of all namespaces, told so, and for good: clients do not reconnect by themselves.
    Disconnect,
    /// The program stops: nothing is said, so that clients reconnect by themselves.
    Shutdown,
    /// The queue has overflowed or the connection makes no progress: at once.
    Cut,
}
