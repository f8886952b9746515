//! What an event is acknowledged with, and reading its payload.

use std::sync::Arc;

use domain::id::UserId;
use serde_json::{Map, Value, json};
use socketio::{packet::Args, session::AckTicket};

use super::Socket;
use crate::{error::ApiError, fields::integer};

/// What an event came to: members of the acknowledgement, or why nothing happened.
pub(super) type Answer = Result<Map<String, Value>, ApiError>;

/// Why a client may not join, as a refused connection says it: the text, and the code among the data.
pub(super) fn connect_error(error: ApiError) -> (String, Map<String, Value>) {
    error.log_cause();
    let (code, message, mut data) = error.into_parts();
    data.insert("code".to_owned(), code.into());
    (message, data)
}

/// Acknowledges an event, if its client wants that.
pub(super) fn acknowledge(socket: &Arc<Socket>, ticket: Option<AckTicket>, answer: Answer) {
    let Some(ticket) = ticket else { return };
    let (is_ok, members) = match answer {
        Ok(members) => (true, members),
        Err(refused) => {
            refused.log_cause();
            let (code, message, mut members) = refused.into_parts();
            members.insert("code".to_owned(), code.into());
            members.insert("message".to_owned(), message.into());
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

/// The id of a user, as a number or as digits.
pub(super) fn user_id(value: Option<&Value>) -> Option<UserId> {
    value.and_then(integer).and_then(UserId::parse)
}

/// The object that an event comes with.
pub(super) fn payload(args: Args) -> Result<Map<String, Value>, ApiError> {
    let (values, _) = args.into_parts();
    match values.into_iter().next() {
        Some(Value::Object(payload)) => Ok(payload),
        _ => Err(ApiError::malformed_payload("payload")),
    }
}
