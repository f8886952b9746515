use super::*;

fn check(encoded: &Encoded, websocket: &[u8], polling: &str, packets: usize) {
    assert_eq!(encoded.websocket(), websocket);
    assert_eq!(encoded.polling(), polling.as_bytes());
    assert_eq!(encoded.packets(), packets);
    assert_eq!(encoded.bytes(), websocket.len());
}

#[test]
fn text_has_one_form_with_a_header_and_one_without() {
    check(&Encoded::text("42[\"a\"]"), b"\x81\x0742[\"a\"]", "42[\"a\"]", 1);
    check(&Encoded::ping(), b"\x81\x012", "2", 1);
    let long = "x".repeat(70_000);
    let encoded = Encoded::text(&long);
    assert_eq!(encoded.websocket().get(..10).unwrap(), b"\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x70");
    assert_eq!(encoded.polling(), long.as_bytes());
    let medium = Encoded::text(&long[..126]);
    assert_eq!(medium.websocket().get(..4).unwrap(), b"\x81\x7e\x00\x7e");
    assert_eq!(medium.polling(), &long.as_bytes()[..126]);
}

#[test]
fn binary_data_is_raw_on_a_websocket_and_base64_in_a_payload() {
    check(&Encoded::binary(Bytes::from_static(&[1, 2, 3, 4])), b"\x82\x04\x01\x02\x03\x04", "bAQIDBA==", 1);
}

#[test]
fn attachments_stay_with_their_packet() {
    let attachments = vec![Bytes::from_static(&[1, 2, 3]), Bytes::from_static(&[])];
    let encoded = Encoded::with_attachments("452-[\"a\"]", attachments);
    check(&encoded, b"\x81\x09452-[\"a\"]\x82\x03\x01\x02\x03\x82\x00", "452-[\"a\"]\u{1e}bAQID\u{1e}b", 3);
}

#[test]
fn clones_share_their_bytes() {
    let encoded = Encoded::text("42[\"shared\"]");
    let clone = encoded.clone();
    assert_eq!(encoded.websocket().as_ptr(), clone.websocket().as_ptr());
    assert_eq!(encoded.polling().as_ptr(), encoded.websocket()[2..].as_ptr());
    let binary = Encoded::binary(Bytes::from_static(&[9; 100]));
    assert_eq!(binary.clone().polling().as_ptr(), binary.polling().as_ptr());
}
