//! The namespaces of a session: who has joined, and what the application does with them.

mod acks;

use std::time::Instant;

use serde_json::{Map, Value};

use super::{AckTicket, Output, Reason, Session};
use crate::{
    codec::{encode, encode_event},
    error::ProtocolError,
    packet::{Args, Body, Namespace, Packet},
};
use acks::PendingAck;

/// The sockets of a session. There are a few at most, so that a list is the quickest.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    list: Vec<Socket>,
    generations: u32,
    acks: Vec<PendingAck>,
    next_ack: u32,
}

#[derive(Debug)]
struct Socket {
    namespace: Namespace,
    /// Tells this socket from an earlier one in the same namespace.
    generation: u32,
    /// Whether the application has accepted it.
    joined: bool,
}

impl Sockets {
    pub(super) fn any_connected(&self) -> bool {
        self.list.iter().any(|socket| socket.joined)
    }

    pub(super) fn is_connected(&self, namespace: &Namespace) -> bool {
        self.generation(namespace).is_some()
    }

    /// The socket that has joined a namespace.
    pub(super) fn generation(&self, namespace: &Namespace) -> Option<u32> {
        let joined = self.list.iter().find(|socket| socket.joined && socket.namespace == *namespace);
        joined.map(|socket| socket.generation)
    }

    /// Forgets a socket and what it has not acknowledged; whether there was one.
    pub(super) fn remove(&mut self, namespace: &Namespace) -> bool {
        self.acks.retain(|ack| !ack.is_for(namespace));
        let before = self.list.len();
        self.list.retain(|socket| socket.namespace != *namespace);
        self.list.len() < before
    }

    /// Forgets everything; the namespaces that were joined.
    pub(super) fn clear(&mut self) -> Vec<Namespace> {
        self.acks = Vec::new();
        let list = std::mem::take(&mut self.list);
        list.into_iter().filter(|socket| socket.joined).map(|socket| socket.namespace).collect()
    }

    fn pending(&mut self, namespace: &Namespace) -> Option<&mut Socket> {
        self.list.iter_mut().find(|socket| !socket.joined && socket.namespace == *namespace)
    }
}

impl Session {
    /// Accepts a client into a namespace under a public id, which is not the session's. `false` when it does not
    /// wait for that any more.
    pub fn accept(&mut self, namespace: &Namespace, socket_id: &str) -> bool {
        let Some(socket) = self.sockets.pending(namespace) else { return false };
        socket.joined = true;
        self.connect_by = None;
        let mut data = Map::new();
        data.insert("sid".to_owned(), Value::from(socket_id));
        self.send_body(namespace, Body::Connect(Some(data)))
    }

    /// Refuses to let a client join a namespace. `false` when it does not wait for that any more.
    pub fn refuse(&mut self, namespace: &Namespace, message: &str, data: Option<Map<String, Value>>) -> bool {
        self.sockets.pending(namespace).is_some() && {
            self.sockets.remove(namespace);
            self.send_connect_error(namespace, message, data)
        }
    }

    /// Sends an event; `false` when the client has not joined the namespace.
    pub fn emit(&mut self, namespace: &Namespace, name: &str, args: &Args) -> bool {
        self.is_connected(namespace) && self.send(encode_event(namespace, name, args, None))
    }

    /// Sends an event that is to be acknowledged; the id under which [`Output::Acked`] or [`Output::AckTimedOut`]
    /// comes, or neither when the client leaves. `None` when it has not joined, or owes too many already.
    pub fn emit_with_ack(&mut self, namespace: &Namespace, name: &str, args: &Args, now: Instant) -> Option<u32> {
        if !self.is_connected(namespace) {
            return None;
        }
        let id = self.sockets.add_ack(namespace, now + self.settings.ack_timeout, self.settings.acks)?;
        self.send(encode_event(namespace, name, args, Some(u64::from(id))));
        Some(id)
    }

    /// Acknowledges an event; `false` when the client has left the namespace meanwhile.
    pub fn ack(&mut self, ticket: AckTicket, args: Args) -> bool {
        let AckTicket { namespace, generation, id } = ticket;
        self.sockets.generation(&namespace) == Some(generation) && self.send_body(&namespace, Body::Ack { id, args })
    }

    /// Sends a client out of a namespace; `false` when it has not joined it. The session stays open.
    pub fn disconnect(&mut self, namespace: &Namespace) -> bool {
        let joined = self.is_connected(namespace);
        if joined {
            self.sockets.remove(namespace);
            self.send_out(namespace.clone());
        }
        joined
    }

    pub(super) fn disconnect_all(&mut self) {
        let left = self.sockets.clear();
        left.into_iter().for_each(|namespace| self.send_out(namespace));
    }

    fn send_out(&mut self, namespace: Namespace) {
        self.send_body(&namespace, Body::Disconnect);
        self.outputs.push_back(Output::Disconnected { namespace, reason: Reason::ServerNamespaceDisconnect });
    }

    /// A client wants to join.
    pub(super) fn connect(&mut self, namespace: Namespace, auth: Map<String, Value>) -> Result<(), ProtocolError> {
        if !self.settings.namespaces.iter().any(|known| known == namespace.as_str()) {
            // Whatever it is called, nothing is kept of it.
            self.send_connect_error(&namespace, "Invalid namespace", None);
            return Ok(());
        }
        if self.sockets.list.iter().any(|socket| socket.namespace == namespace) {
            return Err(ProtocolError::AlreadyConnected);
        }
        self.sockets.generations = self.sockets.generations.wrapping_add(1);
        let generation = self.sockets.generations;
        self.sockets.list.push(Socket { namespace: namespace.clone(), generation, joined: false });
        self.outputs.push_back(Output::Connect { namespace, auth });
        Ok(())
    }

    fn send_connect_error(&mut self, namespace: &Namespace, message: &str, data: Option<Map<String, Value>>) -> bool {
        let mut error = Map::new();
        error.insert("message".to_owned(), Value::from(message));
        if let Some(data) = data {
            error.insert("data".to_owned(), Value::Object(data));
        }
        self.send_body(namespace, Body::ConnectError(Value::Object(error)))
    }

    fn send_body(&mut self, namespace: &Namespace, body: Body) -> bool {
        self.send(encode(&Packet { namespace: namespace.clone(), body }))
    }
}
