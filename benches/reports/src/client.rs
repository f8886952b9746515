//! One connection over which requests go one after the other.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use crate::Result;

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// Longer answers are none of ours.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A connection that is kept alive.
pub(crate) struct Client {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

/// An answer.
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// Its body.
    pub(crate) body: String,
    /// From the first byte of the request to the last one of the answer.
    pub(crate) took: Duration,
}

impl Client {
    /// Opens one.
    pub(crate) fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        Ok(Self { address, stream: BufReader::new(stream) })
    }

    /// Asks for a report.
    pub(crate) fn get(&mut self, path: &str, token: Option<&str>) -> Result<Answer> {
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{token}\r\n", self.address);
        self.ask(&request)
    }

    /// Sends a JSON body.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> Result<Answer> {
        let (address, length) = (self.address, body.len());
        let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n");
        self.ask(&format!("{head}Content-Length: {length}\r\n\r\n{body}"))
    }

    fn ask(&mut self, request: &str) -> Result<Answer> {
        let begun = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut line, mut status, mut length) = (String::new(), None, None);
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err("the server closed the connection".into());
            }
            let text = line.trim_end().to_ascii_lowercase();
            if text.is_empty() {
                break;
            }
            if let Some(rest) = text.strip_prefix("http/1.1 ") {
                status = rest.split(' ').next().and_then(|status| status.parse().ok());
            }
            if let Some(rest) = text.strip_prefix("content-length:") {
                length = rest.trim().parse::<usize>().ok();
            }
        }
        let length = length.filter(|length| *length <= BODY_BYTES_MAX).ok_or("an answer without a good length")?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        let took = begun.elapsed();
        Ok(Answer { status: status.ok_or("an answer without status")?, body: String::from_utf8(body)?, took })
    }
}
