//! Polling payloads: packets joined by U+001E.

use std::collections::VecDeque;

use super::Packet;
use crate::{
    encoded::{Encoded, SEPARATOR},
    error::ProtocolError,
    settings::Settings,
};

/// The packets of a payload, read one by one: those before a malformed one count.
///
/// At most `packets_max` are read; what follows them is an error, found without looking at it.
///
/// # Errors
/// [`ProtocolError::NotUtf8`] for the payload; each item as [`Packet::from_polling`], or
/// [`ProtocolError::TooManyPackets`].
pub fn split(
    payload: &[u8],
    packets_max: usize,
) -> Result<impl Iterator<Item = Result<Packet<'_>, ProtocolError>>, ProtocolError> {
    let text = str::from_utf8(payload).map_err(|_| ProtocolError::NotUtf8)?;
    let packets = text.split(char::from(SEPARATOR)).enumerate().take(packets_max.saturating_add(1));
    Ok(packets.map(
        move |(index, packet)| {
            if index < packets_max { Packet::from_polling(packet) } else { Err(ProtocolError::TooManyPackets) }
        },
    ))
}

/// Takes the answer of a poll from the front of a queue: whole packets in order, at least one, then as many as fit
/// into the settings' limits; then `last`, when there is one.
#[must_use]
pub fn answer(queue: &mut VecDeque<Encoded>, last: Option<&Packet<'_>>, settings: &Settings) -> Vec<u8> {
    let room = settings.answer_packets.saturating_sub(usize::from(last.is_some()));
    let (mut payload, mut packets) = (Vec::new(), 0_usize);
    while let Some(next) = queue.front() {
        let form = next.polling();
        let fits = packets + next.packets() <= room && payload.len() + form.len() < settings.answer_bytes;
        if packets > 0 && !fits {
            break;
        }
        separate(&mut payload);
        payload.extend_from_slice(&form);
        packets += next.packets();
        queue.pop_front();
    }
    if let Some(last) = last {
        separate(&mut payload);
        last.push_polling(&mut payload);
    }
    payload
}

fn separate(payload: &mut Vec<u8>) {
    if !payload.is_empty() {
        payload.push(SEPARATOR);
    }
}

#[cfg(test)]
mod tests;
