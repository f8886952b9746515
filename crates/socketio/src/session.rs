//! One engine session and its sockets, as a state machine: inputs and instants in, outputs and deadlines out.
//!
//! The driver calls one method, then takes everything from [`Session::next_output`], under the same lock; no call
//! blocks or takes long. It keeps the queue of what is to be sent, because broadcasts go there without asking the
//! session, and the connections. Not responsible for rooms, nor for how much may wait in the queue.
//!
//! Instants must not go backwards between calls.

mod closing;
mod deadlines;
mod heartbeat;
mod incoming;
mod output;
mod polling;
mod sockets;
mod upgrade;

use std::{collections::VecDeque, sync::Arc, time::Instant};

pub use output::{AckTicket, Close, Message, Output, Reason, Release};
pub use polling::Pushed;

use crate::{
    codec::{Limits, Partial},
    encoded::Encoded,
    engine::{Transport, open_packet},
    packet::Namespace,
    settings::{Layer, Settings},
};
use heartbeat::Heartbeat;
use sockets::Sockets;
use upgrade::Probe;

/// One of the websockets of a session: the one that carries it, or one that is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WebsocketId(u32);

/// The conversation with one client. See the [module](self) for how to drive it.
#[derive(Debug)]
pub struct Session {
    settings: Arc<Settings>,
    life: Life,
    transport: Transport,
    outputs: VecDeque<Output>,
    heartbeat: Heartbeat,
    /// When the session ends unless a namespace is joined.
    connect_by: Option<Instant>,
    sockets: Sockets,
    /// A packet that waits for its attachments, and until when it may.
    partial: Option<(Partial, Instant)>,
    /// Whether part of a websocket message has arrived.
    receiving: bool,
    poll: Poll,
    /// Whether the body of a push is being read.
    pushing: bool,
    websocket: Option<WebsocketId>,
    probe: Option<Probe>,
    websockets: u32,
}

/// Whether a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Open,
    /// Over, but a poll that comes before that instant is still answered.
    Lingering {
        farewell: Release,
        until: Instant,
    },
    Gone,
}

/// The poll of a session; there is at most one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Poll {
    None,
    Waiting,
    /// Answered at that instant even when nothing happens.
    Held {
        until: Instant,
    },
}

impl Session {
    /// Opens a session; its open packet is the first output. `sid` is the secret that names it.
    #[must_use]
    pub fn open(sid: &str, transport: Transport, settings: Arc<Settings>, now: Instant) -> Self {
        let open = Output::Send(open_packet(sid, transport, &settings));
        let connect_by = match settings.layer {
            Layer::SocketIo => settings.connect_timeout.map(|timeout| now + timeout),
            Layer::Engine => None,
        };
        Self {
            life: Life::Open,
            transport,
            outputs: VecDeque::from([open]),
            heartbeat: Heartbeat::new(now, &settings),
            connect_by,
            sockets: Sockets::default(),
            partial: None,
            receiving: false,
            poll: Poll::None,
            pushing: false,
            websocket: (transport == Transport::Websocket).then_some(WebsocketId(0)),
            probe: None,
            websockets: 1,
            settings,
        }
    }

    /// The next thing to do; `None` when everything is done.
    pub fn next_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What carries the session now.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// The websocket that carries the session.
    #[must_use]
    pub fn websocket(&self) -> Option<WebsocketId> {
        self.websocket
    }

    /// Whether the session is not over.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.life == Life::Open
    }

    /// Whether nothing can come of the session any more, so that the driver may forget it. A session that is over
    /// stays for a while when a poll may still fetch its last packets.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.life == Life::Gone
    }

    /// Whether the client has joined a namespace. Broadcasts go only to clients that have.
    #[must_use]
    pub fn is_connected(&self, namespace: &Namespace) -> bool {
        self.sockets.is_connected(namespace)
    }

    /// The most bytes of the next message or polling body: few before a namespace is joined.
    #[must_use]
    pub fn message_bytes(&self) -> usize {
        if self.settings.layer == Layer::Engine || self.sockets.any_connected() {
            self.settings.message_bytes
        } else {
            self.settings.message_bytes_before_connect.min(self.settings.message_bytes)
        }
    }

    /// Says whether part of a websocket message has arrived and the rest has not: then the client's pong may be
    /// behind it, and its time to answer a ping is extended, once. Say so before [`Session::on_deadline`].
    pub fn set_receiving(&mut self, receiving: bool) {
        self.receiving = receiving;
    }

    /// Sends a message of a session without Socket.IO; whether it could.
    pub fn send_message(&mut self, message: Message) -> bool {
        self.send(match message {
            Message::Text(text) => Encoded::text(&format!("4{text}")),
            Message::Binary(data) => Encoded::binary(data),
        })
    }

    fn send(&mut self, packet: Encoded) -> bool {
        let open = self.is_open();
        if open {
            self.outputs.push_back(Output::Send(packet));
        }
        open
    }

    fn codec_limits(&self) -> Limits {
        Limits {
            attachments: self.settings.attachments,
            attachment_bytes: self.message_bytes(),
            json_depth: self.settings.json_depth,
        }
    }
}

#[cfg(test)]
mod tests;
