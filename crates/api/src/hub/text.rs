//! What people write in rooms.

use serde_json::Value;

use super::answer::Refused;

/// The longest message, in characters.
const CHAT_CHARS_MAX: usize = 500;

/// A message: 1 to 500 characters after trimming, none of which controls a screen.
pub(super) fn chat_text(message: Option<&Value>) -> Result<String, Refused> {
    let Some(Value::String(message)) = message else { return Err(Refused::malformed("message")) };
    let text = message.trim();
    let is_shown = |c: char| !c.is_control() || c == '\n';
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    match text.chars().count() {
        0 => Err(Refused::new("empty_message", "Pesan tidak boleh kosong")),
        count if count > CHAT_CHARS_MAX => Err(Refused::new("message_too_long", "Pesan maksimal 500 karakter")),
        _ if !text.chars().all(is_shown) || text.chars().any(turns) => Err(Refused::malformed("message")),
        _ => Ok(text.to_owned()),
    }
}
