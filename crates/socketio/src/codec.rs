//! Socket.IO packets ⇄ the text and attachments that engine messages carry.

mod attachments;
mod decode;
mod encode;
mod json;
mod prefix;

pub use attachments::Partial;
pub use decode::{Decoded, decode};
pub use encode::{encode, encode_event};
pub use prefix::event_begins;

use crate::settings::{ATTACHMENTS_MAX, JSON_DEPTH_MAX, MESSAGE_BYTES_MAX};

/// How large and deep a packet may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most attachments; more than [`ATTACHMENTS_MAX`] has no effect.
    pub attachments: usize,
    /// The most bytes of all attachments together.
    pub attachment_bytes: usize,
    /// How deep JSON may be nested, the array of arguments counted.
    pub json_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { attachments: ATTACHMENTS_MAX, attachment_bytes: MESSAGE_BYTES_MAX, json_depth: JSON_DEPTH_MAX }
    }
}

#[cfg(test)]
mod tests;
