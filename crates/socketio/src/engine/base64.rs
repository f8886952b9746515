//! Base64 with the standard alphabet, which is how binary data travels in text.

use crate::error::ProtocolError;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends `data`, padded.
pub(crate) fn encode(data: &[u8], out: &mut Vec<u8>) {
    out.reserve(data.len().div_ceil(3).saturating_mul(4));
    let (groups, rest) = data.as_chunks::<3>();
    for &[a, b, c] in groups {
        let group = u32::from_be_bytes([0, a, b, c]);
        out.extend_from_slice(&[letter(group >> 18), letter(group >> 12), letter(group >> 6), letter(group)]);
    }
    match *rest {
        [a] => {
            let group = u32::from_be_bytes([0, a, 0, 0]);
            out.extend_from_slice(&[letter(group >> 18), letter(group >> 12), b'=', b'=']);
        }
        [a, b] => {
            let group = u32::from_be_bytes([0, a, b, 0]);
            out.extend_from_slice(&[letter(group >> 18), letter(group >> 12), letter(group >> 6), b'=']);
        }
        _ => {}
    }
}

/// The letter of the six lowest bits.
fn letter(bits: u32) -> u8 {
    let [.., low] = bits.to_be_bytes();
    ALPHABET.get(usize::from(low & 0x3f)).copied().unwrap_or_default()
}

/// Decodes `text`; the padding may be left out, but not be wrong.
///
/// # Errors
/// [`ProtocolError::Base64`].
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, ProtocolError> {
    let padded = text.as_bytes();
    let letters = match padded {
        [letters @ .., b'=', b'='] | [letters @ .., b'='] if padded.len().is_multiple_of(4) => letters,
        letters => letters,
    };
    let mut data = Vec::with_capacity(letters.len() / 4 * 3 + 2);
    let (groups, rest) = letters.as_chunks::<4>();
    for &[a, b, c, d] in groups {
        let group = (bits(a)? << 18) | (bits(b)? << 12) | (bits(c)? << 6) | bits(d)?;
        let [_, bytes @ ..] = group.to_be_bytes();
        data.extend_from_slice(&bytes);
    }
    match *rest {
        [] => {}
        [a, b] => {
            let [_, first, ..] = ((bits(a)? << 18) | (bits(b)? << 12)).to_be_bytes();
            data.push(first);
        }
        [a, b, c] => {
            let [_, first, second, _] = ((bits(a)? << 18) | (bits(b)? << 12) | (bits(c)? << 6)).to_be_bytes();
            data.extend_from_slice(&[first, second]);
        }
        _ => return Err(ProtocolError::Base64),
    }
    Ok(data)
}

/// The six bits of a letter.
fn bits(letter: u8) -> Result<u32, ProtocolError> {
    let bits = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return Err(ProtocolError::Base64),
    };
    Ok(u32::from(bits))
}

#[cfg(test)]
mod tests;
