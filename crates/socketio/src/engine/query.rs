//! Query parameters of a request.

use std::borrow::Cow;

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param<'a> {
    /// It is not there, or empty.
    Absent,
    /// Its value, percent-decoded.
    One(Cow<'a, str>),
    /// It is there more than once, so that nobody can say what it means.
    Many,
}

impl Param<'_> {
    /// The value, when there is exactly one.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::One(value) => Some(value),
            Self::Absent | Self::Many => None,
        }
    }
}

/// The parameters that the protocol looks at. All others are the application's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query<'a> {
    /// The version of the engine protocol.
    pub eio: Param<'a>,
    /// The transport's name.
    pub transport: Param<'a>,
    /// The session's id.
    pub sid: Param<'a>,
}

impl<'a> Query<'a> {
    /// Reads a query, without its question mark. Never fails: what is malformed means nothing.
    #[must_use]
    pub fn parse(query: &'a str) -> Self {
        let mut found = Self { eio: Param::Absent, transport: Param::Absent, sid: Param::Absent };
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let place = match decoded(name).as_ref() {
                "EIO" => &mut found.eio,
                "transport" => &mut found.transport,
                "sid" => &mut found.sid,
                _ => continue,
            };
            *place = match place {
                Param::Absent if value.is_empty() => Param::Absent,
                Param::Absent => Param::One(decoded(value)),
                Param::One(_) | Param::Many => Param::Many,
            };
        }
        found
    }
}

/// Resolves `%41` and `+`. A percent sign without two hexadecimal digits stands for itself; bytes that are no UTF-8
/// become replacement characters.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push((high << 4) | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (byte, _) => bytes.push(*byte),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    let digit = char::from(digit).to_digit(16)?;
    u8::try_from(digit).ok()
}
