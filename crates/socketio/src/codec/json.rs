//! JSON of strangers.

use serde_json::Value;

use crate::error::ProtocolError;

/// Parses JSON that is nested at most `depth_max` deep. The depth is looked at first, without recursion.
pub(super) fn parse(text: &str, depth_max: usize) -> Result<Value, ProtocolError> {
    if depth(text) > depth_max {
        return Err(ProtocolError::TooDeep);
    }
    serde_json::from_str(text).map_err(|_| ProtocolError::Json)
}

/// How deep brackets are nested outside of strings. Right for JSON; for anything else it is some number.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
    }
    deepest
}

fn skip_string(bytes: &mut std::str::Bytes<'_>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}
