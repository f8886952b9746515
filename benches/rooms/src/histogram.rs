//! Latencies, counted in buckets no wider than 3 % of what they hold.

/// Buckets of each power of two.
const STEPS: usize = 32;
const STEP_BITS: u32 = 5;
/// Powers of two: the longest latency told apart is longer than an hour.
const POWERS: usize = 32;

/// How many deliveries took how long.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// One without anything in it.
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; STEPS * POWERS], total: 0 }
    }

    /// Counts one.
    pub(crate) fn add(&mut self, micros: u64) {
        if let Some(count) = self.counts.get_mut(bucket(micros)) {
            *count += 1;
        }
        self.total += 1;
    }

    /// What no more than `share` of all take, in milliseconds.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let wanted = (self.total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        found.map_or(f64::NAN, |bucket| highest(bucket) as f64 / 1_000.0)
    }
}

/// Small values have a bucket each; of the others the highest bits choose.
fn bucket(micros: u64) -> usize {
    let bits = u64::BITS - micros.leading_zeros();
    let shift = bits.saturating_sub(STEP_BITS + 1);
    let power = usize::try_from(shift).unwrap_or(POWERS);
    let step = usize::try_from(micros >> shift).unwrap_or(STEPS);
    (power * STEPS + step).min(STEPS * POWERS - 1)
}

/// The highest value of a bucket.
fn highest(bucket: usize) -> u64 {
    // The steps of a power begin in the middle: the highest bit is always set.
    let power = (bucket / STEPS).saturating_sub(1);
    let step = bucket - power * STEPS;
    ((step as u64 + 1) << power) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_narrow_and_holds_what_is_put_in() {
        for micros in (0..5_000).chain((5_000..90_000_000).step_by(7_919)) {
            let top = highest(bucket(micros));
            assert!(micros <= top && top - micros <= micros / 32, "{micros} in a bucket up to {top}");
        }
    }

    #[test]
    fn a_quantile_is_what_so_many_take_at_most() {
        let mut histogram = Histogram::new();
        (1..=100).for_each(|millis| histogram.add(millis * 1_000));
        for (share, millis) in [(0.5, 50.0), (0.99, 99.0)] {
            let found = histogram.quantile(share);
            assert!(found >= millis && found < millis * 1.04, "{found} for {millis}");
        }
    }
}
