//! Requests that are at the server but for their last bytes, which are sent at once.

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    net::TcpStream,
};

use crate::support::{Answer, TestApp, User};

/// Connections that stay open from one round to the next.
pub(super) struct Rivals(Vec<BufReader<TcpStream>>);

impl Rivals {
    pub(super) async fn connect(app: &TestApp, count: usize) -> Self {
        let mut rivals = Vec::new();
        for _ in 0..count {
            let stream = TcpStream::connect(app.address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            rivals.push(BufReader::new(stream));
        }
        Self(rivals)
    }

    /// Each sends the same gift of this user; the answers.
    pub(super) async fn send(&mut self, fan: &User, order: &Value) -> Vec<Answer> {
        let body = order.to_string();
        let request = format!(
            "POST /api/gifts/send HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            fan.token,
            body.len()
        );
        let (begun, last) = request.as_bytes().split_at(request.len() - 1);
        for rival in &mut self.0 {
            tokio::io::AsyncWriteExt::write_all(rival.get_mut(), begun).await.unwrap();
        }
        for rival in &self.0 {
            // A byte finds its place in the system's buffer at once.
            assert_eq!(rival.get_ref().try_write(last).unwrap(), last.len());
        }
        let mut answers = Vec::new();
        for rival in &mut self.0 {
            answers.push(answer(rival).await);
        }
        answers
    }
}

/// Reads one answer, and leaves the connection to the next.
async fn answer(stream: &mut BufReader<TcpStream>) -> Answer {
    let (mut status, mut length, mut line) = (0, 0, String::new());
    loop {
        line.clear();
        stream.read_line(&mut line).await.unwrap();
        let text = line.trim_end().to_ascii_lowercase();
        if let Some(rest) = text.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().unwrap();
        } else if let Some(rest) = text.strip_prefix("content-length: ") {
            length = rest.parse().unwrap();
        } else if text.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}
