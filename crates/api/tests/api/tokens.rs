//! Tokens: which are believed, and until when.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{PASSWORD, SECRET, TestApp, assert_code, assert_refused};

const DAY: i64 = 86_400;

/// Makes tokens, as somebody would who knows this secret.
pub(crate) struct Forger(&'static str);

impl Forger {
    pub(crate) fn ours() -> Self {
        Self(SECRET)
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_of(r#"{"typ":"JWT","alg":"HS256"}"#, &claims.to_string())
    }

    fn token_of(&self, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", base64_url(header.as_bytes()), base64_url(payload.as_bytes()));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).unwrap();
        mac.update(message.as_bytes());
        format!("{message}.{}", base64_url(&mac.finalize().into_bytes()))
    }
}

fn base64_url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * place)) & 63]));
        }
    }
    text
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// The claims of a good token for this user.
pub(crate) fn claims(id: i64) -> Value {
    json!({"id": id, "phone": "081200000000", "iat": now(), "exp": now() + DAY, "epoch": 0})
}

/// The claims with one member replaced, or taken away by `null`.
fn altered(id: i64, member: &str, value: Value) -> String {
    let mut claims = claims(id);
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(member);
    } else {
        claims[member] = value;
    }
    Forger::ours().token(&claims)
}

fn hostile_tokens(id: i64, good: &str) -> Vec<String> {
    let (ours, payload, now) = (Forger::ours(), claims(id).to_string(), now());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, body) = message.split_once('.').unwrap();
    let other_body = base64_url(claims(id + 1).to_string().as_bytes());
    let reversed: String = signature.chars().rev().collect();
    let mut tokens: Vec<String> = ["x", "a.b", "a.b.c", "..", "...", "null", "undefined", "[object Object]", "Bearer"]
        .map(str::to_owned)
        .into_iter()
        .chain([
            message.to_owned(),
            format!("{message}."),
            format!("{message}.{reversed}"),
            format!("{message}.{signature}="),
            format!("{good}.x"),
            format!("{good} x"),
            format!("{header}.{other_body}.{signature}"),
            format!("{header}..{signature}"),
            format!(".{body}.{signature}"),
            good.to_uppercase(),
            "x".repeat(3_000),
            ours.token_of(r#"{"alg":"HS256"}"#, &format!("{payload}{}", " ".repeat(2_100))),
            Forger("another-secret-of-more-than-32-bytes").token(&claims(id)),
            Forger("").token(&claims(id)),
        ])
        .collect();
    let headers = [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":"HS384"}"#,
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"HS256","typ":"JWE"}"#,
        r#"["HS256"]"#,
        "HS256",
        "",
    ];
    tokens.extend(headers.map(|header| ours.token_of(header, &payload)));
    tokens.push(format!("{}.{body}.", base64_url(br#"{"alg":"none"}"#)));
    let doubled = payload.replacen('{', &format!("{{\"id\":{},", id + 1), 1);
    let payloads = ["", "[]", "null", "{}", "1", "\"x\"", "{", &doubled];
    tokens.extend(payloads.map(|payload| ours.token_of(r#"{"alg":"HS256"}"#, payload)));
    tokens.extend(
        [
            ("id", Value::Null),
            ("id", json!(id.to_string())),
            ("id", json!(0)),
            ("id", json!(-1)),
            ("id", json!(1.5)),
            ("id", json!(9_007_199_254_740_992_i64)),
            ("phone", Value::Null),
            ("phone", json!("")),
            ("phone", json!(81)),
            ("iat", Value::Null),
            ("iat", json!("1")),
            ("iat", json!(now + 3_600)),
            ("iat", json!(now - 8 * DAY)),
            ("iat", json!(i64::MIN)),
            ("exp", Value::Null),
            ("exp", json!("9999999999")),
            ("exp", json!(1e12)),
            ("exp", json!(i64::MAX)),
            ("exp", json!(now - 3_600)),
            ("exp", json!(now + 8 * DAY)),
            ("role", json!("admin")),
            ("email", json!("a@b.c")),
            ("epoch", json!(1)),
            ("epoch", json!(-1)),
            ("epoch", json!("0")),
            ("epoch", json!(1_i64 << 40)),
        ]
        .map(|(member, value)| altered(id, member, value)),
    );
    tokens
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_tokens_are_refused() {
    let app = TestApp::start().await;
    let user = app.user().await;
    let good = Forger::ours().token(&claims(user.id));
    assert_eq!(app.get("/api/profile", Some(&good)).await.0, 200, "what the others are made of is good");
    let tokens = hostile_tokens(user.id, &good);
    assert!(tokens.len() >= 40);
    for token in tokens {
        let (status, refused) = app.get("/api/profile", Some(&token)).await;
        assert_eq!((status, &refused["message"]), (403, &json!("Token tidak valid")), "{token}: {refused}");
        let is_known = ["token_invalid", "token_expired", "token_revoked"].map(Value::from).contains(&refused["code"]);
        assert!(is_known, "{token}: {refused}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_over_says_so() {
    let app = TestApp::start().await;
    let user = app.user().await;
    let mut over = claims(user.id);
    (over["iat"], over["exp"]) = (json!(now() - 2 * DAY), json!(now() - DAY));
    let refused = app.get("/api/profile", Some(&Forger::ours().token(&over))).await;
    assert_refused(&refused, 403, "token_expired", "Token tidak valid");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_the_old_server_is_accepted_until_the_user_revokes_it() {
    let app = TestApp::start().await;
    let user = app.user().await;
    let old = altered(user.id, "epoch", Value::Null);
    assert_eq!(app.get("/api/profile", Some(&old)).await.1["data"]["id"], json!(user.id));
    assert_eq!(app.post("/api/auth/logout-all", Some(&old), &json!({})).await.0, 200);
    assert_code(&app.get("/api/profile", Some(&old)).await, 403, "token_revoked");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_refuses_every_older_token_at_once() {
    let app = TestApp::start().await;
    let user = app.user().await;
    let change = json!({"oldPassword": PASSWORD, "newPassword": "test456"});
    let (status, changed) = app.post("/api/auth/password", Some(&user.token), &change).await;
    let token = changed["token"].as_str().unwrap();
    let expected = json!({"success": true, "message": "Sandi berhasil diubah", "token": token});
    assert_eq!((status, &changed), (200, &expected));
    assert_refused(&app.get("/api/profile", Some(&user.token)).await, 403, "token_revoked", "Token tidak valid");
    assert_eq!(app.get("/api/profile", Some(token)).await.0, 200);
    let login = |password: &str| json!({"phone": user.phone, "password": password});
    assert_code(&app.post("/api/login", None, &login(PASSWORD)).await, 401, "invalid_credentials");
    assert_eq!(app.post("/api/login", None, &login("test456")).await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_out_everywhere_refuses_every_older_token_at_once() {
    let app = TestApp::start().await;
    let user = app.user().await;
    let logged_out = app.post("/api/auth/logout-all", Some(&user.token), &json!({})).await;
    assert_eq!(logged_out, (200, json!({"success": true, "message": "Berhasil keluar dari semua perangkat"})));
    assert_code(&app.get("/api/profile", Some(&user.token)).await, 403, "token_revoked");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ban_refuses_tokens_and_logins_at_once() {
    let app = TestApp::start().await;
    let user = app.user().await;
    app.deployment.admin().unwrap().ban(domain::id::UserId::new(user.id)).await.unwrap();
    assert_refused(&app.get("/api/profile", Some(&user.token)).await, 403, "account_banned", "Akun ini diblokir");
    let login = app.post("/api/login", None, &json!({"phone": user.phone, "password": PASSWORD})).await;
    assert_refused(&login, 403, "account_banned", "Akun ini diblokir");
    app.stop().await;
}
