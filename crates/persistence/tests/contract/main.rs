//! What the ports of the domain promise, shown on a real PostgreSQL; each test has a database of its own.
//!
//! One file a port, one test a MUST, named by what it shows. Beside them: `race` and `cancel` (what happens when much is
//! asked at once, and when nobody waits for the answer), and `conflict` (what the
//! database says of transactions that lost against others).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on has failed"
)]

mod cancel;
mod coin_ledger;
mod conflict;
mod gift_ledger;
mod race;
mod support;
