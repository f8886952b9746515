//! When hosts are live, over HTTP.

use serde_json::{Value, json};

use crate::support::{TestApp, User, assert_refused, shape};

async fn start(app: &TestApp, host: &User) -> i64 {
    let body = json!({"hostId": host.id, "roomId": "chatme-live"});
    let (status, started) = app.post("/api/live-session/start", Some(&host.token), &body).await;
    assert_eq!((status, &started["success"]), (200, &json!(true)), "{started}");
    started["sessionId"].as_i64().unwrap()
}

async fn end(app: &TestApp, host: &User, session: i64) -> Value {
    let body = json!({"sessionId": session, "totalIncome": 1_000_000, "totalViewers": 5_000});
    let (status, ended) = app.post("/api/live-session/end", Some(&host.token), &body).await;
    assert_eq!((status, &ended["success"]), (200, &json!(true)), "{ended}");
    ended["data"].clone()
}

async fn seconds_today(app: &TestApp, host: i64) -> i64 {
    let (status, today) = app.get(&format!("/api/live-session/duration/today/{host}"), None).await;
    assert_eq!((status, shape(&today["window"]["start"])), (200, json!("string")), "{today}");
    today["totalSeconds"].as_i64().unwrap()
}

/// Moves the beginning of all sessions back, and leaves the last sign of life so long ago.
async fn age(app: &TestApp, seconds: u32, silent_seconds: u32) {
    let update = format!(
        "UPDATE live_sessions SET start_time = start_time - interval '{seconds} seconds',
                last_sign_at = last_sign_at - interval '{silent_seconds} seconds' WHERE end_time IS NULL"
    );
    app.sql().await.batch_execute(&update).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_counted_by_the_server() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(1_000).await;
    let id = start(&app, &host).await;
    let gift = json!({"receiverId": host.id, "giftId": "rose", "quantity": 3});
    assert_eq!(app.post("/api/gifts/send", Some(&fan.token), &gift).await.0, 200);
    let ended = end(&app, &host, id).await;
    assert_eq!(
        shape(&ended),
        json!({"id": "integer", "host_id": "integer", "room_id": "string", "start_time": "string", "end_time": "string",
            "duration_seconds": "integer", "total_income": "integer", "total_viewers": "integer",
            "created_at": "string"})
    );
    let seen = [&ended["id"], &ended["host_id"], &ended["room_id"], &ended["total_income"], &ended["total_viewers"]];
    assert_eq!(seen, [&json!(id), &json!(host.id), &json!("chatme-live"), &json!(15), &json!(0)]);
    // Whatever came later: what has ended stays as it is.
    assert_eq!(app.post("/api/gifts/send", Some(&fan.token), &gift).await.0, 200);
    assert_eq!(end(&app, &host, id).await, ended);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_come_as_texts_and_a_room_may_be_missing() {
    let app = TestApp::start().await;
    let host = app.user().await;
    for (room, expected) in [(json!(null), json!(null)), (json!("x"), json!("x")), (json!(17), json!("17"))] {
        let body = json!({"hostId": host.id.to_string(), "roomId": room});
        let (status, started) = app.post("/api/live-session/start", Some(&host.token), &body).await;
        assert_eq!((status, shape(&started["start"])), (200, json!("string")), "{started}");
        let body = json!({"sessionId": started["sessionId"].to_string()});
        assert_eq!(app.post("/api/live-session/heartbeat", Some(&host.token), &body).await.0, 200);
        let (status, ended) = app.post("/api/live-session/end", Some(&host.token), &body).await;
        assert_eq!((status, &ended["data"]["room_id"]), (200, &expected));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_session_ends_the_older_one() {
    let app = TestApp::start().await;
    let host = app.user().await;
    let first = start(&app, &host).await;
    age(&app, 60, 0).await;
    let second = start(&app, &host).await;
    assert_ne!(first, second);
    let ended = end(&app, &host, first).await;
    assert_eq!(ended["duration_seconds"], 60);
    let beat = json!({"sessionId": first});
    let refused = app.post("/api/live-session/heartbeat", Some(&host.token), &beat).await;
    assert_refused(&refused, 409, "session_ended", "Sesi live sudah berakhir");
    assert_eq!(app.post("/api/live-session/heartbeat", Some(&host.token), &json!({"sessionId": second})).await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn today_counts_the_running_session_too_and_no_silence() {
    let app = TestApp::start().await;
    let host = app.user().await;
    assert_eq!(seconds_today(&app, host.id).await, 0);
    start(&app, &host).await;
    let midnight = "SELECT EXTRACT(EPOCH FROM date_trunc('day', start_time, 'Asia/Jakarta'))::bigint,
        EXTRACT(EPOCH FROM start_time)::bigint FROM live_sessions";
    let row = app.sql().await.query_one(midnight, &[]).await.unwrap();
    let since_midnight = row.get::<_, i64>(1) - row.get::<_, i64>(0);
    age(&app, 90, 0).await;
    let expected = 90.min(since_midnight);
    let counted = seconds_today(&app, host.id).await;
    assert!((expected..expected + 30).contains(&counted), "{counted} of {expected}");
    assert_eq!(seconds_today(&app, 4_711).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_host_himself_goes_live_and_ends_it() {
    let app = TestApp::start().await;
    let (host, other) = (app.user().await, app.user().await);
    let text = "Hanya host sendiri yang dapat memulai live";
    let refused = app.post("/api/live-session/start", Some(&other.token), &json!({"hostId": host.id})).await;
    assert_refused(&refused, 403, "not_the_host", text);
    let id = start(&app, &host).await;
    for what in ["end", "heartbeat"] {
        let path = format!("/api/live-session/{what}");
        for (user, session) in [(&other, id), (&host, 4_711)] {
            let refused = app.post(&path, Some(&user.token), &json!({"sessionId": session})).await;
            assert_refused(&refused, 404, "session_not_found", "Sesi live tidak ditemukan");
        }
        for (body, code, message) in [
            (json!({}), "missing_fields", "sessionId wajib"),
            (json!({"sessionId": 0}), "missing_fields", "sessionId wajib"),
            (json!({"sessionId": "x"}), "invalid_session_id", "sessionId tidak valid"),
            (json!({"sessionId": -1}), "invalid_session_id", "sessionId tidak valid"),
        ] {
            assert_refused(&app.post(&path, Some(&host.token), &body).await, 400, code, message);
        }
    }
    for (body, code, message) in [
        (json!({}), "missing_fields", "hostId wajib"),
        (json!({"hostId": "x"}), "invalid_host_id", "Invalid hostId parameter"),
        (json!({"hostId": host.id, "roomId": ""}), "invalid_room", "Ruangan tidak valid"),
        (json!({"hostId": host.id, "roomId": []}), "invalid_room", "Ruangan tidak valid"),
    ] {
        assert_refused(&app.post("/api/live-session/start", Some(&host.token), &body).await, 400, code, message);
    }
    for host in ["x", "0", "1.5"] {
        let refused = app.get(&format!("/api/live-session/duration/today/{host}"), None).await;
        assert_refused(&refused, 400, "invalid_host_id", "Invalid hostId parameter");
    }
    app.stop().await;
}
