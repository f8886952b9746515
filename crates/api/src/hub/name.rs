//! Names of rooms.

use domain::room::RoomId;
use serde_json::Value;

/// A room: a live room and a party room of the same name are two rooms.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum RoomName {
    /// Where a host is live.
    Live(RoomId),
    /// Where people sit together.
    Party(RoomId),
}

impl RoomName {
    /// The live room that a payload names.
    pub(crate) fn live(room_id: Option<&Value>) -> Option<Self> {
        room_id.and_then(parse).map(Self::Live)
    }

    /// The party room that a payload names.
    pub(crate) fn party(room_id: Option<&Value>) -> Option<Self> {
        room_id.and_then(parse).map(Self::Party)
    }

    /// The name that clients know it by.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Live(id) | Self::Party(id) => id.as_str(),
        }
    }

    /// Whether it is a party room.
    pub(crate) const fn is_party(&self) -> bool {
        matches!(self, Self::Party(_))
    }
}

/// A text, or a number for the apps that name a room by one.
pub(crate) fn parse(room_id: &Value) -> Option<RoomId> {
    match room_id {
        Value::String(name) => RoomId::parse(name).ok(),
        Value::Number(number) if number.is_u64() => RoomId::parse(&number.to_string()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_room_is_named_by_a_text_or_a_number() {
        for (payload, expected) in [
            (json!("chatme-live"), Some("chatme-live")),
            (json!(17), Some("17")),
            (json!(""), None),
            (json!(-1), None),
            (json!(1.5), None),
            (json!(["a"]), None),
            (json!("x".repeat(101)), None),
        ] {
            assert_eq!(RoomName::live(Some(&payload)).as_ref().map(RoomName::id), expected, "{payload}");
        }
        assert_eq!(RoomName::live(None), None);
        assert_ne!(RoomName::live(Some(&json!("a"))), RoomName::party(Some(&json!("a"))));
    }
}
