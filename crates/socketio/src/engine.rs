//! The engine layer: packets, polling payloads, the handshake, and what a request means.

pub(crate) mod base64;
mod handshake;
mod packet;
mod payload;
mod query;
mod request;

pub use handshake::open_packet;
pub use packet::Packet;
pub use payload::{answer, split};
pub use query::{Param, Query};
pub use request::{Kind, Method, Refusal, Request, judge};

/// What carries a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// HTTP long-polling.
    Polling,
    /// A websocket.
    Websocket,
}

impl Transport {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::Websocket => "websocket",
        }
    }
}
