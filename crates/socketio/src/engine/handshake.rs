//! The first packet of a session.

use serde_json::json;

use super::Transport;
use crate::{encoded::Encoded, settings::Settings};

/// The open packet: exactly the keys `sid`, `upgrades`, `pingInterval`, `pingTimeout` and `maxPayload`, the numbers
/// whole, times in milliseconds.
#[must_use]
pub fn open_packet(sid: &str, transport: Transport, settings: &Settings) -> Encoded {
    let upgrades: &[&str] =
        if settings.upgrades && transport == Transport::Polling { &[Transport::Websocket.name()] } else { &[] };
    let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let open = json!({
        "sid": sid,
        "upgrades": upgrades,
        "pingInterval": millis(settings.ping_interval),
        "pingTimeout": millis(settings.ping_timeout),
        "maxPayload": settings.message_bytes,
    });
    Encoded::text(&format!("0{open}"))
}
