use super::*;

fn check(data: &[u8], text: &str) {
    let mut encoded = Vec::new();
    encode(data, &mut encoded);
    assert_eq!(encoded, text.as_bytes());
    assert_eq!(decode(text).as_deref(), Ok(data));
    assert_eq!(decode(text.trim_end_matches('=')).as_deref(), Ok(data), "without padding");
}

#[test]
fn bytes_and_letters_mean_each_other() {
    check(b"", "");
    check(b"f", "Zg==");
    check(b"fo", "Zm8=");
    check(b"foo", "Zm9v");
    check(b"foob", "Zm9vYg==");
    check(&[0xff, 0xef, 0xbe], "/+++");
    check(&[1, 2, 3, 4], "AQIDBA==");
}

#[test]
fn anything_else_is_an_error() {
    for text in
        ["A", "AAAAA", "A===", "=", "====", "AA=A", "Zg==Zg==", "Zm8==", "Zg=", "Z-8=", "é", "Zm 8=", "\0\0\0\0"]
    {
        assert_eq!(decode(text), Err(ProtocolError::Base64), "{text}");
    }
}
