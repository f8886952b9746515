//! A client of a websocket that reads or does not, as it is told to.

use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use crate::websocket::{Ended, REQUEST, Websocket};

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

/// One connection.
pub(crate) struct Client {
    websocket: Websocket,
    asked: u32,
}

impl Client {
    async fn connect(url: &str) -> Self {
        Self { websocket: Websocket::connect(url).await.unwrap(), asked: 0 }
    }

    /// A connection that the server has opened a session on.
    async fn opened(url: &str) -> Self {
        let mut client = Self::connect(url).await;
        let head = client.websocket.upgrade(REQUEST).await.unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(client.text().await.unwrap().starts_with("0{"));
        client
    }

    /// One that has joined, as somebody or as a guest.
    pub(crate) async fn joined(url: &str, token: Option<&str>) -> Self {
        let mut client = Self::opened(url).await;
        let auth = token.map_or(json!({}), |token| json!({"token": token}));
        client.websocket.say(&format!("40{auth}")).await;
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
                client.websocket.write(REQUEST.as_bytes().get(..length).unwrap()).await;
                if matches!(point, Point::AfterMoreThanTheRequest) {
                    client.websocket.say("40").await;
                }
                client
            }
        };
        client.websocket.stream.set_zero_linger().unwrap();
    }

    /// A polling session whose websocket ends before it carries the session.
    pub(crate) async fn failed_probe(url: &str) {
        let mut polling = Self::connect(url).await;
        let open = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: chatme.test\r\nConnection: close\r\n\r\n";
        polling.websocket.write(open.as_bytes()).await;
        let mut answer = String::new();
        polling.websocket.stream.read_to_string(&mut answer).await.unwrap();
        let sid = answer.split_once("\"sid\":\"").unwrap().1.split_once('"').unwrap().0;
        let mut probe = Self::connect(url).await;
        let request = REQUEST.replace("transport=websocket", &format!("transport=websocket&sid={sid}"));
        probe.websocket.write(request.as_bytes()).await;
        let mut head = [0; 12];
        probe.websocket.stream.read_exact(&mut head).await.unwrap();
        assert_eq!(head, *b"HTTP/1.1 101");
    }

    /// Says that a message of so many bytes comes.
    pub(crate) async fn announce(&mut self, bytes: u64) {
        self.websocket.announce(bytes).await;
    }

    /// Emits an event and waits until it is acknowledged.
    pub(crate) async fn ask(&mut self, event: &str, payload: &Value) {
        self.asked += 1;
        let ack = format!("43{}[", self.asked);
        self.websocket.say(&format!("42{}{}", self.asked, json!([event, payload]))).await;
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

    /// The next text message, or how the connection ended instead.
    async fn text(&mut self) -> Result<String, Ended> {
        let text = self.websocket.text().await;
        assert_ne!(text, Err(Ended::Mute), "the server says nothing");
        text
    }
}
