//! Live sessions, as their room hears of them, and as it counts for them.

use serde_json::{Value, json};

use super::wire::{PATIENCE, Ws};
use crate::support::{TestApp, User};

async fn start(app: &TestApp, host: &User) -> i64 {
    let body = json!({"hostId": host.id, "roomId": "x"});
    let (status, started) = app.post("/api/live-session/start", Some(&host.token), &body).await;
    assert_eq!(status, 200, "{started}");
    started["sessionId"].as_i64().unwrap()
}

async fn end(app: &TestApp, host: &User, session: i64) -> Value {
    let (status, ended) = app.post("/api/live-session/end", Some(&host.token), &json!({"sessionId": session})).await;
    assert_eq!(status, 200, "{ended}");
    ended["data"].clone()
}

async fn enter(app: &TestApp, user: Option<&User>) -> (Ws, Value) {
    let mut ws = Ws::joined(app, user.map(|user| user.token.as_str())).await;
    let answer = ws.ask("live:join", &json!({"roomId": "x"})).await;
    assert_eq!(answer["ok"], true, "{answer}");
    (ws, answer["count"].clone())
}

/// Leaves the last sign of life of all sessions so many seconds ago.
async fn age(app: &TestApp, seconds: u32) {
    let update = format!(
        "UPDATE live_sessions SET start_time = start_time - interval '{seconds} seconds',
                last_sign_at = last_sign_at - interval '{seconds} seconds' WHERE end_time IS NULL"
    );
    app.sql().await.batch_execute(&update).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_hears_of_the_beginning_and_the_end() {
    let app = TestApp::start().await;
    let (host, (mut watcher, _)) = (app.user().await, enter(&app, None).await);
    let id = start(&app, &host).await;
    let started = watcher.event("live:started").await;
    let expected = json!({"roomId": "x", "hostId": host.id, "sessionId": id, "timestamp": started["timestamp"],
        "seq": started["seq"]});
    assert_eq!(started, expected);
    let ended = end(&app, &host, id).await;
    let told = watcher.event("live:ended").await;
    let expected = json!({"roomId": "x", "hostId": host.id, "sessionId": id, "timestamp": told["timestamp"],
        "seq": told["seq"], "durationSeconds": ended["duration_seconds"], "totalIncome": 0, "totalViewers": 0});
    assert_eq!(told, expected);
    assert!(started["timestamp"].is_i64() && told["timestamp"].is_i64(), "{started} {told}");
    assert!(told["seq"].as_u64() > started["seq"].as_u64());
    // Ending it again is no news.
    end(&app, &host, id).await;
    start(&app, &host).await;
    let events = watcher.until("live:started").await;
    assert!(events.iter().all(|(name, _)| name != "live:ended"), "{events:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_are_distinct_users_without_guests_and_the_host() {
    let app = TestApp::start().await;
    let (host, one, other, early) = (app.user().await, app.user().await, app.user().await, app.user().await);
    let (_early, count) = enter(&app, Some(&early)).await;
    assert_eq!(count, 1);
    let (_host, count) = enter(&app, Some(&host)).await;
    assert_eq!(count, 2);
    let id = start(&app, &host).await;
    let (mut first, count) = enter(&app, Some(&one)).await;
    assert_eq!(count, 2, "the host is live and counts no more");
    let (_second, count) = enter(&app, Some(&one)).await;
    assert_eq!(count, 2);
    let (_guest, count) = enter(&app, None).await;
    assert_eq!(count, 3);
    // Gone is seen all the same.
    let (mut gone, _) = enter(&app, Some(&other)).await;
    assert_eq!(gone.code("live:leave", &json!({"roomId": "x"})).await, json!(null));
    assert_eq!(first.code("live:leave", &json!({"roomId": "x"})).await, json!(null));
    assert_eq!(end(&app, &host, id).await["total_viewers"], 3);
    // Who stays sees the next one too; the host is somebody who watches again.
    let (_late, count) = enter(&app, Some(&other)).await;
    assert_eq!(count, 5);
    let id = start(&app, &host).await;
    assert_eq!(end(&app, &host, id).await["total_viewers"], 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_nobody_hears_of_ends_by_itself() {
    let app = TestApp::start().await;
    let (host, (mut watcher, _)) = (app.user().await, enter(&app, None).await);
    let id = start(&app, &host).await;
    age(&app, 300).await;
    let told = watcher.event("live:ended").await;
    assert_eq!((&told["sessionId"], &told["durationSeconds"]), (&json!(id), &json!(0)));
    let ended = end(&app, &host, id).await;
    assert_eq!((&ended["duration_seconds"], &ended["end_time"]), (&json!(0), &ended["start_time"]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_in_his_room_is_a_sign_of_life() {
    let app = TestApp::start().await;
    let host = app.user().await;
    let (_ws, _) = enter(&app, Some(&host)).await;
    start(&app, &host).await;
    // Almost too long ago; the server sees him, and notes it.
    age(&app, 100).await;
    let sql = app.sql().await;
    let silence = "SELECT EXTRACT(EPOCH FROM last_sign_at - start_time)::bigint FROM live_sessions
        WHERE end_time IS NULL";
    let seen = async {
        let mut pulse = tokio::time::interval(std::time::Duration::from_millis(50));
        while sql.query_one(silence, &[]).await.unwrap().get::<_, i64>(0) < 90 {
            pulse.tick().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, seen).await.is_ok(), "the host was not seen in his room");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_learns_of_a_session_that_began_behind_its_back() {
    let app = TestApp::start().await;
    let (host, fan) = (app.user().await, app.user().await);
    let (mut watcher, _) = enter(&app, Some(&fan)).await;
    let (_ws, _) = enter(&app, Some(&host)).await;
    // As another server, or this one before it was started again, would have done.
    let insert = format!(
        "INSERT INTO live_sessions (host_id, room_id, start_time, last_sign_at, created_at)
         SELECT {}, 'x', t, t, t FROM (SELECT now() - interval '1 minute') AS past (t)",
        host.id
    );
    app.sql().await.batch_execute(&insert).await.unwrap();
    // One, two with the host, and one again when he is known to be live.
    let mut counts = vec![0];
    while counts.last() != Some(&1) || !counts.contains(&2) {
        counts.push(watcher.event("live:viewer-count").await["count"].as_i64().unwrap());
    }
    let id: i64 = app.sql().await.query_one("SELECT id FROM live_sessions", &[]).await.unwrap().get(0);
    assert_eq!(end(&app, &host, id).await["total_viewers"], 1);
    app.stop().await;
}
