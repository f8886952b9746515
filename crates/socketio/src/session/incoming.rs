//! What a client sends.

use std::time::Instant;

use bytes::Bytes;

use super::{Message, Output, Reason, Session, WebsocketId, closing::Farewell};
use crate::{
    codec::{Decoded, decode},
    engine::Packet,
    error::ProtocolError,
    packet::{self, Body},
    settings::Layer,
    websocket::close_code,
};

impl Session {
    /// A text message on a websocket of the session. From one that is neither its own nor tried it means nothing.
    pub fn websocket_text(&mut self, from: WebsocketId, text: &str, now: Instant) {
        let packet = Packet::from_text(text);
        if self.websocket == Some(from) {
            self.websocket_packet(packet, now);
        } else if self.probe.as_ref().is_some_and(|probe| probe.is(from)) {
            self.probe_packet(packet.ok().as_ref());
        }
    }

    /// A binary message on a websocket of the session.
    pub fn websocket_binary(&mut self, from: WebsocketId, data: Bytes, now: Instant) {
        if self.websocket == Some(from) {
            self.websocket_packet(Ok(Packet::Binary(data)), now);
        } else if self.probe.as_ref().is_some_and(|probe| probe.is(from)) {
            self.probe_packet(None);
        }
    }

    fn websocket_packet(&mut self, packet: Result<Packet<'_>, ProtocolError>, now: Instant) {
        if self.is_open() && packet.and_then(|packet| self.engine_packet(packet, now)).is_err() {
            self.end(Reason::ParseError, close_code::POLICY, Farewell::NONE, now);
        }
    }

    /// Handles a packet on the session's own transport.
    ///
    /// # Errors
    /// What is wrong with it on the engine layer. What is wrong above it ends the session here, so that what was
    /// queued can still be fetched.
    pub(super) fn engine_packet(&mut self, packet: Packet<'_>, now: Instant) -> Result<(), ProtocolError> {
        let result = match packet {
            Packet::Message(text) if self.settings.layer == Layer::Engine => {
                self.outputs.push_back(Output::Message(Message::Text(text.to_owned())));
                Ok(())
            }
            Packet::Binary(data) if self.settings.layer == Layer::Engine => {
                self.outputs.push_back(Output::Message(Message::Binary(data)));
                Ok(())
            }
            Packet::Message(text) => self.message(text, now),
            Packet::Binary(data) => self.attachment(data, now),
            Packet::Close => {
                self.end(Reason::TransportClose, close_code::NORMAL, Farewell::CLIENT_CLOSED, now);
                Ok(())
            }
            Packet::Pong(_) => {
                self.heartbeat.pong(now, &self.settings);
                Ok(())
            }
            // The Swift client pushes a noop while it upgrades.
            Packet::Noop | Packet::Upgrade => Ok(()),
            // In this version of the protocol the server pings.
            Packet::Ping(_) | Packet::Open(_) => return Err(ProtocolError::Misplaced),
        };
        if result.is_err() {
            self.end(Reason::ParseError, close_code::POLICY, Farewell::LAST_PACKETS, now);
        }
        Ok(())
    }

    fn message(&mut self, text: &str, now: Instant) -> Result<(), ProtocolError> {
        if self.partial.is_some() {
            return Err(ProtocolError::AttachmentsDue);
        }
        match decode(text, self.codec_limits())? {
            Decoded::Packet(packet) => self.packet(packet),
            // Checked now, so that nothing is kept for a client that has not joined.
            Decoded::Awaiting(partial) if self.sockets.is_connected(partial.namespace()) => {
                self.partial = Some((partial, now + self.settings.attachments_timeout));
                Ok(())
            }
            Decoded::Awaiting(_) => Err(ProtocolError::NotConnected),
        }
    }

    fn attachment(&mut self, data: Bytes, _now: Instant) -> Result<(), ProtocolError> {
        let (partial, until) = self.partial.take().ok_or(ProtocolError::Unannounced)?;
        match partial.attach(data)? {
            Decoded::Packet(packet) => self.packet(packet),
            Decoded::Awaiting(partial) => {
                self.partial = Some((partial, until));
                Ok(())
            }
        }
    }

    fn packet(&mut self, packet: packet::Packet) -> Result<(), ProtocolError> {
        let packet::Packet { namespace, body } = packet;
        if let Body::Connect(auth) = body {
            return self.connect(namespace, auth.unwrap_or_default());
        }
        let generation = self.sockets.generation(&namespace).ok_or(ProtocolError::NotConnected)?;
        match body {
            Body::Event { name, args, ack } => {
                let ack = ack.map(|id| super::AckTicket { namespace: namespace.clone(), generation, id });
                self.outputs.push_back(Output::Event { namespace, name, args, ack });
            }
            Body::Ack { id, args } => {
                // Unknown and late ones are no harm.
                if let Some(id) = self.sockets.take_ack(&namespace, id) {
                    self.outputs.push_back(Output::Acked { namespace, id, args });
                }
            }
            Body::Disconnect => {
                self.sockets.remove(&namespace);
                self.outputs.push_back(Output::Disconnected { namespace, reason: Reason::ClientNamespaceDisconnect });
            }
            Body::Connect(_) | Body::ConnectError(_) => return Err(ProtocolError::Misplaced),
        }
        Ok(())
    }
}
