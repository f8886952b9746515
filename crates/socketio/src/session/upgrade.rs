//! From polling to a websocket.

use std::time::Instant;

use super::{Output, Release, Session, WebsocketId};
use crate::{
    encoded::Encoded,
    engine::{Packet, Refusal, Transport},
};

/// A websocket that is tried.
#[derive(Debug)]
pub(super) struct Probe {
    id: WebsocketId,
    until: Instant,
    /// Whether the client's probe was answered.
    answered: bool,
}

impl Probe {
    pub(super) fn id(&self) -> WebsocketId {
        self.id
    }

    pub(super) fn is(&self, which: WebsocketId) -> bool {
        self.id == which
    }

    pub(super) fn until(&self) -> Instant {
        self.until
    }

    pub(super) fn is_answered(&self) -> bool {
        self.answered
    }
}

impl Session {
    /// A websocket opens for a session that polls. Until it is upgraded nothing changes.
    ///
    /// # Errors
    /// [`Refusal`] when the session is over, is on a websocket, or is trying one already; that one goes on.
    pub fn probe_opened(&mut self, now: Instant) -> Result<WebsocketId, Refusal> {
        self.on_deadline(now);
        if !self.is_open() {
            return Err(Refusal::SESSION);
        }
        if !self.settings.upgrades || self.transport != Transport::Polling || self.probe.is_some() {
            return Err(Refusal::BAD);
        }
        let id = WebsocketId(self.websockets);
        self.websockets = self.websockets.wrapping_add(1);
        self.probe = Some(Probe { id, until: now + self.settings.upgrade_timeout, answered: false });
        Ok(id)
    }

    /// A packet on the websocket that is tried. Anything but a probe, or the upgrade after it, ends the trial only.
    pub(super) fn probe_packet(&mut self, packet: Option<&Packet<'_>>) {
        let Some(probe) = &mut self.probe else { return };
        let id = probe.id;
        match packet {
            Some(Packet::Ping("probe")) => {
                probe.answered = true;
                self.outputs.push_back(Output::SendProbe(id, Encoded::text("3probe")));
                self.release_poll(Release::Noop);
            }
            Some(Packet::Upgrade) if probe.answered => {
                self.probe = None;
                self.transport = Transport::Websocket;
                self.websocket = Some(id);
                self.outputs.push_back(Output::Upgraded(id));
                self.release_poll(Release::Refuse);
            }
            _ => {
                self.probe = None;
                self.outputs.push_back(Output::DropWebsocket(id));
            }
        }
    }
}
