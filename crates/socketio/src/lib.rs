//! The protocol of the live rooms: Engine.IO 4 and Socket.IO 5, over WebSocket and HTTP long-polling.
//!
//! This crate does no I/O, reads no clock and draws no number. Bytes and instants come in as arguments, what is to be
//! sent and what the application should know comes out as values, and every malformed input is an error value. The
//! *driver* in `api` owns sockets, timers and queues.
//!
//! | layer | module | in → out |
//! |---|---|---|
//! | WebSocket ([RFC 6455]) | [`websocket`] | bytes → messages; packets → frames, shared by all receivers |
//! | [Engine.IO 4] | [`engine`] | requests → their meaning; payloads → packets; the handshake |
//! | [Socket.IO 5] | [`packet`], [`codec`] | text and attachments ⇄ packets |
//! | all of it, over time | [`session`] | inputs and instants → outputs and deadlines |
//!
//! **Session** is the conversation of the engine layer, named by a secret id; a **socket** is its part in one
//! namespace, with a public id. What is limited, and how much, stands in [`settings`].
//!
//! [RFC 6455]: https://www.rfc-editor.org/rfc/rfc6455
//! [Engine.IO 4]: https://github.com/socketio/engine.io-protocol
//! [Socket.IO 5]: https://github.com/socketio/socket.io-protocol

pub mod codec;
pub mod encoded;
pub mod engine;
pub mod error;
pub mod packet;
pub mod session;
pub mod settings;
pub mod websocket;
