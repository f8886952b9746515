mod limits;

use super::*;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// The header of a client's frame that announces so many bytes.
fn header(first: u8, length: usize) -> Vec<u8> {
    let mut frame = vec![first];
    match length {
        0..=125 => frame.push(0x80 | u8::try_from(length).unwrap()),
        126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&u64::try_from(length).unwrap().to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    frame
}

/// A client's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len());
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// Everything that the bytes are, and how it ends.
fn read(decoder: &mut Decoder, mut input: &[u8]) -> (Vec<Message>, Option<Violation>) {
    let mut messages = Vec::new();
    loop {
        match decoder.decode(&mut input) {
            Ok(Some(message)) => messages.push(message),
            Ok(None) => return (messages, None),
            Err(violation) => return (messages, Some(violation)),
        }
    }
}

/// The bytes give these messages, whether they come at once or one by one.
fn check(bytes: &[u8], expected: &[Message], violation: Option<Violation>) {
    let at_once = read(&mut Decoder::new(Limits::default()), bytes);
    assert_eq!(at_once, (expected.to_vec(), violation), "{bytes:x?}");
    let mut decoder = Decoder::new(Limits::default());
    let (mut messages, mut end) = (Vec::new(), None);
    for byte in bytes {
        let (more, violation) = read(&mut decoder, &[*byte]);
        messages.extend(more);
        end = end.or(violation);
    }
    assert_eq!((messages.as_slice(), end), (expected, violation), "byte by byte: {bytes:x?}");
}

fn text(text: &str) -> Message {
    Message::Text(text.to_owned())
}

fn close(code: Option<u16>, reason: &str) -> Message {
    Message::Close { code, reason: reason.to_owned() }
}

#[test]
fn single_frames_are_messages() {
    check(&frame(FIN | TEXT, b""), &[text("")], None);
    check(&frame(FIN | TEXT, "4é€😀".as_bytes()), &[text("4é€😀")], None);
    check(&frame(FIN | BINARY, &[0, 1, 255]), &[Message::Binary(Bytes::from_static(&[0, 1, 255]))], None);
    check(&frame(FIN | PING, b"p"), &[Message::Ping(Bytes::from_static(b"p"))], None);
    check(&frame(FIN | PONG, b""), &[Message::Pong(Bytes::new())], None);
    for length in [1, 7, 8, 9, 125, 126, 127, 65_535, 65_536, 100_003] {
        let long = "x".repeat(length);
        check(&frame(FIN | TEXT, long.as_bytes()), &[text(&long)], None);
    }
}

#[test]
fn lengths_need_not_be_in_their_shortest_form() {
    let mut bytes = vec![FIN | TEXT, 0x80 | 126, 0, 1];
    bytes.extend_from_slice(&[0, 0, 0, 0, b'a']);
    check(&bytes, &[text("a")], None);
    let mut bytes = vec![FIN | TEXT, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 1];
    bytes.extend_from_slice(&[0, 0, 0, 0, b'b']);
    check(&bytes, &[text("b")], None);
}

#[test]
fn fragments_are_joined_and_control_frames_come_between() {
    let bytes = [
        frame(TEXT, "é".as_bytes().get(..1).unwrap()),
        frame(FIN | PING, b"1"),
        frame(CONTINUATION, b""),
        frame(CONTINUATION, "é".as_bytes().get(1..).unwrap()),
        frame(FIN | PONG, b"2"),
        frame(FIN | CONTINUATION, b"!"),
        frame(FIN | BINARY, b"next"),
    ]
    .concat();
    let expected = [
        Message::Ping(Bytes::from_static(b"1")),
        Message::Pong(Bytes::from_static(b"2")),
        text("é!"),
        Message::Binary(Bytes::from_static(b"next")),
    ];
    check(&bytes, &expected, None);
}

#[test]
fn fragments_out_of_order_are_refused() {
    check(&frame(FIN | CONTINUATION, b"a"), &[], Some(Violation::FragmentOrder));
    check(&frame(CONTINUATION, b"a"), &[], Some(Violation::FragmentOrder));
    for second in [TEXT, FIN | TEXT, BINARY, FIN | BINARY] {
        let bytes = [frame(TEXT, b"a"), frame(second, b"b")].concat();
        check(&bytes, &[], Some(Violation::FragmentOrder));
    }
}

#[test]
fn malformed_frames_are_refused() {
    check(&[FIN | TEXT, 1, b'a'], &[], Some(Violation::Unmasked));
    check(&[FIN | PING, 0], &[], Some(Violation::Unmasked));
    for bit in [0x40, 0x20, 0x10] {
        check(&frame(FIN | bit | TEXT, b"a"), &[], Some(Violation::ReservedBit));
    }
    for opcode in [0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        check(&frame(FIN | opcode, b""), &[], Some(Violation::ReservedOpcode));
    }
    for opcode in [CLOSE, PING, PONG] {
        check(&frame(opcode, b""), &[], Some(Violation::Control));
        check(&header(FIN | opcode, 126), &[], Some(Violation::Control));
    }
    check(&[FIN | TEXT, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], &[], Some(Violation::Length));
}

/// H06: a malformed frame in the same segment as the handshake is an error like any other.
#[test]
fn h06_a_malformed_first_frame_is_an_error_value() {
    check(&[0x7f, 0xff], &[], Some(Violation::ReservedBit));
    check(&[0x00], &[], None);
}

#[test]
fn text_is_utf8() {
    for bytes in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"a\xe2\x82"] {
        check(&frame(FIN | TEXT, bytes), &[], Some(Violation::NotUtf8));
        let split = [frame(TEXT, bytes), frame(FIN | CONTINUATION, b"")].concat();
        check(&split, &[], Some(Violation::NotUtf8));
        check(&frame(FIN | BINARY, bytes), &[Message::Binary(Bytes::copy_from_slice(bytes))], None);
    }
}

