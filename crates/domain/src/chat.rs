//! Private messages between two users, and who does not want whose.
//!
//! Not responsible for telling the recipient at once: that is for who listens to [`crate::event`].

mod ports;
mod service;
mod text;

pub use ports::*;
pub use service::{BlockError, ChatError, ChatService, SendMessageError, SentMessage};
pub use text::{InvalidMessage, MESSAGE_CHARS_MAX, MessageText};
