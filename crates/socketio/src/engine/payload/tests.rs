use bytes::Bytes;

use super::*;

fn read(payload: &[u8]) -> Vec<Result<Packet<'_>, ProtocolError>> {
    split(payload, 64).unwrap().collect()
}

#[test]
fn packets_are_separated_by_one_character() {
    assert_eq!(read(b"4hello"), [Ok(Packet::Message("hello"))]);
    let mixed = "4é€\u{1e}2\u{1e}bAQIDBA==\u{1e}3probe\u{1e}1\u{1e}6\u{1e}5\u{1e}0{}".as_bytes();
    let expected = [
        Packet::Message("é€"),
        Packet::Ping(""),
        Packet::Binary(Bytes::from_static(&[1, 2, 3, 4])),
        Packet::Pong("probe"),
        Packet::Close,
        Packet::Noop,
        Packet::Upgrade,
        Packet::Open("{}"),
    ];
    assert_eq!(read(mixed), expected.map(Ok));
}

#[test]
fn those_before_a_malformed_packet_count() {
    for (payload, error) in [
        ("", ProtocolError::Empty),
        ("4a\u{1e}", ProtocolError::Empty),
        ("4a\u{1e}\u{1e}4b", ProtocolError::Empty),
        ("4a\u{1e}abc", ProtocolError::EngineType),
        ("4a\u{1e}7", ProtocolError::EngineType),
        ("4a\u{1e}é", ProtocolError::EngineType),
        ("4a\u{1e}b!", ProtocolError::Base64),
        ("4a\u{1e}bé", ProtocolError::Base64),
    ] {
        let packets = read(payload.as_bytes());
        let first = packets.iter().position(Result::is_err).unwrap();
        assert_eq!(packets[first], Err(error), "{payload}");
        assert!(packets[..first].iter().all(|packet| *packet == Ok(Packet::Message("a"))));
    }
    assert!(matches!(split(b"4\xff", 64).map(|_| ()), Err(ProtocolError::NotUtf8)));
}

/// H04: many tiny packets.
#[test]
fn h04_the_number_of_packets_is_limited() {
    let packets = |count: usize| vec!["2"; count].join("\u{1e}");
    assert!(read(packets(64).as_bytes()).iter().all(Result::is_ok));
    let many = packets(524_288);
    let read = read(many.as_bytes());
    assert_eq!((read.len(), read.last()), (65, Some(&Err(ProtocolError::TooManyPackets))));
}

fn queue(texts: &[&str]) -> VecDeque<Encoded> {
    texts.iter().map(|text| Encoded::text(text)).collect()
}

fn check_answer(queued: &[&str], last: Option<&Packet<'_>>, expected: &str, left: usize) {
    let mut queue = queue(queued);
    let payload = answer(&mut queue, last, &Settings::default());
    assert_eq!(String::from_utf8(payload).unwrap(), expected);
    assert_eq!(queue.len(), left);
}

#[test]
fn an_answer_is_all_that_is_queued_in_order() {
    check_answer(&["4a"], None, "4a", 0);
    check_answer(&["4a", "2", "4b"], None, "4a\u{1e}2\u{1e}4b", 0);
    check_answer(&[], Some(&Packet::Noop), "6", 0);
    check_answer(&["41"], Some(&Packet::Close), "41\u{1e}1", 0);
}

/// python-engineio drops the connection when an answer has more than 16 packets.
#[test]
fn an_answer_has_at_most_sixteen_packets() {
    let sixteen = ["2"; 16].join("\u{1e}");
    check_answer(&["2"; 40], None, &sixteen, 24);
    check_answer(&["2"; 40], Some(&Packet::Close), &format!("{}\u{1e}1", ["2"; 15].join("\u{1e}")), 25);
}

#[test]
fn a_packet_and_its_attachments_come_in_one_answer() {
    let with_ten = || Encoded::with_attachments("4510-[]", vec![Bytes::from_static(&[1]); 10]);
    let mut queue = VecDeque::from([with_ten(), with_ten()]);
    for left in [1, 0] {
        let payload = answer(&mut queue, None, &Settings::default());
        assert_eq!(payload.split(|byte| *byte == SEPARATOR).count(), 11);
        assert_eq!(queue.len(), left);
    }
}

#[test]
fn an_answer_is_no_larger_than_a_phone_can_take_but_has_a_packet() {
    let (half, whole) = ("x".repeat(140_000), "y".repeat(900_000));
    check_answer(&[&half, &half, "2"], None, &half, 2);
    check_answer(&["2", &whole], None, "2", 1);
    check_answer(&[&whole, "2"], None, &whole, 1);
}
