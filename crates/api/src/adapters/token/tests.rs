use serde_json::json;

use super::*;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn sign(header: &Header, claims: &Value, secret: &[u8]) -> String {
    encode(header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

fn claims() -> Claims {
    Claims::issue(UserId::new(23_112_600), "089123456789", 3, DateTime::from_timestamp(1_795_000_000, 0).unwrap())
}

#[test]
fn a_signed_token_says_what_was_signed() {
    let signer = JwtSigner::new(SECRET);
    let token = signer.sign(&claims()).unwrap();
    assert_eq!(signer.verify(&token), Ok(claims()));
    assert_eq!(JwtSigner::new(b"another secret of 32 bytes ......").verify(&token), Err(ForgedToken));
}

#[test]
fn the_example_of_the_standards_site_verifies() {
    // The HS256 example that jwt.io shows, with its public secret; its claims are not ours, so only the signature counts.
    let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
    let signer = JwtSigner::new(b"your-256-bit-secret");
    assert!(decode::<Value>(token, &signer.verifying, &signer.validation).is_ok());
    assert_eq!(signer.verify(token), Err(ForgedToken));
}

fn check(claims: &Value, accepted: bool) {
    let signer = JwtSigner::new(SECRET);
    let token = sign(&Header::new(Algorithm::HS256), claims, SECRET);
    assert_eq!(signer.verify(&token).is_ok(), accepted, "{claims}");
}

#[test]
fn claims_have_the_types_that_the_server_issues() {
    check(&json!({"id": 1, "phone": "08", "iat": 1, "exp": 2}), true);
    check(&json!({"id": 1, "phone": "08", "iat": 1, "exp": 2, "epoch": 0}), true);
    for wrong in [
        json!({"id": "1", "phone": "08", "iat": 1, "exp": 2}),
        json!({"id": 0, "phone": "08", "iat": 1, "exp": 2}),
        json!({"id": 1.5, "phone": "08", "iat": 1, "exp": 2}),
        json!({"phone": "08", "iat": 1, "exp": 2}),
        json!({"id": 1, "iat": 1, "exp": 2}),
        json!({"id": 1, "phone": "", "iat": 1, "exp": 2}),
        json!({"id": 1, "phone": 8, "iat": 1, "exp": 2}),
        json!({"id": 1, "phone": "08", "iat": 1}),
        json!({"id": 1, "phone": "08", "exp": 2}),
        json!({"id": 1, "phone": "08", "iat": 1, "exp": "9999999999"}),
        json!({"id": 1, "phone": "08", "iat": 1, "exp": 1e300}),
        json!({"id": 1, "phone": "08", "iat": "1", "exp": 2}),
        json!({"id": 1, "phone": "08", "iat": 1, "exp": 2, "epoch": "0"}),
        json!({"id": 1, "phone": "08", "iat": 1, "exp": 2, "role": "admin"}),
        json!({"id": 1, "phone": "08", "iat": 1, "exp": 2, "email": "a@b.example"}),
        json!([1, "08", 1, 2]),
    ] {
        check(&wrong, false);
    }
}

#[test]
fn only_hs256_tokens_are_looked_at() {
    let signer = JwtSigner::new(SECRET);
    let token = signer.sign(&claims()).unwrap();
    let (head, rest) = token.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let hs512 = "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9";
    let rs256 = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
    for forged in [
        format!("{none}.{body}."),
        format!("{none}.{body}.{signature}"),
        format!("{hs512}.{body}.{signature}"),
        format!("{rs256}.{body}.{signature}"),
        format!("{head}.{body}"),
        format!("{head}.{body}."),
        format!("{head}.{body}.{signature}x"),
        format!("{head}.{body}.{signature}.x"),
        format!("{head}..{signature}"),
        format!(" {token}"),
        format!("{token}="),
        token[..token.len() - 1].to_owned(),
        String::new(),
        "x".repeat(TOKEN_BYTES_MAX + 1),
    ] {
        assert_eq!(signer.verify(&forged), Err(ForgedToken), "{forged}");
    }
}

#[test]
fn weak_secrets_are_refused() {
    for (secret, legacy, expected) in [
        ("short", false, Err(WeakSecret::Short(32))),
        ("short", true, Err(WeakSecret::Short(16))),
        ("k3J9x0QpLm27ZtYb", false, Err(WeakSecret::Short(32))),
        ("k3J9x0QpLm27ZtYb", true, Ok(())),
        ("chatme_secret_key", true, Err(WeakSecret::WellKnown)),
        ("chatme_secret_keychatme_secret_key", false, Err(WeakSecret::WellKnown)),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false, Err(WeakSecret::WellKnown)),
        ("a-string-secret-at-least-256-bits-long", false, Err(WeakSecret::WellKnown)),
        ("5f2b7c9e1d3a4f60718293a4b5c6d7e8f9", false, Ok(())),
    ] {
        assert_eq!(check_secret(secret, legacy), expected, "{secret}");
    }
}
