//! When to ping, and when silence has lasted too long.

use std::time::Instant;

use crate::settings::Settings;

/// The heart of one session. Its instants follow from the handshake and from the pongs, not from when somebody looked.
#[derive(Debug)]
pub(super) struct Heartbeat {
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Nothing is owed; a ping goes out then.
    Quiet { ping_at: Instant },
    /// A pong is owed until then.
    Pinged { dead_at: Instant, extended: bool },
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    Nothing,
    Ping,
    Dead,
}

impl Heartbeat {
    pub(super) fn new(now: Instant, settings: &Settings) -> Self {
        Self { state: State::Quiet { ping_at: now + settings.ping_interval } }
    }

    /// When to look again.
    pub(super) fn deadline(&self) -> Instant {
        match self.state {
            State::Quiet { ping_at } => ping_at,
            State::Pinged { dead_at, .. } => dead_at,
        }
    }

    /// What is due at `now`. An unfinished message of the client's postpones its death once.
    pub(super) fn look(&mut self, now: Instant, settings: &Settings, receiving: bool) -> Beat {
        let (dead_at, extended, pinged) = match self.state {
            State::Quiet { ping_at } if now < ping_at => return Beat::Nothing,
            // Counted from when the ping was due: looking late gives nobody more time, and the client's own clock,
            // which runs the same way, has given up by then too.
            State::Quiet { ping_at } => (ping_at + settings.ping_timeout, false, false),
            State::Pinged { dead_at, extended } => (dead_at, extended, true),
        };
        let alive = now < dead_at;
        let postponed = dead_at + settings.ping_timeout;
        if !alive && (extended || !receiving || now >= postponed) {
            return Beat::Dead;
        }
        self.state = if alive {
            State::Pinged { dead_at, extended }
        } else {
            State::Pinged { dead_at: postponed, extended: true }
        };
        if pinged { Beat::Nothing } else { Beat::Ping }
    }

    /// A pong came. One that nobody asked for changes nothing.
    pub(super) fn pong(&mut self, now: Instant, settings: &Settings) {
        if matches!(self.state, State::Pinged { .. }) {
            self.state = State::Quiet { ping_at: now + settings.ping_interval };
        }
    }
}
