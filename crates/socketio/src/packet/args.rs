//! The arguments of an event or acknowledgement.

use bytes::Bytes;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::settings::ATTACHMENTS_MAX;

/// More attachments than a packet may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0} attachments; a packet has at most {ATTACHMENTS_MAX}")]
pub struct TooManyAttachments(pub usize);

/// Arguments: JSON values, and binary data that stands in them as [`Args::placeholder`].
///
/// Most have no binary data; then the second part is empty and costs nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Args {
    values: Vec<Value>,
    attachments: Vec<Bytes>,
}

impl Args {
    /// Arguments with binary data: `placeholder(n)` in the values stands for the n-th attachment, from zero.
    ///
    /// # Errors
    /// [`TooManyAttachments`] above [`ATTACHMENTS_MAX`].
    pub fn with_attachments(values: Vec<Value>, attachments: Vec<Bytes>) -> Result<Self, TooManyAttachments> {
        if attachments.len() > ATTACHMENTS_MAX {
            return Err(TooManyAttachments(attachments.len()));
        }
        Ok(Self { values, attachments })
    }

    /// What stands in a value for the attachment of this number.
    #[must_use]
    pub fn placeholder(num: usize) -> Value {
        let mut object = Map::new();
        object.insert("_placeholder".to_owned(), Value::Bool(true));
        object.insert("num".to_owned(), Value::from(num));
        Value::Object(object)
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The binary data.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// Both parts.
    #[must_use]
    pub fn into_parts(self) -> (Vec<Value>, Vec<Bytes>) {
        (self.values, self.attachments)
    }
}

impl From<Vec<Value>> for Args {
    fn from(values: Vec<Value>) -> Self {
        Self { values, attachments: Vec::new() }
    }
}

impl From<Value> for Args {
    fn from(value: Value) -> Self {
        Self::from(vec![value])
    }
}
