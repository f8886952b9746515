use super::*;
use crate::codec::event_begins;

fn limits(message_bytes: usize) -> Limits {
    Limits { message_bytes, ..Limits::default() }
}

/// Messages above 64 KiB are large gifts, as in the server.
fn gifts() -> Limits {
    let judge = |first: &[u8]| event_begins(first, "live:gift");
    Limits { large: Some(LargeRule { above: 65_536, judge }), ..Limits::default() }
}

/// H21, H27: the header alone decides, whatever is announced and before anything is kept.
#[test]
fn h21_a_message_that_is_too_large_is_refused_by_its_header() {
    for length in [1_000_001, 1 << 30, usize::MAX >> 1] {
        let mut decoder = Decoder::new(limits(1_000_000));
        assert_eq!(read(&mut decoder, &header(FIN | TEXT, length)), (vec![], Some(Violation::TooLarge)));
    }
}

#[test]
fn a_message_of_just_the_limit_passes() {
    let exact = vec![b'x'; 1_000_000];
    let (messages, violation) = read(&mut Decoder::new(limits(1_000_000)), &frame(FIN | BINARY, &exact));
    assert_eq!((messages.len(), violation), (1, None));
}

/// H24, H27: the limit is that of the reassembled message.
#[test]
fn h24_fragments_count_together() {
    let mut decoder = Decoder::new(limits(10));
    let bytes = [frame(TEXT, b"12345"), frame(CONTINUATION, b"6789"), frame(FIN | PING, &[0; 100])].concat();
    let (messages, violation) = read(&mut decoder, &bytes);
    assert_eq!((messages.len(), violation), (1, None));
    assert_eq!(read(&mut decoder, &header(FIN | CONTINUATION, 2)), (vec![], Some(Violation::TooLarge)));
}

/// H24: tiny fragments, empty ones counted.
#[test]
fn h24_fragments_are_numbered() {
    for piece in [&b""[..], b"x"] {
        let mut decoder = Decoder::new(Limits::default());
        let mut bytes = frame(TEXT, piece);
        bytes.extend((2..32).flat_map(|_| frame(CONTINUATION, piece)));
        let whole = [bytes.clone(), frame(FIN | CONTINUATION, piece)].concat();
        assert_eq!(read(&mut decoder, &whole), (vec![text(&"x".repeat(32 * piece.len()))], None));

        let more = [bytes, frame(CONTINUATION, piece), frame(FIN | CONTINUATION, piece)].concat();
        assert_eq!(read(&mut decoder, &more), (vec![], Some(Violation::TooManyFragments)));
    }
}

#[test]
fn the_limit_changes_between_frames() {
    let mut decoder = Decoder::new(limits(4));
    assert_eq!(read(&mut decoder, &frame(FIN | TEXT, b"four")).1, None);
    decoder.set_message_bytes(6);
    assert_eq!(read(&mut decoder, &frame(FIN | TEXT, b"sixsix")).1, None);
    decoder.set_message_bytes(4);
    assert_eq!(read(&mut decoder, &header(FIN | TEXT, 5)).1, Some(Violation::TooLarge));
}

/// Whether a text message of 100 000 bytes that begins so is let through, and after how many bytes that is decided.
fn check_large(begins: &str, admitted: bool, decided_after: usize) {
    let mut payload = begins.as_bytes().to_vec();
    payload.resize(100_000, b' ');
    let mut decoder = Decoder::new(gifts());
    let bytes = frame(FIN | TEXT, &payload);
    let headed = 14 + decided_after;
    if admitted {
        assert_eq!(read(&mut decoder, &bytes), (vec![text(str::from_utf8(&payload).unwrap())], None), "{begins}");
    } else {
        let early = bytes.get(..headed - 1).unwrap();
        assert_eq!(read(&mut decoder, early), (vec![], None), "{begins}: too early");
        let rest = bytes.get(headed - 1..headed).unwrap();
        assert_eq!(read(&mut decoder, rest), (vec![], Some(Violation::TooLarge)), "{begins}: too late");
    }
}

#[test]
fn only_gifts_may_be_large_and_the_first_bytes_decide() {
    check_large(r#"42["live:gift",{"#, true, 0);
    check_large(r#"4217["live:gift",{"#, true, 0);
    check_large(r#"42/,["live:gift"]"#, true, 0);
    check_large(r#"42/,9007199254740991["live:gift"]"#, true, 0);
    check_large(r#"42["live:gifts""#, false, 14);
    check_large(r#"42["live:message""#, false, 10);
    check_large(r#"42/custom,["live:gift""#, false, 4);
    check_large(r#"42 ["live:gift""#, false, 3);
    check_large(r#"451-["live:gift""#, false, 2);
    check_large(r#"40{"token""#, false, 2);
    // An id that never ends is refused when the prefix is full.
    check_large(&format!("42{}", "1".repeat(200)), false, 64);
    check_large("é", false, 1);
}

#[test]
fn large_binary_data_is_refused_and_small_messages_are_not_looked_at() {
    assert_eq!(read(&mut Decoder::new(gifts()), &header(FIN | BINARY, 65_537)), (vec![], Some(Violation::TooLarge)));
    for kind in [TEXT, BINARY] {
        let bytes = frame(FIN | kind, &vec![b'x'; 65_536]);
        assert_eq!(read(&mut Decoder::new(gifts()), &bytes).1, None);
    }
}

#[test]
fn the_rule_looks_at_fragmented_messages_when_they_grow() {
    let first = frame(TEXT, &[b'x'; 1_000]);
    let mut decoder = Decoder::new(gifts());
    assert_eq!(read(&mut decoder, &[first, frame(CONTINUATION, &vec![b'x'; 64_536])].concat()), (vec![], None));
    assert_eq!(read(&mut decoder, &header(CONTINUATION, 1)), (vec![], Some(Violation::TooLarge)));

    let gift = [frame(TEXT, b"42["), frame(CONTINUATION, &vec![b'x'; 70_000])].concat();
    assert_eq!(read(&mut Decoder::new(gifts()), &gift), (vec![], Some(Violation::TooLarge)));

    let rest = [br#""live:gift",""#.as_slice(), &vec![b'x'; 70_000]].concat();
    let gift = [frame(TEXT, b"42["), frame(FIN | PING, b""), frame(FIN | CONTINUATION, &rest)].concat();
    let (messages, violation) = read(&mut Decoder::new(gifts()), &gift);
    assert_eq!((messages.len(), violation), (2, None));
}

/// A judge that never knows.
#[test]
fn a_message_that_ends_undecided_is_refused() {
    let large = Some(LargeRule { above: 4, judge: |_| Verdict::Undecided });
    let mut decoder = Decoder::new(Limits { large, ..Limits::default() });
    assert_eq!(read(&mut decoder, &frame(FIN | TEXT, b"12345")), (vec![], Some(Violation::TooLarge)));
}
