//! How many bytes of large gifts a room passes on.

use std::time::{Duration, Instant};

/// How many bytes of large gifts a room has passed on lately.
#[derive(Default)]
pub(super) struct LargeBudget {
    since: Option<Instant>,
    bytes: usize,
}

impl LargeBudget {
    /// Takes so many bytes; whether they fit.
    pub(super) fn admit(&mut self, bytes: usize, bytes_max: usize, window: Duration) -> bool {
        let now = Instant::now();
        if self.since.is_none_or(|since| now.duration_since(since) > window) {
            *self = Self { since: Some(now), bytes: 0 };
        }
        let sum = self.bytes.saturating_add(bytes);
        if sum > bytes_max {
            return false;
        }
        self.bytes = sum;
        true
    }
}
