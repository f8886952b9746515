//! Any bytes, in any pieces: never a panic, always the same messages, never more kept than was sent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socketio::{
    codec::event_begins,
    websocket::{Decoder, LargeRule, Limits, Message, Violation},
};

fuzz_target!(|data: &[u8]| {
    let Some((length, bytes)) = data.split_first() else { return };
    let length = usize::from(*length).max(1);
    let whole = read([bytes].into_iter());
    assert_eq!(read(bytes.chunks(length)), whole);
});

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Message>, Option<Violation>) {
    let large = LargeRule { above: 200, judge: |first| event_begins(first, "live:gift") };
    let mut decoder = Decoder::new(Limits { message_bytes: 1_000, fragments: 8, large: Some(large) });
    let mut messages = Vec::new();
    for mut piece in pieces {
        loop {
            match decoder.decode(&mut piece) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(violation) => return (messages, Some(violation)),
            }
        }
    }
    (messages, None)
}
