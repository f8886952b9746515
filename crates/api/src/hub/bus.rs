//! The broadcast bus: what rooms say goes through it to whoever is in them.
//!
//! Rooms number what they say and keep who is in them; who hears it, and how it gets there, is the bus's. Handlers know rooms
//! only. The one adapter ([`LocalBus`]) reaches the sockets of this process. Servers that share rooms would need an adapter
//! that reaches the others, and rooms that share their numbers, their people and their seats.

mod local;
mod writing;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Socket, name::RoomName};

pub(crate) use local::LocalBus;

/// What a room says.
pub(crate) struct Broadcast {
    /// Its number in the room.
    pub(crate) seq: u64,
    /// The name of the event.
    pub(crate) event: &'static str,
    /// What it carries, its number too.
    pub(crate) body: Map<String, Value>,
    /// The socket that it is not for.
    pub(crate) except: Option<u64>,
}

/// Reaches everybody who is in a room.
pub(crate) trait Bus: Send + Sync {
    /// What one room says; asked for once in the life of a room.
    fn topic(&self, room: &RoomName) -> Arc<dyn Topic>;
}

/// What one room says.
///
/// Called under the room's lock, so that the order of calls is the order of numbers: an implementation MUST return at once,
/// MUST NOT call back, and MUST deliver in that order, with no number twice.
pub(crate) trait Topic: Send + Sync {
    /// Lets a socket of this server hear what has a number above `after`. One that hears already goes on as it did.
    fn subscribe(&self, socket: &Arc<Socket>, after: u64);

    /// Lets a socket hear nothing that is published from now on.
    fn unsubscribe(&self, socket: u64);

    /// Lets everybody hear it who has subscribed. Whom it cannot reach now, it does not reach.
    fn publish(&self, broadcast: Broadcast);
}
