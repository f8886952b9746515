//! The header of a client's frame.

use super::{CONTROL_BYTES_MAX, Violation, encoder::Opcode};

/// The most bytes that a header has: two, a long length, a mask.
const BYTES_MAX: usize = 2 + 8 + 4;

/// What a frame's header says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    /// Whether the message ends with this frame.
    pub(super) last: bool,
    pub(super) opcode: Opcode,
    pub(super) length: usize,
    pub(super) mask: [u8; 4],
}

/// The bytes of a header that have arrived.
#[derive(Debug, Default)]
pub(super) struct HeaderBytes {
    bytes: [u8; BYTES_MAX],
    filled: usize,
}

impl HeaderBytes {
    /// Whether part of a header is here.
    pub(super) fn is_started(&self) -> bool {
        self.filled > 0
    }

    /// Takes bytes from the front of `input` until the header is complete; `None` when more are needed.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Result<Option<Header>, Violation> {
        if !self.fill(2, input) {
            return Ok(None);
        }
        let [first, second, ..] = self.bytes;
        let (opcode, length) = judge(first, second)?;
        let wanted = 2 + extended(length) + 4;
        if !self.fill(wanted, input) {
            return Ok(None);
        }
        let [_, _, l0, l1, l2, l3, l4, l5, l6, l7, m0, m1, m2, m3] = self.bytes;
        let (length, mask) = match length {
            126 => (u64::from(u16::from_be_bytes([l0, l1])), [l2, l3, l4, l5]),
            127 => (u64::from_be_bytes([l0, l1, l2, l3, l4, l5, l6, l7]), [m0, m1, m2, m3]),
            short => (u64::from(short), [l0, l1, l2, l3]),
        };
        if length > i64::MAX.unsigned_abs() {
            return Err(Violation::Length);
        }
        *self = Self::default();
        // Where addresses are narrower than lengths, the rest is too large all the same.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        Ok(Some(Header { last: first & 0x80 != 0, opcode, length, mask }))
    }

    /// Moves bytes from `input` until `wanted` are here; whether they are.
    fn fill(&mut self, wanted: usize, input: &mut &[u8]) -> bool {
        while self.filled < wanted {
            let Some((byte, rest)) = input.split_first() else { return false };
            let Some(place) = self.bytes.get_mut(self.filled) else { return false };
            *place = *byte;
            self.filled += 1;
            *input = rest;
        }
        true
    }
}

/// How many bytes the long form of a length has.
const fn extended(length: u8) -> usize {
    match length {
        126 => 2,
        127 => 8,
        _ => 0,
    }
}

/// What the first two bytes alone decide: the opcode and the short length.
fn judge(first: u8, second: u8) -> Result<(Opcode, u8), Violation> {
    if first & 0x70 != 0 {
        return Err(Violation::ReservedBit);
    }
    let opcode = match first & 0x0f {
        0x0 => Opcode::Continuation,
        0x1 => Opcode::Text,
        0x2 => Opcode::Binary,
        0x8 => Opcode::Close,
        0x9 => Opcode::Ping,
        0xa => Opcode::Pong,
        _ => return Err(Violation::ReservedOpcode),
    };
    if second & 0x80 == 0 {
        return Err(Violation::Unmasked);
    }
    let length = second & 0x7f;
    if opcode.is_control() && (first & 0x80 == 0 || usize::from(length) > CONTROL_BYTES_MAX) {
        return Err(Violation::Control);
    }
    Ok((opcode, length))
}
