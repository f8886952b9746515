//! Limits: who asks too often has to wait, and is told how long.

use futures_util::future::{Either, join_all, select};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{PASSWORD, TestApp, assert_code, assert_refused, picture};

async fn assert_told_to_wait(app: &TestApp, path: &str, body: &Value) {
    let response = app.request(Method::POST, path).json(body).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 429);
    let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(seconds > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_registrations_from_one_address_have_to_wait() {
    let app = TestApp::start_with(&[("REGISTER_RATE_PER_HOUR", "1")]).await;
    app.user().await;
    let account = json!({"phone": "089123456789", "password": PASSWORD});
    let refused = app.post("/api/register", None, &account).await;
    assert_refused(&refused, 429, "too_many_registrations", "Terlalu banyak pendaftaran, coba lagi nanti");
    assert_told_to_wait(&app, "/api/register", &account).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_logins_have_to_wait_whether_the_phone_number_is_known_or_not() {
    let app = TestApp::start_with(&[("LOGIN_RATE_FAILURES", "1")]).await;
    let user = app.user().await;
    for phone in [user.phone.as_str(), "089999999999"] {
        let wrong = json!({"phone": phone, "password": "wrong-password"});
        assert_code(&app.post("/api/login", None, &wrong).await, 401, "invalid_credentials");
        let refused = app.post("/api/login", None, &wrong).await;
        assert_refused(&refused, 429, "too_many_attempts", "Terlalu banyak percobaan, coba lagi nanti");
        assert_told_to_wait(&app, "/api/login", &wrong).await;
    }
    app.stop().await;
}

async fn login_from(app: &TestApp, address: &str, phone: &str, password: &str) -> u16 {
    let request = app.request(Method::POST, "/api/login").header("X-Forwarded-For", address);
    request.json(&json!({"phone": phone, "password": password})).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_addresses_guess_no_more_than_one_and_do_not_lock_the_owner_out() {
    let app = TestApp::start_with(&[("TRUSTED_PROXY_HOPS", "1"), ("LOGIN_RATE_ACCOUNT_PER_HOUR", "5")]).await;
    let user = app.user().await;
    let home = "198.51.100.7";
    assert_eq!(login_from(&app, home, &user.phone, PASSWORD).await, 200);
    for number in 0..5 {
        assert_eq!(login_from(&app, &format!("203.0.113.{number}"), &user.phone, "wrong-password").await, 401);
    }
    for number in 5..10 {
        // Also the right password: otherwise the answer would tell.
        for password in ["wrong-password", PASSWORD] {
            assert_eq!(login_from(&app, &format!("203.0.113.{number}"), &user.phone, password).await, 429);
        }
    }
    assert_eq!(login_from(&app, home, &user.phone, PASSWORD).await, 200, "an address that logged in before");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_the_old_password_has_to_wait_too() {
    let app = TestApp::start_with(&[("LOGIN_RATE_FAILURES", "1")]).await;
    let user = app.user().await;
    let wrong = json!({"oldPassword": "wrong-password", "newPassword": "test456"});
    let refused = app.post("/api/auth/password", Some(&user.token), &wrong).await;
    assert_refused(&refused, 400, "wrong_password", "Sandi lama salah");
    let refused = app.post("/api/auth/password", Some(&user.token), &wrong).await;
    assert_code(&refused, 429, "too_many_attempts");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_that_find_no_place_to_be_hashed_are_sent_away() {
    let app = TestApp::start_with(&[("PASSWORD_HASHES_AT_ONCE", "1"), ("PASSWORD_HASHES_WAITING", "0")]).await;
    let user = app.user().await;
    let account = json!({"phone": user.phone, "password": PASSWORD});
    let answers = join_all((0..30).map(|_| app.post("/api/login", None, &account))).await;
    let (busy, good): (Vec<_>, Vec<_>) = answers.iter().partition(|(status, _)| *status == 429);
    assert!(!busy.is_empty() && good.iter().all(|(status, _)| *status == 200), "{answers:?}");
    for answer in busy {
        assert_refused(answer, 429, "too_busy_to_hash", "Terlalu banyak permintaan, coba lagi");
    }
    app.stop().await;
}

/// Begins an upload and does not end it.
async fn half_an_upload(app: &TestApp, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "POST /api/profile/avatar HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n--b\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// What a server answers to half a request, as far as the status.
async fn status_line(stream: &mut TcpStream) -> String {
    let mut line = vec![0; "HTTP/1.1 429".len()];
    stream.read_exact(&mut line).await.unwrap();
    String::from_utf8(line).unwrap()
}

/// Two uploads of which one is in work from now on; the other was sent away.
async fn one_of_two(app: &TestApp, tokens: [&str; 2]) -> [TcpStream; 2] {
    let (mut one, mut other) = (half_an_upload(app, tokens[0]).await, half_an_upload(app, tokens[1]).await);
    // One of the two waits for the rest of its picture; the other is answered at once.
    let refused = match select(Box::pin(status_line(&mut one)), Box::pin(status_line(&mut other))).await {
        Either::Left((line, _)) | Either::Right((line, _)) => line,
    };
    assert_eq!(refused, "HTTP/1.1 429");
    [one, other]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_finds_no_place_is_sent_away() {
    let app = TestApp::start_with(&[("AVATAR_UPLOADS_AT_ONCE", "1"), ("SHUTDOWN_TIMEOUT_SECONDS", "1")]).await;
    let (user, other, late) = (app.user().await, app.user().await, app.user().await);
    let _halves = one_of_two(&app, [&user.token, &other.token]).await;
    for path in ["/api/profile/avatar", "/api/auth/profile/avatar"] {
        let refused = app.upload(path, Some(&late.token), "avatar", picture()).await;
        assert_refused(&refused, 429, "too_many_uploads", "Terlalu banyak unggahan, coba lagi");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_uploads_twice_at_once_and_nobody_keeps_others_from_it() {
    let app = TestApp::start_with(&[("AVATAR_UPLOADS_AT_ONCE", "2"), ("SHUTDOWN_TIMEOUT_SECONDS", "1")]).await;
    let (user, other) = (app.user().await, app.user().await);
    let _halves = one_of_two(&app, [&user.token, &user.token]).await;
    let refused = app.upload("/api/profile/avatar", Some(&user.token), "avatar", picture()).await;
    assert_code(&refused, 429, "too_many_uploads");
    assert_eq!(app.upload("/api/profile/avatar", Some(&other.token), "avatar", picture()).await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let app = TestApp::start_with(&[("HTTP_BODY_TIMEOUT_MS", "100")]).await;
    let user = app.user().await;
    for (path, kind) in [
        ("/api/profile/update", "application/json"),
        ("/api/profile/avatar", "multipart/form-data; boundary=b"),
        ("/api/gifts/send", "application/json"),
    ] {
        let method = if path.ends_with("update") { "PUT" } else { "POST" };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\n\
             Content-Length: 1000\r\nConnection: close\r\n\r\n{{",
            user.token
        );
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("\"incomplete_body\""), "{path}: {answer}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_of_too_many_pixels_is_refused() {
    let app = TestApp::start_with(&[("AVATAR_SIDE_PIXELS", "16")]).await;
    let user = app.user().await;
    for (side, expected) in [(16, 200), (17, 400)] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(side, 1).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        let answer = app.upload("/api/profile/avatar", Some(&user.token), "avatar", bytes.into_inner()).await;
        assert_eq!(answer.0, expected);
        if expected == 400 {
            assert_refused(&answer, 400, "picture_too_large", "Ukuran gambar terlalu besar");
        }
    }
    app.stop().await;
}
