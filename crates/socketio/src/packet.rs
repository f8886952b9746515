//! Socket.IO packets and what is in them. How they look on the wire is the affair of [`codec`](crate::codec).

mod args;

pub use args::{Args, TooManyAttachments};

use std::{borrow::Cow, fmt};

use serde_json::{Map, Value};

/// Names of events that the libraries use themselves; none travels as an event.
pub const RESERVED_EVENTS: &[&str] =
    &["connect", "connect_error", "disconnect", "disconnecting", "error", "newListener", "removeListener"];

/// The largest acknowledgement id, 2^53−1: JavaScript reads it exactly.
pub const ACK_ID_MAX: u64 = 9_007_199_254_740_991;

/// The name of a namespace, with its slash. What looks like a query in it is part of the name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Namespace(Cow<'static, str>);

impl Namespace {
    /// The namespace `/`.
    pub const ROOT: Self = Self(Cow::Borrowed("/"));

    /// The namespace of this name; a missing slash is put before it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        match name {
            "" | "/" => Self::ROOT,
            name if name.starts_with('/') => Self(Cow::Owned(name.to_owned())),
            name => Self(Cow::Owned(format!("/{name}"))),
        }
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `/`, which is not written on the wire.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.as_str() == "/"
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A packet of the Socket.IO layer. Whether an event or acknowledgement is one of the binary types shows in its
/// arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet {
    /// The namespace it is for.
    pub namespace: Namespace,
    /// What it says.
    pub body: Body,
}

/// What a packet says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// The client wants to join, or the server says that it has.
    Connect(Option<Map<String, Value>>),
    /// The sender leaves the namespace, or sends the other out of it.
    Disconnect,
    /// Something happened.
    Event {
        /// Its name; a number is written as text.
        name: String,
        /// What comes with it.
        args: Args,
        /// Under which id the sender wants an acknowledgement.
        ack: Option<u64>,
    },
    /// The answer to an event.
    Ack {
        /// The event's id.
        id: u64,
        /// What comes with it.
        args: Args,
    },
    /// The server refuses to let the client join.
    ConnectError(Value),
}
