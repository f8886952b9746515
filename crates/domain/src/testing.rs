//! Stand-ins for the ports of time, chance and events, and the [`model`] that money is compared with. Mocks of the other ports are
//! made by mockall beside each trait.

pub mod model;

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    dice::Dice,
    event::{EventPublisher, LiveEvent},
    time::Clock,
};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock(Mutex<DateTime<Utc>>);

impl FixedClock {
    /// A clock that shows `now`.
    #[must_use]
    pub const fn new(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves the clock by `step`, which may be negative.
    pub fn advance(&self, step: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add_signed(step).unwrap_or(*now);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dice that show what the test wrote on them.
#[derive(Debug)]
pub struct LoadedDice(Mutex<VecDeque<u64>>);

impl LoadedDice {
    /// Dice that show `faces` one after the other.
    #[must_use]
    pub fn new(faces: impl IntoIterator<Item = u64>) -> Self {
        Self(Mutex::new(faces.into_iter().collect()))
    }
}

impl Dice for LoadedDice {
    /// # Panics
    /// When the test draws more than it planned.
    #[expect(clippy::expect_used, reason = "a stand-in for tests: drawing more than planned is a failed test")]
    fn draw(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front().expect("the loaded dice have no face left")
    }
}

/// A publisher that remembers what it was told.
#[derive(Debug, Default)]
pub struct RecordingPublisher(Mutex<Vec<LiveEvent>>);

impl RecordingPublisher {
    /// What was published since the last call, in order.
    pub fn take(&self) -> Vec<LiveEvent> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl EventPublisher for RecordingPublisher {
    fn publish(&self, event: LiveEvent) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}
