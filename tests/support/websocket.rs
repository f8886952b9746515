//! A websocket as it is on the wire, each step of which may fail.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// What asks for a websocket.
pub(crate) const REQUEST: &str = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: chatme.test\r\n\
    Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
/// A client's mask, of nothing.
const MASK: [u8; 4] = [0; 4];
/// How long the server may say nothing: longer than between two pings.
const SILENCE: Duration = Duration::from_secs(40);

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With a close frame.
    Code(u16),
    Silently,
    /// It did not, but nothing came for longer than a ping takes.
    Mute,
}

/// One connection.
pub(crate) struct Websocket {
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
}

impl Websocket {
    /// A connection that has asked for nothing yet.
    pub(crate) async fn connect(url: &str) -> io::Result<Self> {
        let address = url.strip_prefix("http://").unwrap_or(url);
        Ok(Self { stream: TcpStream::connect(address).await?, read: Vec::new() })
    }

    /// Asks for a websocket. Answers the head of what came back.
    pub(crate) async fn upgrade(&mut self, request: &str) -> io::Result<String> {
        self.stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await?);
        }
        Ok(String::from_utf8_lossy(&head).into_owned())
    }

    /// Writes bytes. Reading tells when it is over.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Writes a text message.
    pub(crate) async fn say(&mut self, text: &str) {
        let mut frame = vec![TEXT];
        match u8::try_from(text.len()) {
            Ok(short @ ..126) => frame.push(0x80 | short),
            _ => {
                let length = u16::try_from(text.len()).unwrap();
                frame.extend([[0x80 | 126].as_slice(), &length.to_be_bytes()].concat());
            }
        }
        frame.extend(MASK);
        frame.extend(text.as_bytes());
        self.write(&frame).await;
    }

    /// Says that a message of so many bytes comes.
    pub(crate) async fn announce(&mut self, bytes: u64) {
        let frame = [[TEXT, 0x80 | 127].as_slice(), &bytes.to_be_bytes(), &MASK].concat();
        self.write(&frame).await;
    }

    /// The next text message but pings, which are answered, or how the connection ended instead. May be given up and called
    /// again.
    pub(crate) async fn text(&mut self) -> Result<String, Ended> {
        loop {
            if let Some((first, payload)) = self.next_frame() {
                if first == CLOSE {
                    let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                    return Err(Ended::Code(code));
                }
                if payload == b"2" {
                    self.say("3").await;
                    continue;
                }
                return Ok(String::from_utf8(payload).unwrap());
            }
            self.read.reserve(4 * 1_024);
            let read = timeout(SILENCE, self.stream.read_buf(&mut self.read)).await.map_err(|_| Ended::Mute)?;
            if read.unwrap_or(0) == 0 {
                return Err(Ended::Silently);
            }
        }
    }

    fn next_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let (first, short) = (*self.read.first()?, *self.read.get(1)?);
        let (start, length) = match short {
            126 => (4, usize::from(u16::from_be_bytes(self.read.get(2..4)?.try_into().unwrap()))),
            ..126 => (2, usize::from(short)),
            _ => panic!("no message of these tests is so long"),
        };
        let payload = self.read.get(start..start + length)?.to_vec();
        self.read.drain(..start + length);
        Some((first, payload))
    }
}
