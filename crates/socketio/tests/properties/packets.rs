use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Map, Value};
use socketio::{
    codec::{Decoded, Limits, decode, encode},
    packet::{ACK_ID_MAX, Args, Body, Namespace, Packet, RESERVED_EVENTS},
};

/// JSON that has no placeholders in it.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1_000_000_i32..1_000_000).prop_map(|number| Value::from(f64::from(number) / 64.0)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((".{0,6}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn namespace() -> impl Strategy<Value = Namespace> {
    prop_oneof![Just(Namespace::ROOT), "/[^,]{0,10}".prop_map(|name| Namespace::new(&name))]
}

fn args() -> impl Strategy<Value = Args> {
    let parts = (proptest::collection::vec(json(), 0..4), proptest::collection::vec(any::<Vec<u8>>(), 0..=10));
    parts.prop_map(|(mut values, data)| {
        // Each in another object, so that placeholders stand anywhere.
        values.extend((0..data.len()).map(|num| {
            let member = ("deep".to_owned(), Value::from(vec![Args::placeholder(num)]));
            Value::Object(Map::from_iter([member]))
        }));
        Args::with_attachments(values, data.into_iter().map(Bytes::from).collect()).unwrap()
    })
}

fn body() -> impl Strategy<Value = Body> {
    let object = || proptest::collection::vec((".{0,6}", json()), 0..4);
    let name = ".{0,12}".prop_filter("reserved", |name| !RESERVED_EVENTS.contains(&name.as_str()));
    prop_oneof![
        Just(Body::Connect(None)),
        object().prop_map(|members| Body::Connect(Some(members.into_iter().collect()))),
        Just(Body::Disconnect),
        (name, args(), proptest::option::of(0..=ACK_ID_MAX)).prop_map(|(name, args, ack)| Body::Event {
            name,
            args,
            ack
        }),
        (0..=ACK_ID_MAX, args()).prop_map(|(id, args)| Body::Ack { id, args }),
        object().prop_map(|members| Body::ConnectError(Value::Object(members.into_iter().collect()))),
    ]
}

/// What a client would make of an encoded packet.
fn decoded(packet: &Packet) -> Packet {
    let encoded = encode(packet);
    let (text, attachments) = encoded.parts();
    let text = text.unwrap();
    let text = str::from_utf8(&text).unwrap().strip_prefix('4').unwrap();
    let mut decoded = decode(text, Limits { json_depth: 100, ..Limits::default() }).unwrap();
    for attachment in attachments {
        let Decoded::Awaiting(partial) = decoded else { panic!("{text}") };
        decoded = partial.attach(attachment.clone()).unwrap();
    }
    match decoded {
        Decoded::Packet(packet) => packet,
        Decoded::Awaiting(partial) => panic!("{partial:?}"),
    }
}

proptest! {
    #[test]
    fn packets_round_trip(namespace in namespace(), body in body()) {
        let packet = Packet { namespace, body };
        prop_assert_eq!(decoded(&packet), packet);
    }

    #[test]
    fn any_text_is_a_packet_or_an_error(text in ".{0,60}") {
        decode(&text, Limits::default()).ok();
    }

    /// Nearly right is more often wrong in an interesting place.
    #[test]
    fn nearly_right_text_is_a_packet_or_an_error(
        text in r#"[0-7]([0-9]{0,3}-)?(/[a-zé]{0,3},?)?[0-9]{0,18}(\["?[a-zé]{0,3}"?,?|\{"_placeholder":true,"num":[0-3]\}|\]|\}|,){0,5}"#
    ) {
        decode(&text, Limits::default()).ok();
    }

    /// A packet cut or bent at any place.
    #[test]
    fn mutilated_packets_are_a_packet_or_an_error(namespace in namespace(), body in body(), at: prop::sample::Index, into: char) {
        let encoded = encode(&Packet { namespace, body });
        let text = encoded.parts().0.unwrap();
        let mut characters: Vec<char> = str::from_utf8(&text).unwrap().chars().skip(1).collect();
        let at = at.index(characters.len());
        let cut: String = characters.iter().take(at).collect();
        decode(&cut, Limits::default()).ok();
        if let Some(character) = characters.get_mut(at) {
            *character = into;
        }
        decode(&characters.into_iter().collect::<String>(), Limits::default()).ok();
    }
}