#[test]
fn close_frames_say_why() {
    check(&frame(FIN | CLOSE, b""), &[close(None, "")], None);
    for code in [1000_u16, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
        check(&frame(FIN | CLOSE, &code.to_be_bytes()), &[close(Some(code), "")], None);
    }
    check(&frame(FIN | CLOSE, b"\x03\xe8bye \xc3\xa9"), &[close(Some(1000), "bye é")], None);
    check(&frame(FIN | CLOSE, b"\x03"), &[], Some(Violation::CloseFrame));
    for code in [0_u16, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        check(&frame(FIN | CLOSE, &code.to_be_bytes()), &[], Some(Violation::CloseFrame));
    }
    check(&frame(FIN | CLOSE, b"\x03\xe8\xff"), &[], Some(Violation::NotUtf8));
}

#[test]
fn nothing_counts_after_a_close_frame() {
    let bytes = [frame(TEXT, b"half"), frame(FIN | CLOSE, b""), frame(FIN | TEXT, b"late"), vec![0xff; 9]].concat();
    check(&bytes, &[close(None, "")], None);
}

#[test]
fn a_violation_stays() {
    let mut decoder = Decoder::new(Limits::default());
    let bytes = [frame(FIN | TEXT, b"ok"), vec![0xff, 0xff], frame(FIN | TEXT, b"late")].concat();
    assert_eq!(read(&mut decoder, &bytes), (vec![text("ok")], Some(Violation::ReservedBit)));
    assert_eq!(read(&mut decoder, &frame(FIN | TEXT, b"late")), (vec![], Some(Violation::ReservedBit)));
    assert!(!decoder.is_amid_message());
}

#[test]
fn it_knows_when_it_is_amid_a_message() {
    let mut decoder = Decoder::new(Limits::default());
    let bytes = [frame(TEXT, b"ab"), frame(FIN | CONTINUATION, b"c")].concat();
    for (index, byte) in bytes.iter().enumerate() {
        assert_eq!(decoder.is_amid_message(), index > 0);
        read(&mut decoder, &[*byte]);
    }
    assert!(!decoder.is_amid_message());
}

#[test]
fn each_violation_has_its_close_code() {
    for (violation, code) in [
        (Violation::Unmasked, 1002),
        (Violation::ReservedBit, 1002),
        (Violation::ReservedOpcode, 1002),
        (Violation::Length, 1002),
        (Violation::Control, 1002),
        (Violation::FragmentOrder, 1002),
        (Violation::CloseFrame, 1002),
        (Violation::NotUtf8, 1007),
        (Violation::TooLarge, 1009),
        (Violation::TooManyFragments, 1008),
    ] {
        assert_eq!(violation.close_code(), code, "{violation}");
    }
}

#[test]
fn frames_of_the_server_are_unmasked_and_whole() {
    assert_eq!(encode_text("4hi"), &b"\x81\x034hi"[..]);
    assert_eq!(encode_binary(&[1, 2]), &b"\x82\x02\x01\x02"[..]);
    assert_eq!(encode_ping(b""), &b"\x89\x00"[..]);
    assert_eq!(encode_pong(b"x"), &b"\x8a\x01x"[..]);
    assert_eq!(encode_pong(&[7; 200]).len(), 2 + CONTROL_BYTES_MAX);
    assert_eq!(encode_close(None, "lost"), &b"\x88\x00"[..]);
    assert_eq!(encode_close(Some(1000), "bye"), &b"\x88\x05\x03\xe8bye"[..]);
    // 122 bytes of 123 fit, because the last character would be cut.
    assert_eq!(encode_close(Some(1002), &"é".repeat(100)).len(), 2 + 2 + 122);
    assert_eq!(encode_binary(&[0; 125]).get(..2).unwrap(), b"\x82\x7d");
    assert_eq!(encode_binary(&[0; 126]).get(..4).unwrap(), b"\x82\x7e\x00\x7e");
    assert_eq!(encode_binary(&[0; 65_535]).get(..4).unwrap(), b"\x82\x7e\xff\xff");
    assert_eq!(encode_binary(&[0; 65_536]).get(..10).unwrap(), b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00");
}
