//! Opening a session: who may, and how it is named.

use std::collections::HashSet;

use super::wire::{POLLING, WEBSOCKET, Ws, get, open_polling, post, upgrade};
use crate::support::TestApp;

const EVIL: &str = "https://evil.example";
const LISTED: &str = "https://admin.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_01_no_two_sessions_have_one_name() {
    let app = TestApp::start_with(&[("SOCKETS_PER_ADDRESS", "5000")]).await;
    let mut names = HashSet::new();
    for _ in 0..1_000 {
        let path = open_polling(&app).await;
        let name = path.rsplit_once("sid=").unwrap().1;
        assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}: 128 bits");
        assert!(names.insert(name.to_owned()), "{name}");
    }
    app.stop().await;
}

async fn check_origin(app: &TestApp, origin: Option<&str>, may: bool) {
    let header = origin.map_or(String::new(), |origin| format!("Origin: {origin}\r\n"));
    let assert_judged = |status: u16, what: &str| assert_eq!(status != 403, may, "{what} {origin:?}: {status}");
    assert_judged(get(app, POLLING, origin).await.0, "handshake");
    assert_judged(status_of(app, &upgrade(WEBSOCKET, &header)).await, "websocket");
    let path = open_polling(app).await;
    assert_judged(post(app, &path, origin, "40").await.0, "push");
    let probe = upgrade(&path.replace("polling", "websocket"), &header);
    assert_judged(status_of(app, &probe).await, "upgrade");
    if !may {
        // The session is not harmed by what a foreign page tried.
        assert_eq!(post(app, &path, None, "40").await.0, 200);
    }
    assert_judged(get(app, &path, origin).await.0, "poll");
    if !may {
        assert!(get(app, &path, None).await.1.starts_with("40{"));
    }
}

async fn status_of(app: &TestApp, request: &str) -> u16 {
    let (head, _) = Ws::send_first(app, request.as_bytes()).await;
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_02_and_h_03_foreign_pages_are_refused_on_every_request() {
    let app = TestApp::start_with(&[("CORS_ALLOWED_ORIGINS", LISTED)]).await;
    for foreign in [EVIL, "null", "", "http://admin.example", "https://admin.example.evil.example", "chatme.test"] {
        check_origin(&app, Some(foreign), false).await;
    }
    check_origin(&app, Some(LISTED), true).await;
    check_origin(&app, None, true).await;
    // Its own pages: of the host that the request names.
    let own = format!("http://{}", app.address);
    assert_eq!(get(&app, POLLING, Some(&own)).await.0, 200);
    let websocket = upgrade(WEBSOCKET, "Origin: https://chatme.test\r\n");
    assert_eq!(status_of(&app, &websocket).await, 101);
    app.stop().await;

    let app = TestApp::start_with(&[("CORS_ALLOWED_ORIGINS", "*")]).await;
    check_origin(&app, Some(EVIL), true).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_16_a_foreign_page_is_refused_before_its_body_is_read() {
    let app = TestApp::start().await;
    let path = open_polling(&app).await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: chatme.test\r\nOrigin: {EVIL}\r\nContent-Type: text/plain\r\n\
         Content-Length: 900000\r\n\r\n"
    );
    let (answer, _) = Ws::send_first(&app, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_28_compression_is_not_agreed_upon() {
    let app = TestApp::start().await;
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let (head, _) = Ws::send_first(&app, upgrade(WEBSOCKET, offer).as_bytes()).await;
    assert!(head.starts_with("HTTP/1.1 101 ") && !head.to_lowercase().contains("extensions"), "{head}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_that_a_route_does_not_know_is_ignored_and_ends_the_connection() {
    let app = TestApp::start().await;
    for (path, status) in [("/api/gifts", "200 OK"), ("/no/such/path", "404 Not Found")] {
        let (head, ws) = Ws::send_first(&app, upgrade(path, "").as_bytes()).await;
        let lower = head.to_lowercase();
        assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head}");
        assert!(lower.contains("\r\ncontent-type: application/json"), "{head}");
        assert!(lower.contains("\r\nconnection: close") && lower.contains("\r\nx-request-id: "), "{head}");
        let length: usize =
            lower.split_once("content-length: ").unwrap().1.split_once("\r\n").unwrap().0.parse().unwrap();
        let body = ws.everything().await;
        assert_eq!(body.len(), length);
        assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok());
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upgrades_that_nobody_takes_over_are_refused() {
    let app = TestApp::start_with(&[("SOCKETS_MAX", "1")]).await;
    let user = app.user().await;
    let handshake = upgrade(WEBSOCKET, "");
    for (what, request) in [
        ("a list of protocols", handshake.replace("Upgrade: websocket", "Upgrade: websocket, h2c")),
        ("a chunked body", upgrade(WEBSOCKET, "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"),
        ("another method", handshake.replace("GET", "POST")),
    ] {
        assert_eq!(status_of(&app, &request).await, 400, "{what}");
    }
    // Nothing is carried out for a request whose body has no end, and nothing of it is kept.
    let authorization = format!("Authorization: Bearer {}\r\nContent-Length: 2\r\n", user.token);
    let everywhere = upgrade("/api/auth/logout-all", &authorization).replace("GET", "POST") + "{}";
    assert_eq!(status_of(&app, &everywhere).await, 400);
    assert_eq!(app.get("/api/profile", Some(&user.token)).await.0, 200);
    Ws::joined(&app, None).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_answer_is_not_for_requests_that_ask_for_an_upgrade() {
    let app = TestApp::start().await;
    let (head, ws) = Ws::send_first(&app, upgrade("/docs/swagger-ui-bundle.js", "").as_bytes()).await;
    assert!(head.starts_with("HTTP/1.1 400 ") && head.to_lowercase().contains("connection: close"), "{head}");
    assert_eq!(ws.everything().await.len(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_may_follow_another_request_on_its_connection() {
    let app = TestApp::start().await;
    let both = format!("GET /health/live HTTP/1.1\r\nHost: chatme.test\r\n\r\n{}", upgrade(WEBSOCKET, ""));
    let (head, mut ws) = Ws::send_first(&app, both.as_bytes()).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    // Behind the body of the first answer, which has no blank line in it.
    let second = ws.head().await.unwrap();
    assert!(second.contains("HTTP/1.1 101 "), "{second}");
    assert!(ws.text().await.starts_with("0{"));
    app.stop().await;
}
