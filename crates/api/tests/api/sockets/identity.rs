//! Who a socket speaks for: with `SOCKET_IDENTITY=declared`, also whom a guest says he is.

use serde_json::json;

use super::wire::{Ws, get, open_polling, post};
use crate::support::TestApp;

const DECLARED: [(&str, &str); 1] = [("SOCKET_IDENTITY", "declared")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_who_says_who_he_is_may_chat_and_is_marked() {
    let app = TestApp::start_with(&DECLARED).await;
    let user = app.user().await;
    let mut listener = Ws::joined(&app, Some(&user.token)).await;
    assert_eq!(listener.code("live:join", &json!({"roomId": "x"})).await, json!(null));
    for (event, name) in [("user:join", "By presence"), ("live:join", "By joining")] {
        let mut guest = Ws::joined(&app, None).await;
        let payload = json!({"roomId": "x", "userId": 5_551_234, "username": name});
        assert_eq!(guest.code(event, &payload).await, json!(null));
        assert_eq!(guest.code("live:join", &json!({"roomId": "x"})).await, json!(null));
        assert_eq!(guest.code("live:message", &json!({"roomId": "x", "message": "hi"})).await, json!(null));
        let told = listener.event("live:new-message").await;
        let seen = [&told["userId"], &told["username"], &told["guest"], &told["message"]].map(Clone::clone);
        assert_eq!(seen, [json!(5_551_234), json!(name), json!(true), json!("hi")]);
        // He is believed once.
        let again = json!({"userId": 5_551_235, "username": "Somebody else"});
        assert_eq!(guest.ask("user:join", &again).await["user"]["username"], json!(name));
        let private = guest.code("chat:send", &json!({"toUserId": user.id, "message": "hi"})).await;
        assert_eq!(private, json!("unauthenticated"));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_says_that_he_is_an_administrator_or_somebody_who_is_here() {
    let app = TestApp::start_with(&DECLARED).await;
    let (user, admin) = (app.user().await, app.user().await);
    app.sql().await.execute("UPDATE users SET role = 'admin' WHERE id = $1", &[&admin.id]).await.unwrap();
    let _here = Ws::joined(&app, Some(&user.token)).await;
    for event in ["user:join", "live:join", "party:join"] {
        for id in [json!(admin.id), json!(admin.id.to_string())] {
            let mut guest = Ws::joined(&app, None).await;
            let payload = json!({"roomId": "x", "userId": id, "username": "Admin"});
            assert_eq!(guest.code(event, &payload).await, json!("identity_reserved"), "{event}");
        }
        let mut himself = Ws::joined(&app, Some(&admin.token)).await;
        let payload = json!({"roomId": "x", "userId": admin.id, "username": "Admin"});
        assert_eq!(himself.code(event, &payload).await, json!(null), "{event}");
        let mut guest = Ws::joined(&app, None).await;
        let payload = json!({"roomId": "x", "userId": user.id, "username": "Impostor"});
        assert_eq!(guest.code(event, &payload).await, json!(null));
        assert_eq!(guest.code("live:join", &json!({"roomId": "x"})).await, json!(null));
        let refused = guest.code("live:message", &json!({"roomId": "x", "message": "hi"})).await;
        assert_eq!(refused, json!("unauthenticated"), "{event}: he stays nobody");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_or_a_name_that_is_none_makes_nobody() {
    let app = TestApp::start_with(&DECLARED).await;
    for (id, name) in [
        (json!(null), json!("Name")),
        (json!(-5), json!("Name")),
        (json!({}), json!("Name")),
        (json!(5_551_234), json!(null)),
        (json!(5_551_234), json!("  ")),
        (json!(5_551_234), json!("x".repeat(51))),
        (json!(5_551_234), json!("a\u{7}b")),
    ] {
        let mut guest = Ws::joined(&app, None).await;
        let answer = guest.ask("user:join", &json!({"userId": id, "username": name})).await;
        assert_eq!((&answer["ok"], &answer["user"]["userId"]), (&json!(true), &json!(null)), "{id} {name}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_sent_away_over_polling_learns_it_before_the_end() {
    let app = TestApp::start().await;
    let user = app.user().await;
    let path = open_polling(&app).await;
    assert_eq!(post(&app, &path, None, format!("40{}", json!({"token": user.token}))).await.0, 200);
    assert!(get(&app, &path, None).await.1.starts_with("40{"));
    app.sql().await.execute("UPDATE users SET banned_at = now() WHERE id = $1", &[&user.id]).await.unwrap();
    // Clients that find the close beside it take it for an accident.
    assert_eq!(get(&app, &path, None).await.1, "41");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_logs_in_within_a_busy_room_misses_nothing() {
    let app = TestApp::start_with(&[("CHAT_BURST", "1000"), ("SOCKET_EVENT_BURST", "1000")]).await;
    let (speaker, user) = (app.user().await, app.user().await);
    let (mut speaking, mut guest) = (Ws::joined(&app, Some(&speaker.token)).await, Ws::joined(&app, None).await);
    for ws in [&mut speaking, &mut guest] {
        assert_eq!(ws.code("party:join", &json!({"roomId": "busy"})).await, json!(null));
    }
    for number in 0..40 {
        let line = json!({"roomId": "busy", "message": number.to_string()});
        assert_eq!(speaking.code("party:message", &line).await, json!(null));
        if number == 20 {
            assert_eq!(guest.code("user:join", &json!({"token": user.token})).await, json!(null));
        }
    }
    let mut heard = guest.passed_over();
    while !heard.iter().any(|(_, body)| body["message"] == json!("39")) {
        heard.extend(guest.until("party:new-message").await);
    }
    let lines: Vec<_> = heard
        .iter()
        .filter(|(event, _)| event == "party:new-message")
        .map(|(_, body)| body["message"].clone())
        .collect();
    assert_eq!(lines, (0..40).map(|number| json!(number.to_string())).collect::<Vec<_>>());
    // The others were told who he is now.
    let mut changed = speaking.passed_over();
    while !changed.iter().any(|(_, body)| body["userId"] == json!(user.id)) {
        changed.extend(speaking.until("party:user-joined").await);
    }
    let ids: Vec<_> = changed.iter().map(|(event, body)| (event.as_str(), body["userId"].as_i64())).collect();
    assert!(ids.ends_with(&[("party:user-left", None), ("party:user-joined", Some(user.id))]), "{ids:?}");
    app.stop().await;
}
