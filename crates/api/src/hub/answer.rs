//! What an event is acknowledged with, and reading its payload.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value, json};
use socketio::{packet::Args, session::AckTicket};

use super::Socket;
use crate::error::ApiError;

/// What an event came to: members of the acknowledgement, or why nothing happened.
pub(super) type Answer = Result<Map<String, Value>, Refused>;

/// Why nothing happened.
#[derive(Debug)]
pub(super) struct Refused {
    code: &'static str,
    message: String,
    members: Map<String, Value>,
}

impl Refused {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), members: Map::new() }
    }

    /// Nobody is logged in on the socket.
    pub(super) fn unauthenticated() -> Self {
        Self::new("unauthenticated", "Silakan login terlebih dahulu")
    }

    /// The payload is not what the event takes.
    pub(super) fn malformed(what: &str) -> Self {
        Self::new("malformed_payload", format!("Data tidak valid: {what}"))
    }

    /// Too often.
    pub(super) fn slow_down(wait: Duration) -> Self {
        let mut refused = Self::new("slow_down", "Terlalu cepat, coba lagi sebentar");
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        refused.members.insert("retryAfterMs".to_owned(), millis.into());
        refused
    }

    /// The code and the text, for a refused connection.
    pub(super) fn into_connect_error(self) -> (String, Map<String, Value>) {
        let mut data = self.members;
        data.insert("code".to_owned(), self.code.into());
        (self.message, data)
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        error.log_cause();
        let (code, message, members) = error.into_parts();
        Self { code, message, members }
    }
}

/// Acknowledges an event, if its client wants that.
pub(super) fn acknowledge(socket: &Arc<Socket>, ticket: Option<AckTicket>, answer: Answer) {
    let Some(ticket) = ticket else { return };
    let (is_ok, members) = match answer {
        Ok(members) => (true, members),
        Err(refused) => {
            let mut members = refused.members;
            members.insert("code".to_owned(), refused.code.into());
            members.insert("message".to_owned(), refused.message.into());
            (false, members)
        }
    };
    let mut body = Map::new();
    body.insert("ok".to_owned(), is_ok.into());
    body.extend(members);
    socket.ack(ticket, Args::from(Value::Object(body)));
}

/// The members of an acknowledgement.
pub(super) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// An acknowledgement with the number of the broadcast that the event caused.
pub(super) fn numbered(seq: u64) -> Map<String, Value> {
    members(json!({"seq": seq}))
}

/// The object that an event comes with.
pub(super) fn payload(args: Args) -> Result<Map<String, Value>, Refused> {
    let (values, _) = args.into_parts();
    match values.into_iter().next() {
        Some(Value::Object(payload)) => Ok(payload),
        _ => Err(Refused::malformed("payload")),
    }
}
