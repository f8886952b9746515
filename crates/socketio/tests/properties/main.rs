//! What holds for every input: decoders never panic, what was encoded is decoded to the same, and it does not matter
//! in what pieces bytes arrive.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod engine;
mod packets;
mod session;
mod websocket;
