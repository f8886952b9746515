//! Live rooms as no stock client meets them: raw websockets and requests, hostile ones too.
//!
//! H-nn names a known weakness of this family of protocols: one that others had, and that must not be ours.
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
mod wire;
