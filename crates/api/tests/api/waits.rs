//! Requests that wait for a row that somebody else holds, with and without their clients.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Client;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, task::yield_now, time::timeout};

use crate::support::{Answer, TestApp, User, answer, assert_refused, picture};

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Holds the row of a user; until the transaction ends, nobody pays from it.
async fn hold(sql: &Client, user: &User) {
    let lock = format!("BEGIN; SELECT 1 FROM users WHERE id = {} FOR UPDATE", user.id);
    sql.batch_execute(&lock).await.unwrap();
}

async fn release(sql: &Client) {
    sql.batch_execute("ROLLBACK").await.unwrap();
}

/// Returns when so many sessions of this database wait for a lock.
async fn until_waiting(sql: &Client, sessions: i64) {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = async { while sql.query_one(count, &[]).await.unwrap().get::<_, i64>(0) < sessions {} };
    timeout(PATIENCE, waiting).await.unwrap();
}

async fn until_earned(app: &TestApp, host: &User, expected: (i64, usize)) {
    let earned = async {
        while app.income(host).await != expected {
            yield_now().await;
        }
    };
    timeout(PATIENCE, earned).await.unwrap();
}

async fn send(app: &TestApp, fan: &User, order: &Value, key: &str) -> Answer {
    let request = app.request(Method::POST, "/api/gifts/send").header("Idempotency-Key", key);
    answer(request.bearer_auth(&fan.token).json(order)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_too_long_asks_again_with_his_key_and_pays_once() {
    let app = TestApp::start_with(&[("MONEY_WAIT_MS", "200")]).await;
    let (fan, host) = app.fan_and_host(100).await;
    let (sql, order) = (app.sql().await, json!({"receiverId": host.id, "giftId": "rose"}));
    hold(&sql, &fan).await;
    let unknown = send(&app, &fan, &order, "tap-1").await;
    let text = "Hasil permintaan belum diketahui, ulangi dengan kunci yang sama";
    assert_refused(&unknown, 503, "outcome_unknown", text);
    release(&sql).await;
    until_earned(&app, &host, (5, 1)).await;
    let (status, sent) = send(&app, &fan, &order, "tap-1").await;
    assert_eq!((status, &sent["data"]["balance"]), (200, &json!(90)), "{sent}");
    assert_eq!((app.balance(&fan).await, app.income(&host).await), (90, (5, 1)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_lane_turns_away_and_nothing_happens() {
    let app = TestApp::start_with(&[("MONEY_QUEUE", "1")]).await;
    let (fan, host) = app.fan_and_host(100).await;
    let (sql, watch) = (app.sql().await, app.sql().await);
    let order = json!({"receiverId": host.id, "giftId": "rose"});
    hold(&sql, &fan).await;
    let refused = async {
        until_waiting(&watch, 1).await;
        let refused = send(&app, &fan, &order, "tap-2").await;
        release(&sql).await;
        refused
    };
    let (first, refused) = tokio::join!(send(&app, &fan, &order, "tap-1"), refused);
    assert_eq!(first.0, 200, "{}", first.1);
    assert_refused(&refused, 503, "busy", "Server sedang sibuk, coba lagi");
    assert_eq!((app.balance(&fan).await, app.income(&host).await), (90, (5, 1)));
    app.stop().await;
}

/// A request that arrived whole, and that its client has abandoned by a reset while it waited.
async fn abandoned(app: &TestApp, user: &User, path: &str, kind: &str, body: &[u8], watch: &Client) {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        user.token,
        body.len()
    );
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    until_waiting(watch, 1).await;
    stream.set_zero_linger().unwrap();
    drop(stream);
    // The one worker has seen the reset when it has answered what came later.
    for _ in 0..2 {
        assert_eq!(app.get("/health/live", None).await.0, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_arrived_whole_is_executed_although_its_client_went_away() {
    let app = TestApp::start_with(&[("HTTP_WORKERS", "1")]).await;
    let (sql, watch) = (app.sql().await, app.sql().await);
    let (fan, host) = app.fan_and_host(100).await;
    let order = json!({"receiverId": host.id, "giftId": "rose"});
    for number in 1..=3 {
        hold(&sql, &fan).await;
        let body = order.to_string();
        abandoned(&app, &fan, "/api/gifts/send", "application/json", body.as_bytes(), &watch).await;
        release(&sql).await;
        // Nobody asks again, with a key or without.
        until_earned(&app, &host, (5 * number, usize::try_from(number).unwrap())).await;
    }
    assert_eq!(app.balance(&fan).await, 70);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_arrived_whole_is_put_in_place_although_its_client_went_away() {
    let app = TestApp::start_with(&[("HTTP_WORKERS", "1")]).await;
    let (sql, watch, user) = (app.sql().await, app.sql().await, app.user().await);
    let (_, first) = app.upload("/api/profile/avatar", Some(&user.token), "avatar", picture()).await;
    let first = first["data"]["avatar_url"].as_str().unwrap().to_owned();
    hold(&sql, &user).await;
    let head = b"--b\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"x\"\r\n\r\n".as_slice();
    let body = [head, &picture(), b"\r\n--b--\r\n"].concat();
    abandoned(&app, &user, "/api/profile/avatar", "multipart/form-data; boundary=b", &body, &watch).await;
    release(&sql).await;
    let replaced = async {
        loop {
            let (_, profile) = app.get("/api/profile", Some(&user.token)).await;
            let url = profile["data"]["avatar_url"].as_str().unwrap().to_owned();
            if url != first && app.get(&first, None).await.0 == 404 {
                return url;
            }
            yield_now().await;
        }
    };
    let second = timeout(PATIENCE, replaced).await.unwrap();
    assert_eq!(app.request(Method::GET, &second).send().await.unwrap().status().as_u16(), 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_arrived_whole_is_delivered_although_its_client_went_away() {
    let app = TestApp::start_with(&[("HTTP_WORKERS", "1")]).await;
    let (sql, watch, sender, recipient) = (app.sql().await, app.sql().await, app.user().await, app.user().await);
    let message = json!({"recipientId": recipient.id, "content": "hai"});
    assert_eq!(app.post("/api/chat/send", Some(&sender.token), &message).await.0, 200);
    sql.batch_execute("BEGIN; SELECT 1 FROM conversations FOR UPDATE").await.unwrap();
    let body = message.to_string();
    abandoned(&app, &sender, "/api/chat/send", "application/json", body.as_bytes(), &watch).await;
    release(&sql).await;
    let arrived = async {
        let unread = async || app.get("/api/chat/conversations", Some(&recipient.token)).await.1;
        while unread().await["conversations"][0]["unread"] != json!(2) {
            yield_now().await;
        }
    };
    timeout(PATIENCE, arrived).await.unwrap();
    app.stop().await;
}
