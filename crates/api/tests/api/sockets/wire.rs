//! A client of a websocket and of long-polling that says whatever it is told to.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::support::TestApp;

pub(crate) const POLLING: &str = "/socket.io/?EIO=4&transport=polling";
pub(crate) const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";
/// How long an answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;

/// What a request for a websocket says, with some headers more.
pub(crate) fn upgrade(path: &str, headers: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: chatme.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

/// A frame of a client. Its mask is zero, so that the payload stands in it as it is.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len());
    frame.extend_from_slice(payload);
    frame
}

/// The head of a frame that announces so many bytes.
pub(crate) fn header(first: u8, bytes: usize) -> Vec<u8> {
    let mut frame = vec![first];
    match (u8::try_from(bytes), u16::try_from(bytes)) {
        (Ok(short @ ..126), _) => frame.push(0x80 | short),
        (_, Ok(medium)) => {
            frame.push(0x80 | 126);
            frame.extend(medium.to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend(u64::try_from(bytes).unwrap().to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame
}

/// A connection that speaks bytes.
pub(crate) struct Ws {
    pub(crate) stream: TcpStream,
    /// What was read and not looked at yet.
    read: Vec<u8>,
    acks: u64,
    /// Events that came before acknowledgements.
    passed_over: Vec<(String, Value)>,
}

impl Ws {
    /// Sends these bytes; answers the head of what is answered.
    pub(crate) async fn send_first(app: &TestApp, bytes: &[u8]) -> (String, Self) {
        let mut ws = Self::connect_and_send(app, bytes).await;
        let head = ws.head().await.expect("an answer before the connection ends");
        (head, ws)
    }

    /// Sends these bytes first.
    pub(crate) async fn connect_and_send(app: &TestApp, bytes: &[u8]) -> Self {
        let stream = TcpStream::connect(app.address).await.unwrap();
        let mut ws = Self { stream, read: Vec::new(), acks: 0, passed_over: Vec::new() };
        ws.send(bytes).await;
        ws
    }

    /// The head of the answer, unless the connection ends without one.
    pub(crate) async fn try_head(mut self) -> Option<String> {
        self.head().await
    }

    /// A websocket that the server has opened a session on.
    pub(crate) async fn open(app: &TestApp) -> Self {
        Self::try_open(app).await.unwrap_or_else(|head| panic!("{head}"))
    }

    /// The same, or the head of the refusal.
    pub(crate) async fn try_open(app: &TestApp) -> Result<Self, String> {
        let (head, mut ws) = Self::send_first(app, upgrade(WEBSOCKET, "").as_bytes()).await;
        if !head.starts_with("HTTP/1.1 101 ") {
            return Err(head);
        }
        assert!(ws.text().await.starts_with("0{\"sid\""));
        Ok(ws)
    }

    /// One that has joined, as this user or as a guest.
    pub(crate) async fn joined(app: &TestApp, token: Option<&str>) -> Self {
        let mut ws = Self::open(app).await;
        let answer = ws.join(token).await;
        assert!(answer.starts_with("40{\"sid\""), "{answer}");
        ws
    }

    /// Asks to join; answers the answer.
    pub(crate) async fn join(&mut self, token: Option<&str>) -> String {
        let auth = token.map_or(json!({}), |token| json!({"token": token}));
        self.say(&format!("40{auth}")).await;
        self.text().await
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        // It may have been closed already: then reading tells.
        let _ = self.stream.write_all(bytes).await;
    }

    /// Sends a text message.
    pub(crate) async fn say(&mut self, text: &str) {
        self.send(&frame(0x80 | TEXT, text.as_bytes())).await;
    }

    /// Emits an event; answers what it is acknowledged with. Events that come before are [`Self::passed_over`].
    pub(crate) async fn ask(&mut self, event: &str, payload: &Value) -> Value {
        self.acks += 1;
        let prefix = format!("43{}[", self.acks);
        self.say(&format!("42{}{}", self.acks, json!([event, payload]))).await;
        loop {
            let text = self.text().await;
            if let Some(rest) = text.strip_prefix(&prefix) {
                return serde_json::from_str(rest.strip_suffix(']').unwrap()).unwrap();
            }
            self.passed_over.extend(as_event(&text));
        }
    }

    /// The events that came before acknowledgements, since this was asked last; their names and bodies.
    pub(crate) fn passed_over(&mut self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.passed_over)
    }

    /// The code of what an event is acknowledged with; `null` when it was done.
    pub(crate) async fn code(&mut self, event: &str, payload: &Value) -> Value {
        let answer = self.ask(event, payload).await;
        assert_eq!(answer["ok"] == json!(true), answer["code"].is_null(), "{answer}");
        answer["code"].clone()
    }

    /// The body of the next event of this name.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        self.until(name).await.pop().unwrap().1
    }

    /// All events up to the next one of this name, which is the last of them; their names and bodies.
    pub(crate) async fn until(&mut self, name: &str) -> Vec<(String, Value)> {
        let mut events = Vec::new();
        while events.last().is_none_or(|(last, _)| last != name) {
            events.extend(as_event(&self.text().await));
        }
        events
    }

    /// The next text message.
    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Some((TEXT, payload)) => String::from_utf8(payload).unwrap(),
            other => panic!("no text: {other:?}"),
        }
    }

    /// The code that it is closed with; what comes before is passed over. `None` when the connection ends without one.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        loop {
            if let (CLOSE, payload) = self.next().await? {
                return Some(u16::from_be_bytes([payload[0], payload[1]]));
            }
        }
    }

    /// Ends the connection with a reset.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }

    /// The next frame, unless the connection ends before it does.
    pub(crate) async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some((opcode, range)) = complete(&self.read) {
                let payload = self.read[range.clone()].to_vec();
                self.read.drain(..range.end);
                return Some((opcode, payload));
            }
            self.fill().await?;
        }
    }

    /// Everything up to the end of the connection.
    pub(crate) async fn everything(mut self) -> Vec<u8> {
        while self.fill().await.is_some() {}
        self.read
    }

    /// The head of the next answer, and what stands before it.
    pub(crate) async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                return Some(String::from_utf8(self.read.drain(..end + 4).collect()).unwrap());
            }
            self.fill().await?;
        }
    }

    /// Reads more; `None` at the end.
    pub(crate) async fn fill(&mut self) -> Option<()> {
        let mut bytes = [0; 8_192];
        let read = timeout(PATIENCE, self.stream.read(&mut bytes)).await.expect("an answer in time");
        let count = read.unwrap_or(0);
        self.read.extend_from_slice(&bytes[..count]);
        (count > 0).then_some(())
    }
}

