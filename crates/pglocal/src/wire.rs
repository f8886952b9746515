//! As much of PostgreSQL's protocol as it takes to ask "are you there?" and to create a database.
//!
//! Why not `postgres --single`, which needs no protocol? It works only while the server is stopped, so that a database
//! which a person has dropped would stay away until then, and the question whether the server answers would need
//! another means. Why not a client library? This is the one crate that must build in seconds and suit any of them.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use crate::{
    USER,
    error::{Context, Error},
};

/// A server that says nothing for so long is not there. Creating a database takes longest: seconds on a busy disk.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Protocol version 3.0, as every server since 2003 speaks it.
const PROTOCOL: i32 = 0x0003_0000;

/// No answer to our few questions comes near; a longer one is not PostgreSQL's.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// SQLSTATEs.
const CANNOT_CONNECT_NOW: &str = "57P03";
const DUPLICATE_DATABASE: &str = "42P04";
const UNIQUE_VIOLATION: &str = "23505";

/// Does the server take connections? A refusal is an answer too, unless it says that it is just starting or stopping.
pub(crate) fn answers(socket: &Path) -> bool {
    match Session::open(socket) {
        Ok(_) => true,
        Err(Error::Refused { code, .. }) => code != CANNOT_CONNECT_NOW,
        Err(_) => false,
    }
}

/// Creates a database unless it is there; tells whether it was created here.
pub(crate) fn ensure_database(socket: &Path, name: &str) -> Result<bool, Error> {
    let mut session = Session::open(socket)?;
    if session.run(&format!("SELECT 1 FROM pg_database WHERE datname = {}", quoted(name, '\'')))? > 0 {
        return Ok(false);
    }
    // From `template0`, to which nobody can be connected: with anybody in the template the statement fails.
    match session.run(&format!("CREATE DATABASE {} TEMPLATE template0", quoted(name, '"'))) {
        Ok(_) => Ok(true),
        // Another process was quicker.
        Err(Error::Refused { code, .. }) if [DUPLICATE_DATABASE, UNIQUE_VIOLATION].contains(&code.as_str()) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// A name or a string as SQL writes it. A zero byte, which would end the statement early, cannot be in either.
fn quoted(text: &str, quote: char) -> String {
    let inner = text.replace('\0', "").replace(quote, &format!("{quote}{quote}"));
    format!("{quote}{inner}{quote}")
}

/// A connection to the database `postgres`, which `initdb` has made.
struct Session(UnixStream);

impl Session {
    fn open(socket: &Path) -> Result<Self, Error> {
        let what = || format!("cannot talk to PostgreSQL at {}", socket.display());
        let stream = UnixStream::connect(socket).context(what)?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT)).context(what)?;
        stream.set_write_timeout(Some(ANSWER_TIMEOUT)).context(what)?;
        let mut session = Self(stream);
        let mut start = PROTOCOL.to_be_bytes().to_vec();
        for word in ["user", USER, "database", "postgres", "application_name", "pglocal", ""] {
            start.extend_from_slice(word.as_bytes());
            start.push(0);
        }
        session.send(None, &start).context(what)?;
        session.until_ready()?;
        Ok(session)
    }

    /// Runs one statement; tells how many rows came back.
    fn run(&mut self, sql: &str) -> Result<usize, Error> {
        let mut body = sql.as_bytes().to_vec();
        body.push(0);
        self.send(Some(b'Q'), &body).context(|| "cannot send a statement to PostgreSQL")?;
        self.until_ready()
    }

    /// A message is its kind (but for the very first), its length including the length itself, and its body.
    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> io::Result<()> {
        let length = i32::try_from(body.len() + 4).map_err(io::Error::other)?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(body);
        self.0.write_all(&message)
    }

    /// Reads messages until the server is ready for a statement. An error before that ends the start of a session for
    /// good, so it is returned at once; within a statement the session is of no further use to us either.
    fn until_ready(&mut self) -> Result<usize, Error> {
        let mut rows = 0;
        loop {
            let (kind, body) = self.receive().context(|| "PostgreSQL does not answer")?;
            match kind {
                b'Z' => return Ok(rows),
                b'D' => rows += 1,
                b'E' => return Err(refusal(&body)),
                // `trust` is the only way in; zero says that this was all.
                b'R' if body != 0_i32.to_be_bytes() => {
                    let reason = io::Error::other("it asks for a password");
                    return Err(Error::io("PostgreSQL does not let us in", reason));
                }
                _ => {} // parameters, notices, descriptions
            }
        }
    }

    fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut kind = [0; 1];
        let mut length = [0; 4];
        self.0.read_exact(&mut kind)?;
        self.0.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length).checked_sub(4).and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| *length <= MESSAGE_BYTES_MAX).ok_or(io::ErrorKind::InvalidData)?;
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        let [kind] = kind;
        Ok((kind, body))
    }
}

impl Drop for Session {
    /// Says goodbye, so that the server does not log a lost connection.
    fn drop(&mut self) {
        if let Err(error) = self.send(Some(b'X'), &[]) {
            tracing::trace!(%error, "the server has closed the connection already");
        }
    }
}

/// An error is a list of fields, each a letter and a text: `C` the SQLSTATE, `M` the message.
fn refusal(body: &[u8]) -> Error {
    let field = |letter: u8| {
        let found = body.split(|byte| *byte == 0).find_map(|field| field.strip_prefix(&[letter]));
        String::from_utf8_lossy(found.unwrap_or_default()).into_owned()
    };
    Error::Refused { code: field(b'C'), message: field(b'M') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_in_names_are_doubled() {
        assert_eq!(quoted("chatme", '"'), r#""chatme""#);
        assert_eq!(quoted(r#"a"b'c"#, '"'), r#""a""b'c""#);
        assert_eq!(quoted(r#"a"b'c"#, '\''), r#"'a"b''c'"#);
        assert_eq!(quoted("a\0b", '\''), "'ab'");
    }

    #[test]
    fn an_error_is_read_field_by_field() {
        let error = refusal(b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0");
        let Error::Refused { code, message } = error else { panic!("{error}") };
        assert_eq!((code.as_str(), message.as_str()), ("57P03", "the database system is starting up"));
    }

    #[test]
    fn a_peer_that_is_not_postgresql_is_an_error() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        drop(theirs);
        assert!(matches!(Session(ours).until_ready(), Err(Error::Io { .. })));
        assert!(!answers(Path::new("/nonexistent/socket")));
    }
}
