//! The API as a black box: every operation, every documented answer, over real HTTP on a database of the test's own.
//!
//! What is answered is recorded for `cargo xtask coverage`, see [`recording`].
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod accounts;
mod administration;
mod agencies;
mod answers;
mod authorization;
mod catalogue;
mod chat;
mod cuts;
mod docs;
mod exchange;
mod faults;
mod gifts;
mod income;
mod keys;
mod limits;
mod live_sessions;
mod money;
mod origins;
mod policies;
mod profile;
mod rankings;
mod recording;
mod refusals;
mod reports;
mod resets;
mod routing;
mod salaries;
mod sockets;
mod support;
mod tokens;
mod waits;