/// The name and the body of an event, if the message is one.
fn as_event(text: &str) -> Option<(String, Value)> {
    text.strip_prefix("42").map(|event| serde_json::from_str(event).unwrap())
}

/// The opcode of the first frame of a server, and where its payload stands.
fn complete(bytes: &[u8]) -> Option<(u8, std::ops::Range<usize>)> {
    let (opcode, short) = (bytes.first()? & 0x0f, *bytes.get(1)?);
    let (start, length) = match short {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().unwrap()))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().unwrap())).unwrap()),
        short => (2, usize::from(short)),
    };
    (bytes.len() >= start + length).then_some((opcode, start..start + length))
}

/// A status and a text.
pub(crate) type Answered = (u16, String);

/// Polls, or opens a session; with an origin where one is given.
pub(crate) async fn get(app: &TestApp, path: &str, origin: Option<&str>) -> Answered {
    answered(app.request(Method::GET, path), origin).await
}

/// Pushes.
pub(crate) async fn post(app: &TestApp, path: &str, origin: Option<&str>, body: impl Into<reqwest::Body>) -> Answered {
    answered(app.request(Method::POST, path).body(body), origin).await
}

async fn answered(request: reqwest::RequestBuilder, origin: Option<&str>) -> Answered {
    let request = match origin {
        Some(origin) => request.header("Origin", origin),
        None => request,
    };
    let answer = timeout(PATIENCE, request.send()).await.unwrap().unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The path of a new polling session.
pub(crate) async fn open_polling(app: &TestApp) -> String {
    try_open_polling(app).await.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// The same, or the text of the refusal.
pub(crate) async fn try_open_polling(app: &TestApp) -> Result<String, String> {
    let (_, body) = get(app, POLLING, None).await;
    let Some(open) = body.strip_prefix('0') else { return Err(body) };
    let open: Value = serde_json::from_str(open).unwrap();
    Ok(format!("{POLLING}&sid={}", open["sid"].as_str().unwrap()))
}
