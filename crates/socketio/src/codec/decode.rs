//! Text → packet.

use serde_json::Value;

use super::{
    Limits,
    attachments::{Kind, Partial},
    json,
};
use crate::{
    error::ProtocolError,
    packet::{ACK_ID_MAX, Args, Body, Namespace, Packet, RESERVED_EVENTS},
    settings::ATTACHMENTS_MAX,
};

/// What a text is.
#[derive(Debug)]
pub enum Decoded {
    /// A whole packet.
    Packet(Packet),
    /// A packet that is whole when its attachments have come.
    Awaiting(Partial),
}

/// Decodes the text of an engine message.
///
/// # Errors
/// [`ProtocolError`], of the first thing that is wrong.
pub fn decode(text: &str, limits: Limits) -> Result<Decoded, ProtocolError> {
    let mut characters = text.chars();
    let kind = characters.next().ok_or(ProtocolError::PacketType)?;
    let rest = characters.as_str();
    match kind {
        '0'..='4' => {
            let head = Head::read(rest)?;
            let namespace = head.namespace.clone();
            let body = body(kind, &head, limits)?;
            Ok(Decoded::Packet(Packet { namespace, body }))
        }
        '5' | '6' => {
            let (count, rest) = rest.split_once('-').ok_or(ProtocolError::AttachmentCount)?;
            let count = attachment_count(count, limits)?;
            let head = Head::read(rest)?;
            let values = head.array(limits)?;
            let (kind, values) = if kind == '5' {
                let (name, values) = event(values)?;
                (Kind::Event { name, ack: head.id }, values)
            } else {
                (Kind::Ack(head.id.ok_or(ProtocolError::AckId)?), values)
            };
            Partial::new(head.namespace, kind, values, count, limits).map(Decoded::Awaiting)
        }
        _ => Err(ProtocolError::PacketType),
    }
}

/// What stands before the JSON, and the JSON.
struct Head<'a> {
    namespace: Namespace,
    id: Option<u64>,
    json: &'a str,
}

impl<'a> Head<'a> {
    fn read(text: &'a str) -> Result<Self, ProtocolError> {
        let (namespace, rest) = if text.starts_with('/') {
            // The comma may be missing at the end of the packet.
            let (name, rest) = text.split_once(',').unwrap_or((text, ""));
            (Namespace::new(name), rest)
        } else {
            (Namespace::ROOT, text)
        };
        let json = rest.trim_start_matches(|character: char| character.is_ascii_digit());
        let digits = rest.strip_suffix(json).unwrap_or_default();
        let id = if digits.is_empty() { None } else { Some(ack_id(digits)?) };
        Ok(Self { namespace, id, json })
    }

    fn array(&self, limits: Limits) -> Result<Vec<Value>, ProtocolError> {
        match json::parse(self.json, limits.json_depth)? {
            Value::Array(values) => Ok(values),
            _ => Err(ProtocolError::Shape),
        }
    }

    fn no_id(&self) -> Result<(), ProtocolError> {
        if self.id.is_none() { Ok(()) } else { Err(ProtocolError::AckId) }
    }
}

fn body(kind: char, head: &Head<'_>, limits: Limits) -> Result<Body, ProtocolError> {
    match kind {
        '0' => {
            head.no_id()?;
            if head.json.is_empty() {
                return Ok(Body::Connect(None));
            }
            match json::parse(head.json, limits.json_depth)? {
                Value::Object(data) => Ok(Body::Connect(Some(data))),
                _ => Err(ProtocolError::Shape),
            }
        }
        '1' => {
            head.no_id()?;
            if head.json.is_empty() { Ok(Body::Disconnect) } else { Err(ProtocolError::Shape) }
        }
        '2' => {
            let (name, values) = event(head.array(limits)?)?;
            Ok(Body::Event { name, args: Args::from(values), ack: head.id })
        }
        '3' => {
            let id = head.id.ok_or(ProtocolError::AckId)?;
            Ok(Body::Ack { id, args: Args::from(head.array(limits)?) })
        }
        _ => {
            head.no_id()?;
            match json::parse(head.json, limits.json_depth)? {
                data @ (Value::Object(_) | Value::String(_)) => Ok(Body::ConnectError(data)),
                _ => Err(ProtocolError::Shape),
            }
        }
    }
}

/// Splits the name from the arguments of an event.
fn event(values: Vec<Value>) -> Result<(String, Vec<Value>), ProtocolError> {
    let mut values = values.into_iter();
    let name = match values.next() {
        Some(Value::String(name)) if RESERVED_EVENTS.contains(&name.as_str()) => Err(ProtocolError::EventName),
        Some(Value::String(name)) => Ok(name),
        Some(Value::Number(name)) => Ok(name.to_string()),
        Some(_) => Err(ProtocolError::EventName),
        None => Err(ProtocolError::Shape),
    }?;
    Ok((name, values.collect()))
}

fn ack_id(digits: &str) -> Result<u64, ProtocolError> {
    digits.parse().ok().filter(|id| *id <= ACK_ID_MAX).ok_or(ProtocolError::AckId)
}

/// Checks the announced number before anything is kept for it.
fn attachment_count(digits: &str, limits: Limits) -> Result<usize, ProtocolError> {
    let max = limits.attachments.min(ATTACHMENTS_MAX);
    // `parse` alone would take a plus sign.
    let count = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    count.filter(|count| (1..=max).contains(count)).ok_or(ProtocolError::AttachmentCount)
}
