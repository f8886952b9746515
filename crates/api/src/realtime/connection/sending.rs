//! What an application does with a client.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use serde_json::{Map, Value};
use socketio::{
    encoded::Encoded,
    packet::{Args, Namespace},
    session::{AckTicket, Close, Message},
};

use super::Connection;
use crate::realtime::Application;

impl<A: Application> Connection<A> {
    /// Emits an event to this client alone; whether it is in the namespace.
    pub fn emit(self: &Arc<Self>, namespace: &Namespace, name: &str, args: &Args) -> bool {
        self.act(|session, _| session.emit(namespace, name, args))
    }

    /// Acknowledges an event.
    pub fn ack(self: &Arc<Self>, ticket: AckTicket, args: Args) -> bool {
        self.act(|session, _| session.ack(ticket, args))
    }

    /// Lets the client into a namespace that it asked for, under a public id; whether it still wants to.
    pub fn accept(self: &Arc<Self>, namespace: &Namespace, socket_id: &str) -> bool {
        self.act(|session, _| session.accept(namespace, socket_id))
    }

    /// Refuses a namespace that the client asked for.
    pub fn refuse(self: &Arc<Self>, namespace: &Namespace, message: &str, data: Option<Map<String, Value>>) -> bool {
        self.act(|session, _| session.refuse(namespace, message, data))
    }

    /// Sends a message of a session without Socket.IO.
    pub fn send_message(self: &Arc<Self>, message: Message) -> bool {
        self.act(|session, _| session.send_message(message))
    }

    /// Closes the session.
    pub fn close(self: &Arc<Self>, how: Close) {
        self.act(|session, now| session.close(how, now));
    }

    /// Sends a packet that was encoded for many. The client gets it only if it has joined the root namespace.
    pub(crate) fn deliver(self: &Arc<Self>, packet: &Encoded) {
        let mut inner = self.lock();
        if !inner.session.is_connected(&Namespace::ROOT) {
            return;
        }
        if inner.send(packet, self.queue_max()).is_ok() {
            inner.answer_poll(self.settings());
            if inner.session.is_open() {
                return;
            }
        } else {
            inner.session.close(Close::Cut, Instant::now());
        }
        drop(inner);
        self.act(|_, _| ());
    }

    /// Sends packets that were encoded for many, and whose frames stand in `frames` one after the other.
    pub(crate) fn deliver_all(self: &Arc<Self>, packets: &[Encoded], frames: &Bytes) {
        let mut inner = self.lock();
        if let Some((_, wire)) = &inner.main
            && inner.session.is_connected(&Namespace::ROOT)
        {
            if wire.send(frames.clone()).is_ok() {
                return;
            }
            wire.cut();
            inner.session.close(Close::Cut, Instant::now());
            drop(inner);
            return self.act(|_, _| ());
        }
        drop(inner);
        for packet in packets {
            self.deliver(packet);
        }
    }
}
