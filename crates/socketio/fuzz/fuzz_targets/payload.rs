//! Any bytes as a polling payload: what can be read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socketio::engine::{Packet, Query, split};

fuzz_target!(|data: &[u8]| {
    let Ok(packets) = split(data, 64) else { return };
    for packet in packets.map_while(Result::ok) {
        let mut written = Vec::new();
        packet.push_polling(&mut written);
        let text = str::from_utf8(&written).expect("packets are text");
        assert_eq!(Packet::from_polling(text), Ok(packet));
    }
    if let Ok(text) = str::from_utf8(data) {
        Query::parse(text);
    }
});
