use bytes::Bytes;
use proptest::prelude::*;
use socketio::websocket::{Decoder, Limits, Message, Violation};

/// A client's frame: the first byte, the payload, the mask.
type Frame = (u8, Vec<u8>, [u8; 4]);

fn written((first, payload, mask): &Frame) -> Vec<u8> {
    let mut bytes = vec![*first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ 0..=125), _) => bytes.push(0x80 | short),
        (_, Ok(medium)) => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&u64::try_from(payload.len()).unwrap().to_be_bytes());
        }
    }
    bytes.extend_from_slice(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// Frames of all kinds, most of them well-formed.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        4 => Just(0x81_u8),
        4 => Just(0x82),
        2 => Just(0x01),
        2 => Just(0x00),
        2 => Just(0x80),
        2 => Just(0x89),
        1 => Just(0x8a),
        1 => Just(0x88),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        ".{0,20}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..10),
        (100_usize..400).prop_map(|length| vec![b'x'; length]),
    ];
    let frames = proptest::collection::vec((first, payload, any::<[u8; 4]>()), 0..8);
    frames.prop_map(|frames| frames.iter().flat_map(written).collect())
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Message>, Option<Violation>) {
    let mut decoder = Decoder::new(Limits { message_bytes: 500, ..Limits::default() });
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

/// The bytes in pieces of the given lengths, again and again.
fn pieces<'a>(mut bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for length in lengths.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at_checked(*length).unwrap_or((bytes, &[]));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

proptest! {
    #[test]
    fn it_does_not_matter_in_what_pieces_bytes_arrive(
        bytes in frames(),
        lengths in proptest::collection::vec(1_usize..40, 1..6),
    ) {
        let whole = read([bytes.as_slice()]);
        prop_assert_eq!(&read(pieces(&bytes, &lengths)), &whole);
        prop_assert_eq!(&read(pieces(&bytes, &[1])), &whole);
    }

    #[test]
    fn any_bytes_are_messages_or_a_violation(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read([bytes.as_slice()]);
    }

    #[test]
    fn a_message_comes_as_it_was_sent(
        payload in proptest::collection::vec(any::<u8>(), 0..500),
        mask: [u8; 4],
        lengths in proptest::collection::vec(1_usize..600, 1..4),
        cuts in proptest::collection::vec(0_usize..500, 0..5),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < payload.len()).collect();
        cuts.sort_unstable();
        let mut bytes = Vec::new();
        let mut from = 0;
        for (index, cut) in cuts.iter().enumerate() {
            let fragment = payload.get(from..*cut).unwrap().to_vec();
            bytes.extend(written(&(if index == 0 { 0x02 } else { 0x00 }, fragment, mask)));
            from = *cut;
        }
        let last = payload.get(from..).unwrap().to_vec();
        bytes.extend(written(&(if cuts.is_empty() { 0x82 } else { 0x80 }, last, mask)));
        let expected = (vec![Message::Binary(Bytes::from(payload))], None);
        prop_assert_eq!(read(pieces(&bytes, &lengths)), expected);
    }
}
