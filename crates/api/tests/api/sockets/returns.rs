//! Who comes back over a new connection while the server still believes in the old one.

use serde_json::{Value, json};

use super::wire::Ws;
use crate::support::TestApp;

/// So often it is asked whether a connection is known to be gone.
const EVENTS_MAX: usize = 5_000;

/// What a watcher hears until this line, and then this line.
async fn heard(watcher: &mut Ws, speaker: &mut Ws) -> Vec<(String, Value)> {
    let line = json!({"roomId": "x", "message": "now"});
    assert_eq!(speaker.code("party:message", &line).await, json!(null));
    watcher.until("party:new-message").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_came_back_early_gets_the_rooms_of_the_lost_connection() {
    let app = TestApp::start_with(&[("SOCKET_EVENT_RATE", "1000"), ("SOCKET_EVENT_BURST", "10000")]).await;
    let (user, other) = (app.user().await, app.user().await);
    let (mut lost, mut watcher) =
        (Ws::joined(&app, Some(&user.token)).await, Ws::joined(&app, Some(&other.token)).await);
    let seat = json!({"roomId": "x", "seat": 3});
    assert_eq!(watcher.code("party:join", &json!({"roomId": "x"})).await, json!(null));
    assert_eq!(lost.code("party:join", &seat).await, json!(null));
    assert_eq!(watcher.event("party:user-joined").await["seat"], json!(3));
    // The phone has a new network; the old connection has not ended yet.
    let mut back = Ws::joined(&app, Some(&user.token)).await;
    let answer = back.ask("user:join", &json!({})).await;
    assert_eq!(answer["rooms"], json!([]), "{answer}");
    lost.reset();
    // From then on it hears the room, and may speak in it.
    let line = json!({"roomId": "x", "message": "anybody?"});
    let mut answer = back.code("party:message", &line).await;
    for _ in 0..EVENTS_MAX {
        if answer != json!("not_in_room") {
            break;
        }
        answer = back.code("party:message", &line).await;
    }
    assert_eq!(answer, json!(null));
    let events = watcher.until("party:new-message").await;
    assert!(events.iter().all(|(name, _)| name != "party:user-left" && name != "party:user-joined"), "{events:?}");
    assert_eq!(watcher.code("party:join", &seat).await, json!("seat_taken"), "his seat is still his");
    assert_eq!(heard(&mut back, &mut watcher).await.last().unwrap().1["userId"], json!(other.id));
    // There is one of him: now he leaves.
    back.reset();
    assert_eq!(watcher.event("party:user-left").await["userId"], json!(user.id));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_socket_that_said_user_join_and_joined_none_gets_rooms() {
    let app = TestApp::start().await;
    let (user, other) = (app.user().await, app.user().await);
    for (event, payload) in [("live:join", json!({"roomId": "elsewhere"})), ("no:such-event", json!({}))] {
        let (mut lost, mut watcher) =
            (Ws::joined(&app, Some(&user.token)).await, Ws::joined(&app, Some(&other.token)).await);
        assert_eq!(watcher.code("party:join", &json!({"roomId": "x"})).await, json!(null));
        assert_eq!(lost.code("party:join", &json!({"roomId": "x"})).await, json!(null));
        watcher.event("party:user-joined").await;
        let mut back = Ws::joined(&app, Some(&user.token)).await;
        back.ask(event, &payload).await;
        lost.reset();
        assert_eq!(watcher.event("party:user-left").await["userId"], json!(user.id), "{event}");
        assert_eq!(back.code("party:message", &json!({"roomId": "x", "message": "hi"})).await, json!("not_in_room"));
    }
    app.stop().await;
}
