//! How a session ends.

use std::time::{Duration, Instant};

use super::{Close, Life, Output, Poll, Reason, Release, Session, WebsocketId};
use crate::{
    engine::Transport,
    settings::{CLOSE_HOLD, CLOSE_LINGER},
    websocket::{Violation, close_code},
};

/// What a poll gets from a session that is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Farewell {
    /// What a poll that waits already gets; if that is not the end, a later one gets it.
    waiting: Release,
    release: Release,
    /// How long a poll may take to come for it; zero when only one that waits already gets it.
    linger: Duration,
}

impl Farewell {
    /// For sessions that deserve none.
    pub(super) const NONE: Self = Self { waiting: Release::Close, release: Release::Close, linger: Duration::ZERO };
    /// What was queued is still to be fetched.
    pub(super) const LAST_PACKETS: Self =
        Self { waiting: Release::Close, release: Release::Close, linger: CLOSE_LINGER };
    /// The client is told that it was sent away. In an answer of its own: the JavaScript client looks at a close packet
    /// before it looks at what stands in front of it.
    const SENT_AWAY: Self = Self { waiting: Release::Noop, ..Self::LAST_PACKETS };
    /// The client closed by a push; its poll of the same moment may come second.
    pub(super) const CLIENT_CLOSED: Self = Self { waiting: Release::Noop, release: Release::Noop, linger: CLOSE_HOLD };
}

impl Session {
    /// The application closes the session; nothing happens when it is over already.
    pub fn close(&mut self, how: Close, now: Instant) {
        match how {
            Close::Disconnect => {
                self.disconnect_all();
                self.end(Reason::ForcedServerClose, close_code::NORMAL, Farewell::SENT_AWAY, now);
            }
            Close::Shutdown => {
                self.end(Reason::ServerShuttingDown, close_code::GOING_AWAY, Farewell::LAST_PACKETS, now);
            }
            Close::Cut => self.end(Reason::TransportError, close_code::POLICY, Farewell::NONE, now),
        }
    }

    /// A websocket is closed or lost. One that was only tried leaves the session alone.
    pub fn websocket_closed(&mut self, which: WebsocketId, now: Instant) {
        if self.websocket == Some(which) {
            self.end(Reason::TransportClose, close_code::NORMAL, Farewell::NONE, now);
        } else if self.probe.as_ref().is_some_and(|probe| probe.is(which)) {
            self.probe = None;
        }
    }

    /// The client broke the websocket protocol.
    pub fn websocket_broken(&mut self, which: WebsocketId, violation: Violation, now: Instant) {
        if self.websocket == Some(which) {
            self.end(Reason::TransportError, violation.close_code(), Farewell::NONE, now);
        } else {
            self.websocket_closed(which, now);
        }
    }

    /// Ends the session: the namespaces learn why, the poll is answered, everything that was kept is dropped.
    pub(super) fn end(&mut self, reason: Reason, code: u16, farewell: Farewell, now: Instant) {
        if !self.is_open() {
            return;
        }
        let left = self.sockets.clear();
        self.outputs.extend(left.into_iter().map(|namespace| Output::Disconnected { namespace, reason }));
        self.partial = None;
        self.connect_by = None;
        if let Some(probe) = self.probe.take() {
            self.outputs.push_back(Output::DropWebsocket(probe.id()));
        }
        let is_answered = self.poll != Poll::None && farewell.waiting == farewell.release;
        let lingers = self.transport == Transport::Polling && !farewell.linger.is_zero() && !is_answered;
        self.life = if lingers {
            Life::Lingering { farewell: farewell.release, until: now + farewell.linger }
        } else {
            Life::Gone
        };
        self.release_poll(farewell.waiting);
        self.outputs.push_back(Output::Closed { reason, code });
    }

    /// Answers the poll, if there is one.
    pub(super) fn release_poll(&mut self, release: Release) {
        if self.poll != Poll::None {
            self.poll = Poll::None;
            self.outputs.push_back(Output::ReleasePoll(release));
        }
    }
}
