//! The port of chance: ids and keys that nobody may guess.

/// The only source of chance in the domain.
pub trait Dice: Send + Sync {
    /// 64 uniformly distributed bits that an attacker cannot predict.
    fn draw(&self) -> u64;
}
