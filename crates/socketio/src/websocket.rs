//! WebSocket frames (RFC 6455) as a server sees them. Not responsible for the HTTP part of the handshake, nor for
//! answering pings: the driver counts and coalesces those.

mod decoder;
mod encoder;
mod header;
mod mask;
mod rule;

pub use decoder::{Decoder, Limits};
pub(crate) use encoder::{HEADER_BYTES_MAX, Opcode, push_header};
pub use encoder::{encode_binary, encode_close, encode_ping, encode_pong, encode_text};
pub use rule::{LargeRule, Verdict};

use bytes::Bytes;
use thiserror::Error;

/// The longest payload of a ping, pong or close frame, in bytes.
pub const CONTROL_BYTES_MAX: usize = 125;

/// What a peer sent: a reassembled message or a control frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Bytes),
    /// A ping, to be answered with a pong of the same bytes.
    Ping(Bytes),
    /// A pong, asked for or not.
    Pong(Bytes),
    /// The peer closes; nothing after it counts.
    Close {
        /// Why, as one of the numbers of RFC 6455; `None` when the peer gave none.
        code: Option<u16>,
        /// Why, in words; may be empty.
        reason: String,
    },
}

/// The numbers that say why a websocket closes.
pub mod close_code {
    /// The purpose is fulfilled.
    pub const NORMAL: u16 = 1000;
    /// The server goes away.
    pub const GOING_AWAY: u16 = 1001;
    /// The peer broke the protocol.
    pub const PROTOCOL: u16 = 1002;
    /// Text that is not UTF-8.
    pub const NOT_UTF8: u16 = 1007;
    /// What was sent is not acceptable.
    pub const POLICY: u16 = 1008;
    /// A message that is too large.
    pub const TOO_LARGE: u16 = 1009;
}

/// How a peer broke the websocket protocol, or a limit of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Violation {
    /// A frame without a mask, which clients must not send.
    #[error("an unmasked frame")]
    Unmasked,
    /// A bit of an extension that was not negotiated.
    #[error("a reserved bit")]
    ReservedBit,
    /// An opcode without a meaning.
    #[error("a reserved opcode")]
    ReservedOpcode,
    /// A length above 2^63.
    #[error("a malformed length")]
    Length,
    /// A control frame that is fragmented or longer than [`CONTROL_BYTES_MAX`].
    #[error("a malformed control frame")]
    Control,
    /// A continuation of nothing, or a new message amid another.
    #[error("a fragment out of order")]
    FragmentOrder,
    /// More fragments than a message may have.
    #[error("too many fragments")]
    TooManyFragments,
    /// A close frame with half a code, or with a code that must not be sent.
    #[error("a malformed close frame")]
    CloseFrame,
    /// Text or a close reason that is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// A message that is larger than is allowed, or than is allowed for one that begins like it.
    #[error("a message that is too large")]
    TooLarge,
}

impl Violation {
    /// The code of the close frame that answers it.
    #[must_use]
    pub const fn close_code(self) -> u16 {
        match self {
            Self::NotUtf8 => close_code::NOT_UTF8,
            Self::TooLarge => close_code::TOO_LARGE,
            Self::TooManyFragments => close_code::POLICY,
            Self::Unmasked
            | Self::ReservedBit
            | Self::ReservedOpcode
            | Self::Length
            | Self::Control
            | Self::FragmentOrder
            | Self::CloseFrame => close_code::PROTOCOL,
        }
    }
}

#[cfg(test)]
mod tests;
