mod binary;

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::{
    error::ProtocolError,
    packet::{Args, Body, Namespace, Packet},
};

fn decoded(text: &str) -> Result<Packet, ProtocolError> {
    match decode(text, Limits::default())? {
        Decoded::Packet(packet) => Ok(packet),
        Decoded::Awaiting(partial) => panic!("{text} waits: {partial:?}"),
    }
}

fn event(namespace: &str, name: &str, args: &serde_json::Value, ack: Option<u64>) -> Packet {
    let args = Args::from(args.as_array().unwrap().clone());
    Packet { namespace: Namespace::new(namespace), body: Body::Event { name: name.to_owned(), args, ack } }
}

/// The text means the packet, and back; `written` is its normal form.
fn check(text: &str, packet: &Packet, written: &str) {
    assert_eq!(decoded(text).as_ref(), Ok(packet), "{text}");
    assert_eq!(encode(packet).polling(), format!("4{written}").as_bytes(), "{text}");
}

#[test]
fn events_have_a_name_and_arguments() {
    let text = r#"2["hello",1,{"z":1,"a":{"y":2.50,"b":[]}},"é\u0000\"",18446744073709551615]"#;
    let args = json!([1, {"z": 1, "a": {"y": 2.5, "b": []}}, "é\u{0}\"", u64::MAX]);
    check(text, &event("/", "hello", &args, None), &text.replace("2.50", "2.5"));
    check(r#"2["x"]"#, &event("/", "x", &json!([]), None), r#"2["x"]"#);
    check(r#"20["x"]"#, &event("/", "x", &json!([]), Some(0)), r#"20["x"]"#);
    check(
        r#"29007199254740991["x"]"#,
        &event("/", "x", &json!([]), Some(9_007_199_254_740_991)),
        r#"29007199254740991["x"]"#,
    );
    check(r#"2/custom,12["x",[]]"#, &event("/custom", "x", &json!([[]]), Some(12)), r#"2/custom,12["x",[]]"#);
    check(r#"2/,["x"]"#, &event("/", "x", &json!([]), None), r#"2["x"]"#);
    check(r#"2/é?a=1,["x"]"#, &event("/é?a=1", "x", &json!([]), None), r#"2/é?a=1,["x"]"#);
    check("2 [ \"x\" ] ", &event("/", "x", &json!([]), None), r#"2["x"]"#);
    check(r#"2[""]"#, &event("/", "", &json!([]), None), r#"2[""]"#);
    // Fuzzing found that a fast parser reads the nearest number but one.
    let number = r#"2["x",6.644444444444444e+105]"#;
    check(number, &event("/", "x", &json!([6.644_444_444_444_444e105]), None), number);
    assert_eq!(decoded("2[7,1]"), Ok(event("/", "7", &json!([1]), None)), "a number is a name too");
}

#[test]
fn the_other_packets_are_as_the_libraries_write_them() {
    let packet = |namespace, body| Packet { namespace: Namespace::new(namespace), body };
    let token = json!({"token": 1}).as_object().cloned();
    check("0", &packet("/", Body::Connect(None)), "0");
    check(r#"0{"token":1}"#, &packet("/", Body::Connect(token.clone())), r#"0{"token":1}"#);
    check(r#"0/custom,{"token":1}"#, &packet("/custom", Body::Connect(token.clone())), r#"0/custom,{"token":1}"#);
    check("0/custom", &packet("/custom", Body::Connect(None)), "0/custom,");
    check("0/custom,", &packet("/custom", Body::Connect(None)), "0/custom,");
    // What the Swift client writes.
    check(r#"0/,{"token":1}"#, &packet("/", Body::Connect(token)), r#"0{"token":1}"#);
    check("1/,", &packet("/", Body::Disconnect), "1");
    check("1", &packet("/", Body::Disconnect), "1");
    check("1/custom,", &packet("/custom", Body::Disconnect), "1/custom,");
    let args = Args::from(vec![json!("a")]);
    check(r#"312["a"]"#, &packet("/", Body::Ack { id: 12, args: args.clone() }), r#"312["a"]"#);
    check("3/custom,0[]", &packet("/custom", Body::Ack { id: 0, args: Args::default() }), "3/custom,0[]");
    assert_eq!(decoded("3007[\"a\"]"), Ok(packet("/", Body::Ack { id: 7, args })));
    let error = json!({"message": "Invalid namespace"});
    check(
        r#"4/x,{"message":"Invalid namespace"}"#,
        &packet("/x", Body::ConnectError(error)),
        r#"4/x,{"message":"Invalid namespace"}"#,
    );
}

#[test]
fn malformed_packets_are_error_values() {
    use ProtocolError as E;
    for (text, error) in [
        ("", E::PacketType),
        ("7", E::PacketType),
        ("abc", E::PacketType),
        ("é", E::PacketType),
        ("2", E::Json),
        ("2{}", E::Shape),
        ("2[]", E::Shape),
        ("2null", E::Shape),
        ("2\"x\"", E::Shape),
        ("2[{}]", E::EventName),
        ("2[null]", E::EventName),
        ("2[[\"x\"]]", E::EventName),
        ("2[true]", E::EventName),
        ("2abc[\"x\"]", E::Json),
        ("2[\"x\"", E::Json),
        ("2[\"x\"]]", E::Json),
        ("2[\"x\",1e400]", E::Json),
        ("2[\"x\"]é", E::Json),
        ("29007199254740992[\"x\"]", E::AckId),
        ("299999999999999999999999999[\"x\"]", E::AckId),
        ("2-1[\"x\"]", E::Json),
        ("2/custom[\"x\"]", E::Json),
        ("0\"token\"", E::Shape),
        ("0[]", E::Shape),
        ("0null", E::Shape),
        ("0{", E::Json),
        ("0{\"a\"}", E::Json),
        ("01{}", E::AckId),
        ("1{}", E::Shape),
        ("11", E::AckId),
        ("3[]", E::AckId),
        ("31", E::Json),
        ("31{}", E::Shape),
        ("4", E::Json),
        ("41", E::AckId),
        ("4[]", E::Shape),
    ] {
        assert_eq!(decoded(text), Err(error), "{text}");
    }
}

/// H10, H11: names that are no strings, or that the libraries use themselves.
#[test]
fn h10_h11_reserved_names_are_refused() {
    for name in RESERVED {
        assert_eq!(decoded(&format!(r#"2["{name}",1]"#)), Err(ProtocolError::EventName), "{name}");
    }
    assert_eq!(decoded(r#"2[{"toString":1}]"#), Err(ProtocolError::EventName));
    assert!(decoded(r#"2["Connect"]"#).is_ok());
}

const RESERVED: [&str; 7] =
    ["connect", "connect_error", "disconnect", "disconnecting", "error", "newListener", "removeListener"];

fn nested(depth: usize) -> String {
    format!("2[\"x\",{}{}]", "[".repeat(depth - 1), "]".repeat(depth - 1))
}

#[test]
fn nesting_is_limited_without_recursion() {
    assert!(decoded(&nested(32)).is_ok());
    assert_eq!(decoded(&nested(33)), Err(ProtocolError::TooDeep));
    assert_eq!(decoded(&nested(20_000)), Err(ProtocolError::TooDeep));
    assert_eq!(decoded(&format!("2[{}", "{\"a\":[".repeat(100_000))), Err(ProtocolError::TooDeep));
    let brackets = format!(r#"2["x","{}\"{}"]"#, "[".repeat(50), "{".repeat(50));
    assert!(decoded(&brackets).is_ok(), "brackets in strings do not nest");
    let deep = Limits { json_depth: 1_000, ..Limits::default() };
    assert!(decode(&nested(127), deep).is_ok());
    assert_eq!(decode(&nested(200), deep).map(|_| ()), Err(ProtocolError::Json), "serde_json has a limit too");
}

/// H05: time grows with the length, no faster.
#[test]
fn h05_large_packets_take_linear_time() {
    // Coarse on purpose: a quadratic decoder would take minutes.
    let text = format!(r#"2["x","{}",[{}1]]"#, "é\\\"".repeat(150_000), "{\"a\":1},".repeat(50_000));
    #[expect(clippy::disallowed_methods, reason = "it measures")]
    let start = std::time::Instant::now();
    assert!(decoded(&text).is_ok());
    assert_eq!(decoded(&"9".repeat(1_000_000)), Err(ProtocolError::PacketType));
    assert_eq!(decoded(&format!("2{}", "9".repeat(1_000_000))), Err(ProtocolError::AckId));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_is_sent_is_text_with_the_key_order_kept() {
    let args = Args::from(json!({"z": 1, "a": [true, null], "m": {"y": 0, "b": 0}}));
    let encoded = encode_event(&Namespace::ROOT, "live:gift", &args, None);
    assert_eq!(encoded.polling(), &br#"42["live:gift",{"z":1,"a":[true,null],"m":{"y":0,"b":0}}]"#[..]);
    assert_eq!(
        encode_event(&Namespace::new("custom"), "x", &Args::default(), Some(3)).polling(),
        &b"42/custom,3[\"x\"]"[..]
    );
}
