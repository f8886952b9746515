//! Packets of the engine layer.

use bytes::Bytes;

use super::base64;
use crate::error::ProtocolError;

/// An engine packet, borrowed from what carried it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The handshake's JSON; only a server sends it.
    Open(&'a str),
    /// The sender is going.
    Close,
    /// A sign of life is wanted, or, with `probe`, a new transport is tried.
    Ping(&'a str),
    /// The answer, with the ping's text.
    Pong(&'a str),
    /// What the layer above says.
    Message(&'a str),
    /// What the layer above says, in bytes.
    Binary(Bytes),
    /// The session moves to the transport that carries this.
    Upgrade,
    /// Nothing; it releases a waiting poll.
    Noop,
}

impl<'a> Packet<'a> {
    /// Reads a websocket text message. Binary ones are always [`Packet::Binary`].
    ///
    /// # Errors
    /// [`ProtocolError::Empty`], [`ProtocolError::EngineType`].
    pub fn from_text(text: &'a str) -> Result<Self, ProtocolError> {
        let mut characters = text.chars();
        let kind = characters.next().ok_or(ProtocolError::Empty)?;
        let data = characters.as_str();
        match kind {
            '0' => Ok(Self::Open(data)),
            '1' => Ok(Self::Close),
            '2' => Ok(Self::Ping(data)),
            '3' => Ok(Self::Pong(data)),
            '4' => Ok(Self::Message(data)),
            '5' => Ok(Self::Upgrade),
            '6' => Ok(Self::Noop),
            _ => Err(ProtocolError::EngineType),
        }
    }

    /// Reads a packet of a polling payload, where binary data is `b` and base64.
    ///
    /// # Errors
    /// As [`Packet::from_text`], and [`ProtocolError::Base64`].
    pub fn from_polling(text: &'a str) -> Result<Self, ProtocolError> {
        match text.strip_prefix('b') {
            Some(data) => Ok(Self::Binary(Bytes::from(base64::decode(data)?))),
            None => Self::from_text(text),
        }
    }

    /// Appends the polling form; the websocket text form is the same but for binary data, which is sent as it is.
    pub fn push_polling(&self, payload: &mut Vec<u8>) {
        let (kind, data) = match self {
            Self::Open(data) => (b'0', *data),
            Self::Close => (b'1', ""),
            Self::Ping(data) => (b'2', *data),
            Self::Pong(data) => (b'3', *data),
            Self::Message(data) => (b'4', *data),
            Self::Upgrade => (b'5', ""),
            Self::Noop => (b'6', ""),
            Self::Binary(data) => {
                payload.push(b'b');
                base64::encode(data, payload);
                return;
            }
        };
        payload.push(kind);
        payload.extend_from_slice(data.as_bytes());
    }
}
