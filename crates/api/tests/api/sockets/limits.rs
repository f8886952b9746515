//! Every limit of live rooms that has a variable.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::wire::{POLLING, Ws, get};
use crate::support::TestApp;

/// No more sessions are opened: both transports are told so.
async fn assert_full(app: &TestApp, why: &str) {
    let (status, body) = get(app, POLLING, None).await;
    assert_eq!((status, body.contains(why)), (403, true), "{body}");
    let refused = Ws::try_open(app).await.err().unwrap();
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
}

/// Opens one as soon as there is a place again: that somebody has left may be noticed a moment later.
async fn open_again(app: &TestApp) -> Ws {
    for _ in 0..1_000 {
        if let Ok(ws) = Ws::try_open(app).await {
            return ws;
        }
    }
    panic!("no place became free");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_max_bounds_all_sessions() {
    let app = TestApp::start_with(&[("SOCKETS_MAX", "2")]).await;
    let user = app.user().await;
    let (one, _two) = (Ws::joined(&app, Some(&user.token)).await, Ws::open(&app).await);
    assert_full(&app, "Too many connections").await;
    drop(one);
    open_again(&app).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_per_address_bounds_those_without_a_login() {
    let app = TestApp::start_with(&[("SOCKETS_PER_ADDRESS", "2")]).await;
    let user = app.user().await;
    let (mut one, two) = (Ws::open(&app).await, Ws::joined(&app, None).await);
    assert_full(&app, "Too many connections from this address").await;
    assert!(one.join(Some(&user.token)).await.starts_with("40{"));
    let _three = Ws::open(&app).await;
    assert_full(&app, "Too many connections from this address").await;
    drop(two);
    let _four = open_again(&app).await;
    // Who leaves what a token opened keeps no session that counts for nobody.
    one.say("41").await;
    assert!(one.closed().await.is_some());
    assert_full(&app, "Too many connections from this address").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_per_user_bounds_one_users_sockets() {
    let settings = [("SOCKETS_PER_USER", "2"), ("SOCKET_EVENT_BURST", "10000"), ("SOCKET_EVENT_RATE", "1000")];
    let app = TestApp::start_with(&settings).await;
    let (user, other) = (app.user().await, app.user().await);
    let (one, _two) = (Ws::joined(&app, Some(&user.token)).await, Ws::joined(&app, Some(&user.token)).await);
    let mut three = Ws::open(&app).await;
    let refused = three.join(Some(&user.token)).await;
    assert!(refused.starts_with("44{") && refused.contains("too_many_sockets"), "{refused}");
    let mut guest = Ws::joined(&app, None).await;
    let login = json!({"token": user.token});
    assert_eq!(guest.code("user:join", &login).await, json!("too_many_sockets"));
    Ws::joined(&app, Some(&other.token)).await;
    drop(one);
    let mut answer = json!("too_many_sockets");
    for _ in 0..1_000 {
        if answer != json!("too_many_sockets") {
            break;
        }
        answer = guest.code("user:join", &login).await;
    }
    assert_eq!(answer, json!(null));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_per_socket_bounds_the_rooms_that_one_is_in() {
    let app = TestApp::start_with(&[("ROOMS_PER_SOCKET", "2")]).await;
    let mut ws = Ws::joined(&app, None).await;
    let room = |name: &str| json!({"roomId": name});
    for name in ["one", "one"] {
        assert_eq!(ws.code("live:join", &room(name)).await, json!(null));
    }
    assert_eq!(ws.code("party:join", &room("one")).await, json!(null), "another room of that name");
    assert_eq!(ws.code("live:join", &room("three")).await, json!("too_many_rooms"));
    assert_eq!(ws.code("live:leave", &room("one")).await, json!(null));
    assert_eq!(ws.code("live:join", &room("three")).await, json!(null));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn socket_event_rate_bounds_the_events_of_one_socket() {
    let app = TestApp::start_with(&[("SOCKET_EVENT_RATE", "1"), ("SOCKET_EVENT_BURST", "3")]).await;
    let (mut fast, mut other) = (Ws::joined(&app, None).await, Ws::joined(&app, None).await);
    let mut refused = Value::Null;
    for _ in 0..20 {
        refused = fast.ask("no:such-event", &json!({})).await;
    }
    assert_eq!((&refused["ok"], &refused["code"]), (&json!(false), &json!("slow_down")), "{refused}");
    assert!((1..=1_000).contains(&refused["retryAfterMs"].as_u64().unwrap()), "{refused}");
    assert_eq!(other.code("no:such-event", &json!({})).await, json!("unknown_event"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chat_rate_bounds_what_one_user_says_on_all_his_sockets() {
    let app = TestApp::start_with(&[("CHAT_RATE", "1"), ("CHAT_BURST", "2")]).await;
    let (user, other) = (app.user().await, app.user().await);
    let tokens = [&user.token, &user.token, &other.token];
    let mut sockets = join_all(tokens.map(|token| Ws::joined(&app, Some(token)))).await;
    let line = json!({"roomId": "x", "message": "hello"});
    for ws in &mut sockets {
        assert_eq!(ws.code("live:join", &line).await, json!(null));
        assert_eq!(ws.code("party:join", &line).await, json!(null));
    }
    let mut answers = Vec::new();
    for number in 0..10 {
        answers.push(sockets[number % 2].ask("live:message", &line).await);
    }
    let refused: Vec<&Value> = answers.iter().filter(|answer| answer["code"] == "slow_down").collect();
    assert!(refused.len() >= 6 && refused.iter().all(|answer| answer["retryAfterMs"].is_u64()), "{answers:?}");
    assert_eq!(sockets[0].code("party:message", &line).await, json!(null), "a rate of its own");
    assert_eq!(sockets[2].code("live:message", &line).await, json!(null), "another user");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_max_bounds_the_rooms_that_somebody_is_in() {
    let app = TestApp::start_with(&[("ROOMS_MAX", "2")]).await;
    let mut ws = Ws::joined(&app, None).await;
    for empty in ["empty", "empty too"] {
        assert_eq!(ws.code("live:join", &json!({"roomId": empty})).await, json!(null));
        assert_eq!(ws.code("live:leave", &json!({"roomId": empty})).await, json!(null));
    }
    // Rooms that nobody is in keep nobody out.
    for room in ["one", "two"] {
        assert_eq!(ws.code("live:join", &json!({"roomId": room})).await, json!(null), "{room}");
    }
    assert_eq!(ws.code("live:join", &json!({"roomId": "three"})).await, json!("too_many_rooms"));
    app.stop().await;
}
