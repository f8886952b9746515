//! Too much, and what is no protocol at all: its sender is closed, at once, and nobody else notices.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::wire::{PATIENCE, WEBSOCKET, Ws, frame, header, open_polling, post, upgrade};
use crate::support::TestApp;

const TEXT: u8 = 0x1;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
const LAST: u8 = 0x80;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_06_a_malformed_first_frame_beside_the_request_closes_one_websocket() {
    let app = TestApp::start().await;
    let mut witness = Ws::joined(&app, None).await;
    let malformed: [(&str, Vec<u8>); 6] = [
        ("a reserved bit", frame(LAST | 0x40 | TEXT, b"40")),
        ("a reserved opcode", frame(LAST | 0x3, b"40")),
        ("no mask", vec![LAST | TEXT, 2, b'4', b'0']),
        ("a divided ping", frame(PING, b"")),
        ("a long ping", frame(LAST | PING, &[0; 126])),
        ("a continuation of nothing", frame(LAST, b"40")),
    ];
    for (what, bytes) in malformed {
        let mut first = upgrade(WEBSOCKET, "").into_bytes();
        first.extend(bytes);
        let (head, mut ws) = Ws::send_first(&app, &first).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{what}: {head}");
        assert_eq!(ws.closed().await, Some(1002), "{what}");
    }
    assert_eq!(witness.code("live:join", &json!({"roomId": "x"})).await, json!(null));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_16_nobody_sends_much_before_he_has_joined() {
    let app = TestApp::start().await;
    let mut ws = Ws::open(&app).await;
    ws.send(&header(LAST | TEXT, 65_537)).await;
    assert_eq!(ws.closed().await, Some(1009));
    let path = open_polling(&app).await;
    assert_eq!(post(&app, &path, None, "4".repeat(65_537)).await.0, 413);
    assert_eq!(post(&app, &path, None, "40").await.0, 400, "the session is over");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_16_and_h_21_only_a_gift_is_large_and_none_is_larger_than_the_limit() {
    let app = TestApp::start().await;
    for (begins, bytes, closes) in [
        (r#"42["live:message","#, 100_000, true),
        (r#"42["live:gift","#, 900_000, false),
        (r#"42["live:gift","#, 1_000_001, true),
    ] {
        let mut ws = Ws::joined(&app, None).await;
        ws.send(&header(LAST | TEXT, bytes)).await;
        ws.send(begins.as_bytes()).await;
        let rest = format!("{{\"x\":\"{}\"}}]", "x".repeat(bytes - begins.len() - 9));
        if closes {
            assert_eq!(ws.closed().await, Some(1009), "{begins} {bytes}: without its body");
        } else {
            ws.send(rest.as_bytes()).await;
            assert_eq!(ws.code("no:such-event", &json!({})).await, json!("unknown_event"));
        }
        let path = open_polling(&app).await;
        assert_eq!(post(&app, &path, None, "40").await.0, 200);
        let expected = if closes { 413 } else { 200 };
        assert_eq!(post(&app, &path, None, format!("{begins}{rest}")).await.0, expected, "{begins} {bytes}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_17_a_binary_push_is_refused_at_once() {
    let app = TestApp::start_with(&[("SOCKETS_PER_ADDRESS", "5000")]).await;
    let begun = Instant::now();
    for _ in 0..1_000 {
        let path = open_polling(&app).await;
        let push = app.request(Method::POST, &path).header("Content-Type", "application/octet-stream").body("40");
        let answer = tokio::time::timeout(PATIENCE, push.send()).await.unwrap().unwrap();
        assert_eq!(answer.status().as_u16(), 400);
    }
    assert!(begun.elapsed() / 1_000 < Duration::from_millis(100), "{:?}", begun.elapsed());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_21_a_gigabyte_that_is_announced_is_refused_unread() {
    let app = TestApp::start().await;
    let sockets = join_all((0..32).map(|_| Ws::joined(&app, None))).await;
    let begun = Instant::now();
    let codes = join_all(sockets.into_iter().map(|mut ws| async move {
        ws.send(&header(LAST | TEXT, 1 << 30)).await;
        ws.closed().await
    }))
    .await;
    assert!(codes.iter().all(|code| *code == Some(1009)), "{codes:?}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_24_a_message_has_few_fragments_empty_ones_counted() {
    let app = TestApp::start().await;
    let divided = |count: usize| {
        let mut bytes = frame(TEXT, br#"421["no:such-event","#);
        for _ in 2..count {
            bytes.extend(frame(0, b" "));
        }
        bytes.extend(frame(LAST, b"1]"));
        bytes
    };
    let mut ws = Ws::joined(&app, None).await;
    ws.send(&divided(32)).await;
    assert!(ws.text().await.starts_with("431["));
    ws.send(&divided(33)).await;
    assert_eq!(ws.closed().await, Some(1008));

    let mut ws = Ws::joined(&app, None).await;
    ws.send(&[frame(TEXT, b"42"), frame(0, b"").repeat(1_000)].concat()).await;
    assert_eq!(ws.closed().await, Some(1008));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_26_pings_are_answered_and_a_flood_of_them_is_not() {
    let app = TestApp::start().await;
    let mut ws = Ws::joined(&app, None).await;
    for number in 0..60_u8 {
        ws.send(&frame(LAST | PING, &[number])).await;
        assert_eq!(ws.next().await, Some((PONG, vec![number])));
    }
    assert_eq!(ws.code("no:such-event", &json!({})).await, json!("unknown_event"));
    ws.send(&frame(LAST | PING, b"")).await;
    assert_eq!(ws.closed().await, Some(1008));

    // Who does not read gets no more for it.
    let mut ws = Ws::joined(&app, None).await;
    ws.send(&frame(LAST | PING, &[0; 125]).repeat(10_000)).await;
    let mut pongs = 0;
    while let Some((PONG, _)) = ws.next().await {
        pongs += 1;
    }
    assert!(pongs <= 60, "{pongs}");
    app.stop().await;
}
