//! Rooms, as far as rules speak of them: a gift may be sent in one.

/// The longest name of a room, in characters.
pub const ROOM_CHARS_MAX: usize = 100;

/// The name of a room, which whoever opens it chooses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoomId(Box<str>);

/// Empty, too long, or with characters that control a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a room's name has 1 to {ROOM_CHARS_MAX} characters and no control characters")]
pub struct InvalidRoomId;

impl RoomId {
    /// Parses a name.
    ///
    /// # Errors
    /// [`InvalidRoomId`].
    pub fn parse(raw: &str) -> Result<Self, InvalidRoomId> {
        let is_name = (1..=ROOM_CHARS_MAX).contains(&raw.chars().count()) && !raw.chars().any(char::is_control);
        if is_name { Ok(Self(raw.into())) } else { Err(InvalidRoomId) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_visible() {
        let longest = "é".repeat(ROOM_CHARS_MAX);
        for name in ["chatme-live", "room_1", "ruang tamu", longest.as_str()] {
            assert_eq!(RoomId::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "a\nb", "\u{0}", &"x".repeat(ROOM_CHARS_MAX + 1)] {
            assert_eq!(RoomId::parse(name), Err(InvalidRoomId), "{name:?}");
        }
    }
}
