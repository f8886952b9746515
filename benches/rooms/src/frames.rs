//! Websocket frames, as few instructions as will do: the load must cost less than what it measures.

/// What stands at the beginning of a broadcast.
const BROADCAST: &[u8] = b"42[\"live:new-message\"";
/// What the send time follows in a message's text; in no name and no number of a body.
const STAMP: u8 = b'@';

/// A text frame as a client sends it. Its mask is zero, which leaves the text as it is.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    let length = payload.len();
    let mut frame = Vec::with_capacity(length + 8);
    frame.push(0x81);
    match u8::try_from(length) {
        Ok(short) if short < 126 => frame.push(0x80 | short),
        _ => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload.as_bytes());
    frame
}

/// A frame of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// What kind it is: 1 is text, 8 the end.
    pub(crate) opcode: u8,
    /// What it carries.
    pub(crate) payload: &'a [u8],
}

/// The first frame in `bytes` and how many bytes it takes; `None` while it is not complete.
pub(crate) fn next(bytes: &[u8]) -> Option<(Frame<'_>, usize)> {
    let [first, second, rest @ ..] = bytes else { return None };
    let (length, head) = match (second & 0x7f, rest) {
        (126, [a, b, ..]) => (usize::from(u16::from_be_bytes([*a, *b])), 4),
        (127, [a, b, c, d, e, f, g, h, ..]) => {
            let length = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
            (usize::try_from(length).ok()?, 10)
        }
        (126 | 127, _) => return None,
        (short, _) => (usize::from(short), 2),
    };
    let end = head + length;
    let payload = bytes.get(head..end)?;
    Some((Frame { opcode: first & 0x0f, payload }, end))
}

/// The stamp of a broadcast's message; `None` for every other frame.
pub(crate) fn broadcast(payload: &[u8]) -> Option<u64> {
    let body = payload.strip_prefix(BROADCAST)?;
    let begin = body.iter().position(|byte| *byte == STAMP)? + 1;
    Some(number(body.get(begin..)?))
}

/// The message that carries a stamp: 80 characters, as people write.
pub(crate) fn message(stamp: u64) -> String {
    format!("@{stamp:012} selamat malam semuanya, semoga hari kalian menyenangkan dan sehat")
}

/// The decimal number that `bytes` begins with.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |sum: u64, digit| sum.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')))
}
