//! Names of rooms.

use serde_json::Value;

/// The longest name of a room, in characters.
const NAME_CHARS_MAX: usize = 100;

/// A room: a live room and a party room of the same name are two rooms.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum RoomName {
    /// Where a host is live.
    Live(Box<str>),
    /// Where people sit together.
    Party(Box<str>),
}

impl RoomName {
    /// The live room that a payload names.
    pub(crate) fn live(room_id: Option<&Value>) -> Option<Self> {
        parse(room_id).map(Self::Live)
    }

    /// The party room that a payload names.
    pub(crate) fn party(room_id: Option<&Value>) -> Option<Self> {
        parse(room_id).map(Self::Party)
    }

    /// The name that clients know it by.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Live(id) | Self::Party(id) => id,
        }
    }

    /// Whether it is a party room.
    pub(crate) const fn is_party(&self) -> bool {
        matches!(self, Self::Party(_))
    }
}

/// A text, or a number for the apps that name a room by one.
fn parse(room_id: Option<&Value>) -> Option<Box<str>> {
    let name: Box<str> = match room_id? {
        Value::String(name) => name.as_str().into(),
        Value::Number(number) if number.is_u64() => number.to_string().into(),
        _ => return None,
    };
    let is_name = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    is_name.then_some(name)
}
