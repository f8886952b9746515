//! Chance that can be repeated. Not for anything that nobody may guess.

use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng as _, SeedableRng as _},
};

/// Draws that follow from a seed.
#[derive(Debug)]
pub(super) struct Chance(Pcg64Mcg);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// One of `0..count`, each as often as the others; 0 when there is none.
    pub(super) fn below(&mut self, count: u32) -> u32 {
        let wide = u64::from(self.0.next_u32()) * u64::from(count);
        u32::try_from(wide >> u32::BITS).unwrap_or_default()
    }

    /// One of `0..count`, the smaller the more often: the first about twice as often as one in the middle.
    pub(super) fn low(&mut self, count: u32) -> u32 {
        self.below(count).min(self.below(count))
    }
}
