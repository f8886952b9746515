//! Live rooms: an endpoint of Socket.IO over the protocol of [`socketio`], and the hub behind it.
//!
//! The *driver* ([`Endpoint`], [`Connection`] and what carries them) knows sockets, timers and queues and nothing of
//! rooms; an [`Application`] knows rooms and nothing of sockets. The hub is one; the conformance example is another.

mod connection;
mod endpoint;
mod http;
mod polling;
mod timers;
mod upgrade;
mod wire;

pub use connection::Connection;
pub use endpoint::{Application, Endpoint, EndpointLimits};
pub use http::answer;

/// The one event that may be larger than 64 KiB.
const LARGE_EVENT: &str = "live:gift";
