//! Where an answer ends, and its status: all that the load reads of it.

use crate::Result;

/// The longest head that is believed.
const HEAD_BYTES_MAX: usize = 16 * 1_024;

/// An answer that is there to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// Its bytes, head included.
    pub(crate) length: usize,
}

/// The first answer in these bytes; `None` when more must be read.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Answer>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if bytes.len() > HEAD_BYTES_MAX { Err("an answer's head does not end".into()) } else { Ok(None) };
    };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).ok_or("no answer of HTTP/1.1")?;
    let length = head.split("\r\n").find_map(content_length).ok_or("an answer without its length")??;
    let length = end.saturating_add(4).saturating_add(length);
    Ok((bytes.len() >= length).then_some(Answer { status: status.parse()?, length }))
}

fn content_length(line: &str) -> Option<Result<usize>> {
    let (name, value) = line.split_once(':')?;
    name.eq_ignore_ascii_case("content-length").then(|| Ok(value.trim().parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_all_of_it_is_there() -> Result<()> {
        let whole = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nretry-after: 1\r\n\r\n{}";
        for cut in 0..whole.len() {
            assert_eq!(parse(whole.get(..cut).unwrap_or_default())?, None, "{cut}");
        }
        let answer = Some(Answer { status: 503, length: whole.len() });
        assert_eq!(parse(whole)?, answer);
        assert_eq!(parse(&[whole.as_slice(), b"HTTP/1.1 200"].concat())?, answer);
        Ok(())
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let check = |bytes: &[u8]| assert!(parse(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        check(b"HTTP/1.1 200 OK\r\n\r\n");
        check(b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n");
        check(b"SSH-2.0\r\n\r\n");
        check(&[b'x'; HEAD_BYTES_MAX + 1]);
    }
}
