//! A client of a websocket that reads or does not, as it is told to.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

const REQUEST: &str = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: chatme.test\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
/// A client's mask, of nothing.
const MASK: [u8; 4] = [0; 4];
/// How long the server may say nothing: longer than between two pings.
const SILENCE: Duration = Duration::from_secs(40);

/// Where a connection is reset.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Point {
    Connected,
    AmidTheRequest,
    AfterTheRequest,
    AfterMoreThanTheRequest,
    Opened,
    AmidAMessage,
}

/// All of them.
pub(crate) const POINTS: [Point; 6] = [
    Point::Connected,
    Point::AmidTheRequest,
    Point::AfterTheRequest,
    Point::AfterMoreThanTheRequest,
    Point::Opened,
    Point::AmidAMessage,
];

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With a close frame.
    Code(u16),
    Silently,
}

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
    asked: u32,
}

impl Client {
    async fn connect(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap();
        Self { stream: TcpStream::connect(address).await.unwrap(), read: Vec::new(), asked: 0 }
    }

    /// A connection that the server has opened a session on.
    async fn opened(url: &str) -> Self {
        let mut client = Self::connect(url).await;
        client.write(REQUEST.as_bytes()).await;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        assert!(client.text().await.unwrap().starts_with("0{"));
        client
    }

    /// One that has joined, as somebody or as a guest.
    pub(crate) async fn joined(url: &str, token: Option<&str>) -> Self {
        let mut client = Self::opened(url).await;
        let auth = token.map_or(json!({}), |token| json!({"token": token}));
        client.say(&format!("40{auth}")).await;
        assert!(client.text().await.unwrap().starts_with("40{"));
        client
    }

    /// A connection that is reset.
    pub(crate) async fn reset_at(url: &str, point: Point) {
        let client = match point {
            Point::Opened => Self::opened(url).await,
            Point::AmidAMessage => {
                let mut client = Self::joined(url, None).await;
                client.announce(100).await;
                client
            }
            point => {
                let mut client = Self::connect(url).await;
                let length = match point {
                    Point::Connected => 0,
                    Point::AmidTheRequest => 40,
                    _ => REQUEST.len(),
                };
                client.write(REQUEST.as_bytes().get(..length).unwrap()).await;
                if matches!(point, Point::AfterMoreThanTheRequest) {
                    client.say("40").await;
                }
                client
            }
        };
        client.stream.set_zero_linger().unwrap();
    }

    /// A polling session whose websocket ends before it carries the session.
    pub(crate) async fn failed_probe(url: &str) {
        let mut polling = Self::connect(url).await;
        let open = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: chatme.test\r\nConnection: close\r\n\r\n";
        polling.write(open.as_bytes()).await;
        let mut answer = String::new();
        polling.stream.read_to_string(&mut answer).await.unwrap();
        let sid = answer.split_once("\"sid\":\"").unwrap().1.split_once('"').unwrap().0;
        let mut probe = Self::connect(url).await;
        let request = REQUEST.replace("transport=websocket", &format!("transport=websocket&sid={sid}"));
        probe.write(request.as_bytes()).await;
        let mut head = [0; 12];
        probe.stream.read_exact(&mut head).await.unwrap();
        assert_eq!(head, *b"HTTP/1.1 101");
    }

    async fn write(&mut self, bytes: &[u8]) {
        // Reading tells when it is over.
        let _ = self.stream.write_all(bytes).await;
    }

    async fn say(&mut self, text: &str) {
        let length = u16::try_from(text.len()).unwrap();
        let mut frame = vec![TEXT];
        match u8::try_from(length) {
            Ok(short @ ..126) => frame.push(0x80 | short),
            _ => frame.extend([[0x80 | 126].as_slice(), &length.to_be_bytes()].concat()),
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

    /// Emits an event and waits until it is acknowledged.
    pub(crate) async fn ask(&mut self, event: &str, payload: &Value) {
        self.asked += 1;
        let ack = format!("43{}[", self.asked);
        self.say(&format!("42{}{}", self.asked, json!([event, payload]))).await;
        while !self.text().await.unwrap().starts_with(&ack) {}
    }

    /// Counts the next `count` events of a name, which must carry rising numbers.
    pub(crate) async fn listen(mut self, event: &str, count: usize) -> usize {
        let start = format!("42[\"{event}\"");
        let (mut heard, mut last) = (0, 0);
        while heard < count {
            let Ok(text) = self.text().await else { break };
            if text.starts_with(&start) {
                let number = text.rsplit_once("\"seq\":").unwrap().1;
                let number: u64 = number
                    .chars()
                    .map_while(|digit| digit.to_digit(10))
                    .fold(0, |sum, digit| sum * 10 + u64::from(digit));
                assert!(number > last, "{number} after {last}");
                (heard, last) = (heard + 1, number);
            }
        }
        heard
    }

    /// Reads to the end.
    pub(crate) async fn ended(&mut self) -> Ended {
        loop {
            if let Err(ended) = self.text().await {
                return ended;
            }
        }
    }

    /// The next text message but pings, which are answered, or how the connection ended instead.
    async fn text(&mut self) -> Result<String, Ended> {
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
            let read = timeout(SILENCE, self.stream.read_buf(&mut self.read)).await;
            if read.unwrap_or_else(|_| panic!("the server says nothing")).unwrap_or(0) == 0 {
                return Err(Ended::Silently);
            }
        }
    }

    fn next_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let (first, short) = (*self.read.first()?, *self.read.get(1)?);
        let (start, length) = match short {
            126 => (4, usize::from(u16::from_be_bytes(self.read.get(2..4)?.try_into().unwrap()))),
            ..126 => (2, usize::from(short)),
            _ => panic!("no message of this test is so long"),
        };
        let payload = self.read.get(start..start + length)?.to_vec();
        self.read.drain(..start + length);
        Some((first, payload))
    }
}
