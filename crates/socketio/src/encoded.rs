//! A packet in the forms in which it travels, encoded once and shared by all its receivers.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::{
    engine::base64,
    websocket::{HEADER_BYTES_MAX, Opcode, push_header},
};

/// One engine packet, or one Socket.IO packet with its attachments. A clone shares the bytes.
///
/// The attachments belong to it, so that nothing can come between them and their packet.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// Complete websocket frames, one after the other.
    frames: Bytes,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// One text frame, whose payload begins here.
    Text { at: usize },
    /// A text, if there is one, and binary data.
    Mixed(Arc<Mixed>),
}

#[derive(Debug)]
struct Mixed {
    text: Option<Bytes>,
    attachments: Vec<Bytes>,
    /// Made when the first polling client needs it.
    polling: OnceLock<Bytes>,
}

/// What stands between two packets of a payload.
pub(crate) const SEPARATOR: u8 = 0x1e;

impl Encoded {
    /// An engine packet that is text, its type digit included.
    #[must_use]
    pub fn text(packet: &str) -> Self {
        Self::build(packet.len(), |payload| payload.extend_from_slice(packet.as_bytes()))
    }

    /// Engine ping.
    #[must_use]
    pub fn ping() -> Self {
        Self { frames: Bytes::from_static(b"\x81\x012"), form: Form::Text { at: 2 } }
    }

    /// An engine message that is binary.
    #[must_use]
    pub fn binary(data: Bytes) -> Self {
        Self::mixed(None, vec![data])
    }

    /// A packet and its attachments, in order.
    pub(crate) fn with_attachments(packet: &str, attachments: Vec<Bytes>) -> Self {
        if attachments.is_empty() { Self::text(packet) } else { Self::mixed(Some(packet), attachments) }
    }

    /// A text packet that is written straight behind the room for the frame's header. `size` is a guess.
    pub(crate) fn build(size: usize, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut frame = Vec::with_capacity(HEADER_BYTES_MAX + size);
        frame.resize(HEADER_BYTES_MAX, 0);
        write(&mut frame);
        let mut header = Vec::with_capacity(HEADER_BYTES_MAX);
        push_header(&mut header, Opcode::Text, frame.len().saturating_sub(HEADER_BYTES_MAX));
        // The header is shorter than its room most of the time: it goes to the end of it.
        let start = HEADER_BYTES_MAX.saturating_sub(header.len());
        for (place, byte) in frame.iter_mut().skip(start).zip(&header) {
            *place = *byte;
        }
        Self { frames: Bytes::from(frame).slice(start..), form: Form::Text { at: header.len() } }
    }

    fn mixed(packet: Option<&str>, attachments: Vec<Bytes>) -> Self {
        let data: usize = attachments.iter().map(Bytes::len).sum();
        let headers = HEADER_BYTES_MAX * (attachments.len() + 1);
        let mut frames = Vec::with_capacity(data + headers + packet.map_or(0, str::len));
        if let Some(packet) = packet {
            push_header(&mut frames, Opcode::Text, packet.len());
            frames.extend_from_slice(packet.as_bytes());
        }
        for attachment in &attachments {
            push_header(&mut frames, Opcode::Binary, attachment.len());
            frames.extend_from_slice(attachment);
        }
        let text = packet.map(|packet| Bytes::copy_from_slice(packet.as_bytes()));
        let form = Form::Mixed(Arc::new(Mixed { text, attachments, polling: OnceLock::new() }));
        Self { frames: Bytes::from(frames), form }
    }

    /// The websocket form: complete frames, ready to be written.
    #[must_use]
    pub fn websocket(&self) -> Bytes {
        self.frames.clone()
    }

    /// The polling form: packets joined by U+001E, binary data as `b` and base64.
    #[must_use]
    pub fn polling(&self) -> Bytes {
        match &self.form {
            Form::Text { at } => self.frames.slice(*at..),
            Form::Mixed(mixed) => mixed.polling.get_or_init(|| mixed.payload()).clone(),
        }
    }

    /// How many engine packets it is.
    #[must_use]
    pub fn packets(&self) -> usize {
        match &self.form {
            Form::Text { .. } => 1,
            Form::Mixed(mixed) => mixed.attachments.len() + usize::from(mixed.text.is_some()),
        }
    }

    /// How many bytes it is on a websocket, which is what a queue should count.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.frames.len()
    }

    /// The text and the binary data.
    #[must_use]
    pub fn parts(&self) -> (Option<Bytes>, &[Bytes]) {
        match &self.form {
            Form::Text { at } => (Some(self.frames.slice(*at..)), &[]),
            Form::Mixed(mixed) => (mixed.text.clone(), &mixed.attachments),
        }
    }
}

impl Mixed {
    fn payload(&self) -> Bytes {
        let mut payload = Vec::new();
        payload.extend_from_slice(self.text.as_deref().unwrap_or_default());
        for attachment in &self.attachments {
            if !payload.is_empty() {
                payload.push(SEPARATOR);
            }
            payload.push(b'b');
            base64::encode(attachment, &mut payload);
        }
        Bytes::from(payload)
    }
}

#[cfg(test)]
mod tests;
