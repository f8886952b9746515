//! Clients that go away in the middle of a request, many of them. That an order which arrived whole is executed
//! without its client, `waits.rs` shows.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::support::{TestApp, User, answer};

/// So often is a request begun and its connection reset.
const RESETS: usize = 40;

fn key(number: usize) -> String {
    format!("reset-{number}")
}

/// Sends a part of a gift's request, `sent` bytes short of the whole, and resets the connection.
async fn reset_in_the_middle(app: &TestApp, fan: &User, order: &Value, number: usize, missing: usize) {
    let body = order.to_string();
    let request = format!(
        "POST /api/gifts/send HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        fan.token,
        key(number),
        body.len()
    );
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(&request.as_bytes()[..request.len() - missing]).await.unwrap();
    stream.set_zero_linger().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_in_the_middle_is_one_whole_gift_or_none_and_leaves_nothing_locked() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(10_000).await;
    let order = json!({"receiverId": host.id, "giftId": "rose"});
    for number in 0..RESETS {
        // Every fourth request is cut off, the others have arrived whole.
        reset_in_the_middle(&app, &fan, &order, number, if number % 4 == 0 { 5 } else { 0 }).await;
    }
    // With its key each is asked for again: it is sent now, or the first answer comes again.
    for number in 0..RESETS {
        let request = app.request(Method::POST, "/api/gifts/send").header("Idempotency-Key", key(number));
        let (status, sent) = answer(request.bearer_auth(&fan.token).json(&order)).await;
        assert_eq!(status, 200, "{sent}");
    }
    let spent = i64::try_from(RESETS).unwrap() * 10;
    assert_eq!((app.balance(&fan).await, app.income(&host).await), (10_000 - spent, (spent / 2, RESETS)));
    app.stop().await;
}
