//! Heads of requests that are no heads, or never end.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::wire::{PATIENCE, WEBSOCKET, Ws, upgrade};
use crate::support::TestApp;

/// A head that has not ended after so long is not waited for.
const HEAD_TIMEOUT: Duration = Duration::from_millis(500);

/// The status of the answer to a websocket's handshake with these headers; `None` when the connection ends without one.
async fn status_with(app: &TestApp, headers: &str) -> Option<u16> {
    let answer = Ws::connect_and_send(app, upgrade(WEBSOCKET, headers).as_bytes()).await;
    let head = answer.try_head().await?;
    head.split(' ').nth(1).unwrap().parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_23_odd_and_oversized_heads_harm_nobody() {
    let app = TestApp::start().await;
    for odd in ["__proto__: x\r\nconstructor: x\r\n", "Sec-WebSocket-Extensions: __proto__; constructor=1\r\n"] {
        assert_eq!(status_with(&app, odd).await, Some(101), "{odd}");
    }
    let blanks = format!("Sec-WebSocket-Extensions: a{}b\r\n", " ".repeat(20_000));
    let begun = Instant::now();
    assert_eq!(status_with(&app, &blanks).await, Some(101));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    for (what, headers) in [
        ("many headers", "X: y\r\n".repeat(100)),
        ("a long header", format!("X: {}\r\n", "y".repeat(140_000))),
        ("a header without a colon", "X\r\n".to_owned()),
        ("a header with a line's end in its name", "X\u{b}: y\r\n".to_owned()),
    ] {
        let status = status_with(&app, &headers).await;
        assert!(status.is_none_or(|status| (400..500).contains(&status)), "{what}: {status:?}");
    }
    Ws::joined(&app, None).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_23_a_head_that_comes_byte_by_byte_is_not_waited_for() {
    let limit = HEAD_TIMEOUT.as_millis().to_string();
    let app = TestApp::start_with(&[("HTTP_HEAD_TIMEOUT_MS", &limit)]).await;
    let begun = Instant::now();
    let mut ws = Ws::connect_and_send(&app, b"GET ").await;
    let mut rest = upgrade(WEBSOCKET, "X: y\r\n").into_bytes().into_iter().skip(4);
    // A byte whenever there was nothing to read for a while.
    while let Err(_nothing) = timeout(HEAD_TIMEOUT / 20, ws.fill()).await {
        ws.send(&[rest.next().unwrap()]).await;
    }
    assert!(begun.elapsed() >= HEAD_TIMEOUT && begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    assert!(ws.try_head().await.is_none_or(|head| head.starts_with("HTTP/1.1 408 ")));
    app.stop().await;
}
