//! The server as a black box: real HTTP to a real server on a real database, which is this test's own.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod accounts;
mod gifts;
mod support;
