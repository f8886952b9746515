use bytes::Bytes;
use serde_json::Value;

use super::*;

/// Decodes a packet and its attachments.
fn assembled(text: &str, attachments: &[&'static [u8]]) -> Result<Packet, ProtocolError> {
    let mut decoded = decode(text, Limits::default())?;
    for attachment in attachments {
        let Decoded::Awaiting(partial) = decoded else { panic!("{text} takes no more attachments") };
        decoded = partial.attach(Bytes::from_static(attachment))?;
    }
    match decoded {
        Decoded::Packet(packet) => Ok(packet),
        Decoded::Awaiting(_) => panic!("{text} takes more attachments"),
    }
}

fn args(packet: Packet) -> Args {
    match packet.body {
        Body::Event { args, .. } | Body::Ack { args, .. } => args,
        other => panic!("no arguments: {other:?}"),
    }
}

const P0: &str = r#"{"_placeholder":true,"num":0}"#;
const P1: &str = r#"{"_placeholder":true,"num":1}"#;

#[test]
fn attachments_come_after_their_packet() {
    let packet = assembled(&format!(r#"51-["message",{P0}]"#), &[&[1, 2, 3]]).unwrap();
    assert_eq!(packet.namespace, Namespace::ROOT);
    let (values, attachments) = args(packet).into_parts();
    assert_eq!(values, [Args::placeholder(0)]);
    assert_eq!(attachments, [Bytes::from_static(&[1, 2, 3])]);

    let packet = assembled(&format!(r#"52-/custom,7["m",{{"a":[{P1}]}},{P0}]"#), &[b"zero", b"one"]).unwrap();
    assert_eq!(packet.namespace.as_str(), "/custom");
    assert!(matches!(&packet.body, Body::Event { name, ack: Some(7), .. } if name == "m"));

    let packet = assembled(&format!(r#"61-12[{P0}]"#), &[b"x"]).unwrap();
    assert!(matches!(packet.body, Body::Ack { id: 12, .. }));
}

/// Placeholders are matched by number, and numbered anew in the order in which they stand.
#[test]
fn what_is_relayed_is_numbered_anew() {
    let packet = assembled(&format!(r#"52-["m",{{"a":[{P1}]}},{P0}]"#), &[b"zero", b"one"]).unwrap();
    let encoded = encode(&packet);
    let (text, attachments) = encoded.parts();
    assert_eq!(text.unwrap(), format!(r#"452-["m",{{"a":[{P0}]}},{P1}]"#).as_bytes());
    assert_eq!(attachments, [Bytes::from_static(b"one"), Bytes::from_static(b"zero")]);
    let ack = Packet { namespace: Namespace::ROOT, body: Body::Ack { id: 4, args: args(packet) } };
    assert_eq!(encode(&ack).parts().0.unwrap(), format!(r#"462-4[{{"a":[{P0}]}},{P1}]"#).as_bytes());
}

#[test]
fn the_binary_type_is_used_only_when_something_binary_is_inside() {
    let encoded = |values: Vec<Value>, attachments: Vec<Bytes>| {
        let args = Args::with_attachments(values, attachments).unwrap();
        encode_event(&Namespace::ROOT, "m", &args, None)
    };
    let bytes = Bytes::from_static(b"x");
    assert_eq!(encoded(vec![json!(1)], vec![bytes.clone()]).polling(), &br#"42["m",1]"#[..]);
    // Data that only looks like a placeholder is data in a text packet.
    let text = format!(r#"42["m",{P0}]"#);
    assert_eq!(encoded(vec![Args::placeholder(0)], vec![]).polling(), text.as_bytes());
    assert_eq!(decoded(&format!(r#"2["m",{P0}]"#)).map(args).unwrap().attachments().len(), 0);
    // Beside attachments it must not confuse the client.
    let odd = encoded(vec![Args::placeholder(0), Args::placeholder(0), Args::placeholder(9)], vec![bytes]);
    assert_eq!(odd.polling(), format!("451-[\"m\",{P0},null,null]\u{1e}beA==").as_bytes());
    assert_eq!(odd.packets(), 2);
}

/// H12: the announced number is checked before anything is kept for it. H13: none is no number for a binary packet.
#[test]
fn h12_h13_the_number_of_attachments_is_limited() {
    for count in ["", "0", "00", "11", "99999", "18446744073709551616", "-1", "+1", "1.0", "a", "é", " 1", "0x1"] {
        for kind in ["5", "6"] {
            let text = format!(r#"{kind}{count}-1["m",{P0}]"#);
            assert_eq!(assembled(&text, &[]), Err(ProtocolError::AttachmentCount), "{text}");
        }
    }
    for text in ["5", "51", "6", "59999", "51[\"m\"]", "5é", "5[\"m\"]"] {
        assert_eq!(assembled(text, &[]), Err(ProtocolError::AttachmentCount), "{text}");
    }
    assert_eq!(assembled("51-", &[]), Err(ProtocolError::Json));
    assert_eq!(assembled("51-[]", &[]), Err(ProtocolError::Shape));
    assert_eq!(assembled("61-[]", &[]), Err(ProtocolError::AckId));
    assert_eq!(assembled(&format!(r#"51-["connect",{P0}]"#), &[]), Err(ProtocolError::EventName));
    let fewer = Limits { attachments: 0, ..Limits::default() };
    assert_eq!(decode(&format!(r#"51-["m",{P0}]"#), fewer).map(|_| ()), Err(ProtocolError::AttachmentCount));
    let more = Limits { attachments: 1_000, ..Limits::default() };
    assert_eq!(decode(r#"511-["m"]"#, more).map(|_| ()), Err(ProtocolError::AttachmentCount));
    assert_eq!(Args::with_attachments(vec![], vec![Bytes::new(); 11]).map_err(|e| e.0), Err(11));
}

/// H09: a placeholder's number is one of the attachments', each once.
#[test]
fn h09_placeholders_and_attachments_match_one_to_one() {
    for num in ["1", "-1", "0.0", "0.5", "1e0", "\"0\"", "null", "{}", "[0]", "\"splice\"", "18446744073709551616"] {
        let text = format!(r#"51-["m",{{"_placeholder":true,"num":{num}}}]"#);
        assert_eq!(assembled(&text, &[]), Err(ProtocolError::Placeholder), "{text}");
    }
    for args in [r#"{"_placeholder":true}"#.to_owned(), format!("{P0},{P0}"), "1".to_owned(), P1.to_owned()] {
        let text = format!(r#"51-["m",{args}]"#);
        assert_eq!(assembled(&text, &[]), Err(ProtocolError::Placeholder), "{text}");
    }
    assert_eq!(assembled(&format!(r#"52-["m",{P0}]"#), &[]), Err(ProtocolError::Placeholder));
}

/// H12: together they are no larger than a message.
#[test]
fn h12_attachments_are_limited_together() {
    let limits = Limits { attachment_bytes: 5, ..Limits::default() };
    let start = || match decode(&format!(r#"52-["m",{P0},{P1}]"#), limits) {
        Ok(Decoded::Awaiting(partial)) => partial,
        other => panic!("{other:?}"),
    };
    let Ok(Decoded::Awaiting(partial)) = start().attach(Bytes::from_static(b"abc")) else { panic!("one is missing") };
    assert_eq!(partial.attach(Bytes::from_static(b"def")).map(|_| ()), Err(ProtocolError::TooLarge));
    assert_eq!(start().attach(Bytes::from_static(b"abcdef")).map(|_| ()), Err(ProtocolError::TooLarge));
}
