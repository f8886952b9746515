//! Any text as a Socket.IO packet: what can be read can be written and read again.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use socketio::{
    codec::{Decoded, Limits, decode, encode},
    packet::Packet,
};

fuzz_target!(|text: &str| {
    let Some(packet) = read(text) else { return };
    let encoded = encode(&packet);
    let (written, attachments) = encoded.parts();
    let written = written.expect("a packet has a text");
    let written = str::from_utf8(&written).expect("a packet is text");
    let again = read(written.strip_prefix('4').expect("an engine message")).expect("what we write can be read");
    // Numbers are read to the next float, and are stable from then on; attachments here are all alike.
    assert_eq!(encode(&again).polling(), encoded.polling());
    assert_eq!(again.namespace, packet.namespace);
    assert!(attachments.len() <= 10);
});

fn read(text: &str) -> Option<Packet> {
    let mut decoded = decode(text, Limits::default()).ok()?;
    loop {
        match decoded {
            Decoded::Packet(packet) => return Some(packet),
            Decoded::Awaiting(partial) => decoded = partial.attach(Bytes::from_static(b"x")).ok()?,
        }
    }
}
