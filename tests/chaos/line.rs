//! A socket's connection, which may end at every moment.

use serde_json::{Value, json};

use crate::websocket::{REQUEST, Websocket};

/// A connection that has joined.
pub(crate) struct Line {
    websocket: Websocket,
    asked: u32,
}

impl Line {
    /// Joins, as somebody or as a guest; `None` when that fails.
    pub(crate) async fn open(url: &str, token: Option<&str>) -> Option<Self> {
        let mut websocket = Websocket::connect(url).await.ok()?;
        let head = websocket.upgrade(REQUEST).await.ok()?;
        head.starts_with("HTTP/1.1 101 ").then_some(())?;
        websocket.text().await.ok()?;
        let auth = token.map_or(json!({}), |token| json!({"token": token}));
        websocket.say(&format!("40{auth}")).await;
        websocket.text().await.ok()?.starts_with("40{").then_some(())?;
        Some(Self { websocket, asked: 0 })
    }

    /// Emits an event and waits for its acknowledgement; `None` when the connection ended before.
    pub(crate) async fn ask(&mut self, event: &str, payload: &Value) -> Option<Value> {
        self.asked += 1;
        self.websocket.say(&format!("42{}{}", self.asked, json!([event, payload]))).await;
        let start = format!("43{}", self.asked);
        loop {
            let text = self.websocket.text().await.ok()?;
            if let Some(answer) = text.strip_prefix(&start).filter(|rest| rest.starts_with('[')) {
                return serde_json::from_str::<Value>(answer).unwrap().get(0).cloned();
            }
        }
    }

    /// What the next event of a name carries; `None` when the connection ended.
    pub(crate) async fn event(&mut self, name: &str) -> Option<Value> {
        loop {
            let text = self.websocket.text().await.ok()?;
            let event: Option<Value> = text.strip_prefix("42").map(|event| serde_json::from_str(event).unwrap());
            if let Some(event) = event.filter(|event| event.get(0).is_some_and(|found| *found == name)) {
                return event.get(1).cloned();
            }
        }
    }
}
