//! Binary data that comes after its packet, and the placeholders that say where it belongs.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::{Decoded, Limits};
use crate::{
    error::ProtocolError,
    packet::{Args, Body, Namespace, Packet},
};

/// A packet whose attachments have not all arrived.
#[derive(Debug)]
pub struct Partial {
    namespace: Namespace,
    kind: Kind,
    values: Vec<Value>,
    wanted: usize,
    attachments: Vec<Bytes>,
    bytes_left: usize,
}

#[derive(Debug)]
pub(super) enum Kind {
    Event { name: String, ack: Option<u64> },
    Ack(u64),
}

impl Partial {
    /// A packet that announced `wanted` attachments, a number that was checked.
    ///
    /// # Errors
    /// [`ProtocolError::Placeholder`] unless the placeholders are the numbers `0..wanted`, each once.
    pub(super) fn new(
        namespace: Namespace,
        kind: Kind,
        values: Vec<Value>,
        wanted: usize,
        limits: Limits,
    ) -> Result<Self, ProtocolError> {
        let mut seen = vec![false; wanted];
        values.iter().try_for_each(|value| mark(value, &mut seen))?;
        if seen.contains(&false) {
            return Err(ProtocolError::Placeholder);
        }
        let bytes_left = limits.attachment_bytes;
        Ok(Self { namespace, kind, values, wanted, attachments: Vec::with_capacity(wanted), bytes_left })
    }

    /// The namespace of the packet.
    #[must_use]
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Takes the next attachment; the last makes it a packet.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`] when they are too large together.
    pub fn attach(mut self, attachment: Bytes) -> Result<Decoded, ProtocolError> {
        self.bytes_left = self.bytes_left.checked_sub(attachment.len()).ok_or(ProtocolError::TooLarge)?;
        self.attachments.push(attachment);
        if self.attachments.len() < self.wanted {
            return Ok(Decoded::Awaiting(self));
        }
        let args = Args::with_attachments(self.values, self.attachments).map_err(|_| ProtocolError::AttachmentCount)?;
        let body = match self.kind {
            Kind::Event { name, ack } => Body::Event { name, args, ack },
            Kind::Ack(id) => Body::Ack { id, args },
        };
        Ok(Decoded::Packet(Packet { namespace: self.namespace, body }))
    }
}

/// Marks the placeholders in a value. The depth of the value was limited when it was parsed.
fn mark(value: &Value, seen: &mut [bool]) -> Result<(), ProtocolError> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| mark(item, seen)),
        Value::Object(members) if is_placeholder(members) => {
            let place = number(members).and_then(|num| seen.get_mut(num)).ok_or(ProtocolError::Placeholder)?;
            if std::mem::replace(place, true) { Err(ProtocolError::Placeholder) } else { Ok(()) }
        }
        Value::Object(members) => members.values().try_for_each(|member| mark(member, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn is_placeholder(members: &Map<String, Value>) -> bool {
    members.get("_placeholder") == Some(&Value::Bool(true))
}

fn number(members: &Map<String, Value>) -> Option<usize> {
    members.get("num")?.as_u64().and_then(|num| usize::try_from(num).ok())
}

/// Numbers the placeholders anew in the order in which they stand, and says which attachments they mean, in that
/// order. One without an attachment, or with one that was used before, becomes null.
pub(super) fn renumber(values: &mut [Value], attachments: &[Bytes]) -> Vec<Bytes> {
    let mut left: Vec<Option<&Bytes>> = attachments.iter().map(Some).collect();
    let mut order = Vec::with_capacity(attachments.len());
    values.iter_mut().for_each(|value| renumber_one(value, &mut left, &mut order));
    order
}

fn renumber_one(value: &mut Value, left: &mut [Option<&Bytes>], order: &mut Vec<Bytes>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| renumber_one(item, left, order)),
        Value::Object(members) if is_placeholder(members) => {
            match number(members).and_then(|num| left.get_mut(num)).and_then(Option::take) {
                Some(attachment) => {
                    *value = Args::placeholder(order.len());
                    order.push(attachment.clone());
                }
                None => *value = Value::Null,
            }
        }
        Value::Object(members) => members.values_mut().for_each(|member| renumber_one(member, left, order)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
