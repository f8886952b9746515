//! Connections that break, wherever they are: nothing stays of them.

use std::time::Instant;

use futures_util::future::join_all;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::wire::{PATIENCE, WEBSOCKET, Ws, frame, post, try_open_polling, upgrade};
use crate::support::TestApp;

const PLACES: usize = 8;
const ROUNDS: usize = 25;

/// Waits until as many sessions can be open as may be at all: then nothing is left of those before.
async fn until_all_places_are_free(app: &TestApp) {
    let begun = Instant::now();
    loop {
        let opened = join_all((0..PLACES).map(|_| Ws::try_open(app))).await;
        if opened.iter().all(Result::is_ok) {
            return;
        }
        opened.into_iter().flatten().for_each(Ws::reset);
        assert!(begun.elapsed() < PATIENCE, "sessions are left");
    }
}

/// Opens a session as soon as the last ones are noticed to be gone.
async fn open_polling_again(app: &TestApp) -> String {
    let begun = Instant::now();
    loop {
        match try_open_polling(app).await {
            Ok(path) => return path,
            Err(refusal) => assert!(begun.elapsed() < PATIENCE, "{refusal}"),
        }
    }
}

/// Breaks a connection at one of the points of its life.
async fn break_at(app: &TestApp, point: usize) {
    let stream = TcpStream::connect(app.address).await.unwrap();
    let request = upgrade(WEBSOCKET, "");
    match point {
        0 => reset_after(stream, b"").await,
        1 => reset_after(stream, &request.as_bytes()[..40]).await,
        2 => reset_after(stream, request.as_bytes()).await,
        3 => reset_after(stream, &[request.as_bytes(), &frame(0x81, b"40")].concat()).await,
        4 => {
            if let Ok(ws) = Ws::try_open(app).await {
                ws.reset();
            }
        }
        5 => {
            if let Ok(mut ws) = Ws::try_open(app).await {
                ws.say("40").await;
                ws.send(&frame(0x01, b"42[")).await;
                ws.reset();
            }
        }
        _ => panic!("no such point"),
    }
}

async fn reset_after(mut stream: TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
    stream.set_zero_linger().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_07_nothing_is_left_of_handshakes_that_break() {
    let places = PLACES.to_string();
    let app = TestApp::start_with(&[("SOCKETS_MAX", &places)]).await;
    for point in 0..6 {
        for _ in 0..ROUNDS {
            break_at(&app, point).await;
        }
        until_all_places_are_free(&app).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_07_nothing_is_left_of_upgrades_that_break() {
    let places = PLACES.to_string();
    let settings = [("SOCKETS_MAX", places.as_str()), ("PING_INTERVAL_MS", "1000"), ("PING_TIMEOUT_MS", "1000")];
    let app = TestApp::start_with(&settings).await;
    for point in 0..6 {
        let path = open_polling_again(&app).await;
        assert_eq!(post(&app, &path, None, "40").await.0, 200);
        let websocket = path.replace("polling", "websocket");
        let request = upgrade(&websocket, "");
        if point < 2 {
            let stream = TcpStream::connect(app.address).await.unwrap();
            let poll = format!("GET {path} HTTP/1.1\r\nHost: chatme.test\r\n\r\n");
            reset_after(stream, [request.as_bytes(), poll.as_bytes()][point]).await;
        } else {
            let (head, mut ws) = Ws::send_first(&app, request.as_bytes()).await;
            assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
            if point > 2 {
                ws.say("2probe").await;
                assert_eq!(ws.text().await, "3probe");
            }
            if point > 3 {
                ws.say("5").await;
            }
            if point > 4 {
                assert!(ws.text().await.starts_with("40{"));
            }
            ws.reset();
        }
        until_all_places_are_free(&app).await;
    }
    app.stop().await;
}
