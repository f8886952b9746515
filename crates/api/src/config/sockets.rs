//! What live rooms are held to.

use std::time::Duration;

use chrono::TimeDelta;
use domain::rate::Quota;

use super::{ConfigError, Source};

/// Whether a guest may say who he is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketIdentity {
    /// Only a token says who somebody is.
    Token,
    /// A guest may chat under the id and the name that he states, marked as a guest.
    Declared,
}

/// What live rooms are held to.
#[derive(Debug, Clone, Copy)]
pub struct SocketSettings {
    /// Whether a guest may say who he is.
    pub identity: SocketIdentity,
    /// The longest message, in bytes.
    pub message_bytes: usize,
    /// How long a connection may take to join.
    pub connect_timeout: Duration,
    /// How often a client is pinged.
    pub ping_interval: Duration,
    /// How long it may take to answer.
    pub ping_timeout: Duration,
    /// The most bytes that wait for a socket, the message that is being written not counted.
    pub queue_bytes: usize,
    /// Sockets of one user at once.
    pub per_user: usize,
    /// Sockets of guests from one address at once.
    pub per_address: usize,
    /// Sockets in all.
    pub sockets: usize,
    /// Rooms that a socket may be in.
    pub rooms_per_socket: usize,
    /// Rooms in all.
    pub rooms: usize,
    /// Bytes of large gifts that a room passes on within ten seconds.
    pub room_large_bytes: usize,
    /// Events of a socket.
    pub events: Quota,
    /// Messages of a user, in live rooms and in party rooms each.
    pub chat: Quota,
}

impl SocketSettings {
    pub(super) fn read(source: &Source) -> Result<Self, ConfigError> {
        Ok(Self {
            identity: source.parsed("SOCKET_IDENTITY", |word| match word {
                "token" => Ok(SocketIdentity::Token),
                "declared" => Ok(SocketIdentity::Declared),
                _ => Err("is neither token nor declared"),
            })?,
            message_bytes: source.bounded("SOCKET_MESSAGE_BYTES", 1_024..=16_000_000)?,
            connect_timeout: Duration::from_millis(source.bounded("CONNECT_TIMEOUT_MS", 100..=600_000)?),
            ping_interval: Duration::from_millis(source.bounded("PING_INTERVAL_MS", 100..=600_000)?),
            ping_timeout: Duration::from_millis(source.bounded("PING_TIMEOUT_MS", 100..=600_000)?),
            queue_bytes: source.bounded("SOCKET_QUEUE_BYTES", 1_024..=1_073_741_824)?,
            per_user: source.bounded("SOCKETS_PER_USER", 1..=10_000)?,
            per_address: source.bounded("SOCKETS_PER_ADDRESS", 1..=1_000_000)?,
            sockets: source.bounded("SOCKETS_MAX", 1..=1_000_000)?,
            rooms_per_socket: source.bounded("ROOMS_PER_SOCKET", 1..=1_000)?,
            rooms: source.bounded("ROOMS_MAX", 1..=10_000_000)?,
            room_large_bytes: source.bounded("ROOM_LARGE_BYTES", 0..=1_073_741_824)?,
            events: rate(source, "SOCKET_EVENT_RATE", "SOCKET_EVENT_BURST")?,
            chat: rate(source, "CHAT_RATE", "CHAT_BURST")?,
        })
    }
}

/// So many a second in the long run, and so many at once.
fn rate(source: &Source, rate: &str, burst: &str) -> Result<Quota, ConfigError> {
    let a_second: u32 = source.bounded(rate, 1..=1_000_000)?;
    let at_once: u32 = source.bounded(burst, 1..=1_000_000)?;
    let micros = i64::from(at_once).saturating_mul(1_000_000).checked_div(a_second.into()).unwrap_or(i64::MAX);
    Ok(Quota { count: at_once, span: TimeDelta::microseconds(micros) })
}
