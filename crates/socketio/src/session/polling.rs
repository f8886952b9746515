//! The requests of a polling session.

use std::time::{Duration, Instant};

use super::{Life, Output, Poll, Reason, Release, Session, closing::Farewell};
use crate::{
    engine::{Refusal, Transport, split},
    settings::{CLOSE_HOLD, UPGRADE_HOLD},
    websocket::close_code,
};

/// When a push is answered with `ok`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// Now.
    Now,
    /// After so long: the push closed the session, and a poll sent at the same time shall still find it.
    After(Duration),
}

impl Session {
    /// A poll has come. It is answered as soon as the queue is not empty, after [`Session::poll_answered`], or when
    /// [`Output::ReleasePoll`] says so.
    ///
    /// # Errors
    /// [`Refusal`] when the session is over or not polling, or when another poll waits: then the session ends.
    pub fn poll(&mut self, now: Instant) -> Result<(), Refusal> {
        self.on_deadline(now);
        match self.life {
            Life::Gone => return Err(Refusal::SESSION),
            Life::Lingering { farewell, .. } => {
                self.life = Life::Gone;
                self.outputs.push_back(Output::ReleasePoll(farewell));
                return Ok(());
            }
            Life::Open => {}
        }
        if self.transport != Transport::Polling {
            return Err(Refusal::BAD);
        }
        if self.poll != Poll::None {
            self.end(Reason::TransportError, close_code::POLICY, Farewell::NONE, now);
            return Err(Refusal::BAD);
        }
        // Between probe and upgrade a poll may have overtaken the upgrade, and must not wait for long either.
        let overtakes = self.probe.as_ref().is_some_and(super::Probe::is_answered);
        self.poll = if overtakes { Poll::Held { until: now + UPGRADE_HOLD } } else { Poll::Waiting };
        Ok(())
    }

    /// The waiting poll is being answered with what was queued.
    pub fn poll_answered(&mut self) {
        self.poll = Poll::None;
    }

    /// The client has given up its poll: the session ends, because nobody knows what it has read.
    pub fn poll_aborted(&mut self, now: Instant) {
        if self.poll != Poll::None {
            self.poll = Poll::None;
            self.end(Reason::TransportError, close_code::POLICY, Farewell::NONE, now);
        }
    }

    /// Whether a poll waits.
    #[must_use]
    pub fn is_polled(&self) -> bool {
        self.poll != Poll::None
    }

    /// A push has come; the answer is how many bytes its body may have. Then read it and call [`Session::push_end`],
    /// [`Session::push_too_large`], or [`Session::push_broken`]. `binary` is whether its content type is exactly
    /// `application/octet-stream`.
    ///
    /// # Errors
    /// [`Refusal`] when the session is over or not polling; when the body is binary or another push is being read:
    /// then the session ends.
    pub fn push_begin(&mut self, binary: bool, now: Instant) -> Result<usize, Refusal> {
        self.on_deadline(now);
        if !self.is_open() {
            return Err(Refusal::SESSION);
        }
        if self.transport != Transport::Polling {
            return Err(Refusal::BAD);
        }
        if binary || self.pushing {
            self.end(Reason::TransportError, close_code::POLICY, Farewell::NONE, now);
            return Err(Refusal::BAD);
        }
        self.pushing = true;
        Ok(self.message_bytes())
    }

    /// The whole body of a push: its packets are handled in order, those before a malformed one too.
    ///
    /// # Errors
    /// [`Refusal`] when the session has ended meanwhile, or ends because a packet is malformed.
    pub fn push_end(&mut self, body: &[u8], now: Instant) -> Result<Pushed, Refusal> {
        self.on_deadline(now);
        self.pushing = false;
        if !self.is_open() {
            return Err(Refusal::SESSION);
        }
        if self.handle_payload(body, now).is_err() {
            self.end(Reason::ParseError, close_code::POLICY, Farewell::NONE, now);
            return Err(Refusal::BAD);
        }
        Ok(match self.life {
            Life::Lingering { farewell: Release::Noop, .. } => Pushed::After(CLOSE_HOLD),
            Life::Lingering { .. } | Life::Open | Life::Gone => Pushed::Now,
        })
    }

    fn handle_payload(&mut self, body: &[u8], now: Instant) -> Result<(), crate::error::ProtocolError> {
        for packet in split(body, self.settings.payload_packets)? {
            self.engine_packet(packet?, now)?;
            if !self.is_open() {
                break;
            }
        }
        Ok(())
    }

    /// The body of a push is larger than it may be: the session ends, and this is the answer.
    pub fn push_too_large(&mut self, now: Instant) -> Refusal {
        self.pushing = false;
        self.end(Reason::TransportError, close_code::TOO_LARGE, Farewell::NONE, now);
        Refusal::TOO_LARGE
    }

    /// The body of a push has broken off; the session lives on.
    pub fn push_broken(&mut self) {
        self.pushing = false;
    }
}
