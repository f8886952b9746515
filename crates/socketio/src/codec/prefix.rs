//! Recognising an event from the first bytes of its message.

use crate::websocket::Verdict;

/// Whether a websocket text message that begins with `first` is the event `name` in the namespace `/`, with or
/// without an acknowledgement id, written without spaces as every client writes it.
#[must_use]
pub fn event_begins(first: &[u8], name: &str) -> Verdict {
    let Some(rest) = after(first, b"42") else { return undecided(first, b"42") };
    let rest = after(rest, b"/,").unwrap_or(rest);
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = rest.get(digits..).unwrap_or_default();
    let wanted = [b"[\"", name.as_bytes(), b"\""].concat();
    match after(rest, &wanted) {
        Some(_) => Verdict::Admit,
        // `/` alone may become `/,`.
        None if rest == b"/" && digits == 0 => Verdict::Undecided,
        None => undecided(rest, &wanted),
    }
}

fn after<'a>(bytes: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    bytes.strip_prefix(start)
}

/// Whether more bytes could still make it right.
fn undecided(have: &[u8], wanted: &[u8]) -> Verdict {
    if wanted.starts_with(have) { Verdict::Undecided } else { Verdict::Refuse }
}
