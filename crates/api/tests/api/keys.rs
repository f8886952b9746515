//! Keys of money requests: the same key is the same gift.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User, answer, assert_code, assert_refused};

async fn send(app: &TestApp, fan: &User, key: &str, order: &Value) -> Answer {
    let request = app.request(Method::POST, "/api/gifts/send").header("Idempotency-Key", key);
    answer(request.bearer_auth(&fan.token).json(order)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_sent_fifty_times_at_once_is_one_gift_with_one_answer() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(1_000).await;
    let order = json!({"receiverId": host.id, "giftId": "rose", "quantity": 2});
    let answers = join_all((0..50).map(|_| send(&app, &fan, "once", &order))).await;
    assert!(answers.iter().all(|one| one.0 == 200 && *one == answers[0]), "{answers:?}");
    assert_eq!(send(&app, &fan, "once", &order).await, answers[0], "also later");
    assert_eq!((app.balance(&fan).await, app.income(&host).await), (980, (10, 1)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_belongs_to_one_content_and_one_sender() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(1_000).await;
    let other = app.user().await;
    app.give_coins(&other, 1_000).await;
    let order = json!({"receiverId": host.id, "giftId": "rose"});
    assert_eq!(send(&app, &fan, "mine", &order).await.0, 200);
    let changed = json!({"receiverId": host.id, "giftId": "rose", "quantity": 2});
    let text = "Idempotency-Key sudah dipakai untuk permintaan lain";
    assert_refused(&send(&app, &fan, "mine", &changed).await, 409, "idempotency_key_reused", text);
    assert_eq!(send(&app, &other, "mine", &changed).await.0, 200);
    assert_eq!((app.balance(&fan).await, app.balance(&other).await), (990, 980));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_replayed_too() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(5).await;
    let order = json!({"receiverId": host.id, "giftId": "rose"});
    let refused = send(&app, &fan, "poor", &order).await;
    assert_code(&refused, 400, "insufficient_balance");
    app.give_coins(&fan, 1_000).await;
    assert_eq!(send(&app, &fan, "poor", &order).await, refused, "although it could be paid now");
    assert_eq!(app.balance(&fan).await, 1_005);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_comes_in_the_header_or_the_body_and_in_both_only_if_equal() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(1_000).await;
    let order = |reference: &str| json!({"receiverId": host.id, "giftId": "rose", "clientRef": reference});
    let text = "Idempotency-Key dan clientRef berbeda";
    assert_refused(&send(&app, &fan, "a", &order("b")).await, 400, "idempotency_keys_differ", text);
    let sent = send(&app, &fan, "a", &order("a")).await;
    assert_eq!(sent.0, 200);
    assert_eq!(app.post("/api/gifts/send", Some(&fan.token), &order("a")).await, sent);
    assert_eq!(app.income(&host).await, (5, 1));
    app.stop().await;
}
