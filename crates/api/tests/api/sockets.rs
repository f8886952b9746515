//! Live rooms as no stock client meets them: raw websockets and requests, hostile ones too.
//!
//! H-nn names a known weakness of this family of protocols: one that others had, and that must not be ours. They are shown here,
//! in the crate `socketio` and in `tests/strain.rs`. Two need no test: H-22, memory that was never written (unsafe code is
//! forbidden, and the parsers are fuzzed), and H-29, what clients trust and what travels between servers (there is no bus between
//! processes). H-24 asks that empty fragments be refused; RFC 6455 allows them, so they count towards the most a message has.
#![expect(clippy::panic, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod chat;
mod flood;
mod gifts;
mod handshake;
mod heads;
mod identity;
mod limits;
mod resets;
mod returns;
mod sessions;
pub(crate) mod wire;
