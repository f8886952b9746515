//! Packet → text and attachments.

use bytes::Bytes;
use serde_json::Value;

use super::attachments::renumber;
use crate::{
    encoded::Encoded,
    packet::{Args, Body, Namespace, Packet},
};

/// How much room the JSON of an event is given before it asks for more, in bytes.
const GUESS: usize = 256;

/// Encodes a packet, as the binary type only if something binary is inside.
#[must_use]
pub fn encode(packet: &Packet) -> Encoded {
    let namespace = &packet.namespace;
    match &packet.body {
        Body::Connect(None) => text(b'0', namespace, None, |_| {}),
        Body::Connect(Some(data)) => {
            text(b'0', namespace, None, |out| serde_json::to_writer(out, data).unwrap_or_default())
        }
        Body::Disconnect => text(b'1', namespace, None, |_| {}),
        Body::ConnectError(data) => text(b'4', namespace, None, |out| write(out, data)),
        Body::Event { name, args, ack } => encode_event(namespace, name, args, *ack),
        Body::Ack { id, args } => with_args([b'3', b'6'], namespace, Some(*id), None, args),
    }
}

/// Encodes an event: what is sent to a whole room is encoded once, without a session.
#[must_use]
pub fn encode_event(namespace: &Namespace, name: &str, args: &Args, ack: Option<u64>) -> Encoded {
    with_args([b'2', b'5'], namespace, ack, Some(name), args)
}

/// Encodes an array of arguments, `name` before them; of the two types the second is the binary one.
fn with_args(types: [u8; 2], namespace: &Namespace, id: Option<u64>, name: Option<&str>, args: &Args) -> Encoded {
    let [plain, binary] = types;
    if args.attachments().is_empty() {
        return text(plain, namespace, id, |out| write_array(out, name, args.values()));
    }
    let mut values = args.values().to_vec();
    let attachments: Vec<Bytes> = renumber(&mut values, args.attachments());
    if attachments.is_empty() {
        return text(plain, namespace, id, |out| write_array(out, name, &values));
    }
    let mut packet = vec![b'4', binary];
    packet.extend_from_slice(attachments.len().to_string().as_bytes());
    packet.push(b'-');
    write_address(&mut packet, namespace, id);
    write_array(&mut packet, name, &values);
    // Only text was written.
    Encoded::with_attachments(&String::from_utf8_lossy(&packet), attachments)
}

/// Encodes a packet without attachments.
fn text(kind: u8, namespace: &Namespace, id: Option<u64>, payload: impl FnOnce(&mut Vec<u8>)) -> Encoded {
    Encoded::build(GUESS, |out| {
        out.extend_from_slice(&[b'4', kind]);
        write_address(out, namespace, id);
        payload(out);
    })
}

fn write_address(out: &mut Vec<u8>, namespace: &Namespace, id: Option<u64>) {
    if !namespace.is_root() {
        out.extend_from_slice(namespace.as_str().as_bytes());
        out.push(b',');
    }
    if let Some(id) = id {
        out.extend_from_slice(id.to_string().as_bytes());
    }
}

fn write_array(out: &mut Vec<u8>, name: Option<&str>, values: &[Value]) {
    out.push(b'[');
    if let Some(name) = name {
        serde_json::to_writer(&mut *out, name).unwrap_or_default();
    }
    for (index, value) in values.iter().enumerate() {
        if index > 0 || name.is_some() {
            out.push(b',');
        }
        write(out, value);
    }
    out.push(b']');
}

/// Appends JSON. A value always has a form in JSON, and a vector takes what is written.
fn write(out: &mut Vec<u8>, value: &Value) {
    serde_json::to_writer(out, value).unwrap_or_default();
}
