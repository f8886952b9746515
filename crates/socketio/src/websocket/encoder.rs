//! Frames that a server sends: unmasked, never fragmented.

use bytes::Bytes;

use super::CONTROL_BYTES_MAX;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    pub(super) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xa,
        }
    }
}

/// The most bytes of a header without a mask.
pub(crate) const HEADER_BYTES_MAX: usize = 2 + 8;

/// Appends the header of a frame with `length` bytes of payload.
pub(crate) fn push_header(frame: &mut Vec<u8>, opcode: Opcode, length: usize) {
    frame.push(0x80 | opcode.bits());
    if let Ok(short @ 0..=125) = u8::try_from(length) {
        frame.push(short);
    } else if let Ok(medium) = u16::try_from(length) {
        frame.push(126);
        frame.extend_from_slice(&medium.to_be_bytes());
    } else {
        frame.push(127);
        // No payload in memory has more than 2^63 bytes.
        frame.extend_from_slice(&u64::try_from(length).unwrap_or(u64::MAX >> 1).to_be_bytes());
    }
}

fn frame(opcode: Opcode, payload: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(HEADER_BYTES_MAX + payload.len());
    push_header(&mut frame, opcode, payload.len());
    frame.extend_from_slice(payload);
    Bytes::from(frame)
}

/// A text message.
#[must_use]
pub fn encode_text(text: &str) -> Bytes {
    frame(Opcode::Text, text.as_bytes())
}

/// A binary message.
#[must_use]
pub fn encode_binary(payload: &[u8]) -> Bytes {
    frame(Opcode::Binary, payload)
}

/// A ping; of the payload the first [`CONTROL_BYTES_MAX`] bytes.
#[must_use]
pub fn encode_ping(payload: &[u8]) -> Bytes {
    frame(Opcode::Ping, payload.get(..CONTROL_BYTES_MAX).unwrap_or(payload))
}

/// A pong; of the payload the first [`CONTROL_BYTES_MAX`] bytes.
#[must_use]
pub fn encode_pong(payload: &[u8]) -> Bytes {
    frame(Opcode::Pong, payload.get(..CONTROL_BYTES_MAX).unwrap_or(payload))
}

/// A close frame; of the reason the characters that fit. `None` closes without a code, and then without a reason.
#[must_use]
pub fn encode_close(code: Option<u16>, reason: &str) -> Bytes {
    let mut payload = Vec::with_capacity(CONTROL_BYTES_MAX);
    if let Some(code) = code {
        payload.extend_from_slice(&code.to_be_bytes());
        let fits = reason.floor_char_boundary(CONTROL_BYTES_MAX - 2);
        payload.extend_from_slice(reason.as_bytes().get(..fits).unwrap_or_default());
    }
    frame(Opcode::Close, &payload)
}
