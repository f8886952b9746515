//! What happens when nothing happens.

use std::time::Instant;

use super::{Life, Output, Poll, Reason, Release, Session, closing::Farewell, heartbeat::Beat};
use crate::{encoded::Encoded, websocket::close_code};

impl Session {
    /// When to call [`Session::on_deadline`]; `None` when there is nothing to wait for. Changes with every call.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match self.life {
            Life::Gone => return None,
            Life::Lingering { until, .. } => return Some(until),
            Life::Open => {}
        }
        let held = match self.poll {
            Poll::Held { until } => Some(until),
            Poll::None | Poll::Waiting => None,
        };
        [
            Some(self.heartbeat.deadline()),
            self.connect_by,
            held,
            self.probe.as_ref().map(super::Probe::until),
            self.partial.as_ref().map(|(_, until)| *until),
            self.sockets.next_ack_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what is due at `now`; nothing when nothing is.
    pub fn on_deadline(&mut self, now: Instant) {
        if let Life::Lingering { until, .. } = self.life
            && until <= now
        {
            self.life = Life::Gone;
        }
        if !self.is_open() {
            return;
        }
        if let Poll::Held { until } = self.poll
            && until <= now
        {
            self.release_poll(Release::Noop);
        }
        for (namespace, id) in self.sockets.expired_acks(now) {
            self.outputs.push_back(Output::AckTimedOut { namespace, id });
        }
        if let Some(probe) = self.probe.take_if(|probe| probe.until() <= now) {
            self.outputs.push_back(Output::DropWebsocket(probe.id()));
        }
        if self.partial.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.end(Reason::ParseError, close_code::POLICY, Farewell::NONE, now);
        }
        if self.connect_by.is_some_and(|by| by <= now) {
            self.end(Reason::ForcedServerClose, close_code::POLICY, Farewell::NONE, now);
        }
        if !self.is_open() {
            return;
        }
        let receiving = self.receiving || self.pushing;
        match self.heartbeat.look(now, &self.settings, receiving) {
            Beat::Nothing => {}
            Beat::Ping => {
                self.send(Encoded::ping());
            }
            Beat::Dead => self.end(Reason::PingTimeout, close_code::NORMAL, Farewell::NONE, now),
        }
    }
}
