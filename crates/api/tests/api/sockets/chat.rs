//! Private messages over sockets: they reach whom they are for, and nobody else.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::wire::Ws;
use crate::support::{TestApp, User};

const NOTHING: [(String, Value); 0] = [];

/// Sockets of these users, all in one room.
async fn sockets<const N: usize>(app: &TestApp, users: [&User; N]) -> [Ws; N] {
    let mut sockets = join_all(users.map(|user| Ws::joined(app, Some(&user.token)))).await;
    for ws in &mut sockets {
        assert_eq!(ws.code("live:join", &json!({"roomId": "x"})).await, json!(null));
    }
    sockets.try_into().ok().unwrap()
}

/// The private messages that came before now.
async fn private(ws: &mut Ws) -> Vec<(String, Value)> {
    // What was sent to it comes before this is answered.
    assert_eq!(ws.code("no:such-event", &json!({})).await, json!("unknown_event"));
    ws.passed_over().into_iter().filter(|(name, _)| name == "chat:receive").collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_message_reaches_all_sockets_of_one_user_and_no_other() {
    let app = TestApp::start().await;
    let (siti, budi, other) = (app.user().await, app.user().await, app.user().await);
    let [mut sender, mut own_other, mut phone, mut tablet, mut stranger] =
        sockets(&app, [&siti, &siti, &budi, &budi, &other]).await;
    let mut guest = Ws::joined(&app, None).await;
    assert_eq!(guest.code("live:join", &json!({"roomId": "x"})).await, json!(null));
    // Who sends it is the token's word.
    let wish =
        json!({"toUserId": budi.id.to_string(), "fromUserId": other.id, "username": "Other", "message": " hai "});
    let sent = sender.ask("chat:send", &wish).await;
    let name = app.get("/api/profile", Some(&siti.token)).await.1["data"]["name"].clone();
    let expected = json!({"fromUserId": siti.id, "username": name, "message": "hai", "timestamp": sent["timestamp"],
        "id": sent["id"], "conversationId": sent["conversationId"]});
    assert!(sent["timestamp"].is_i64() && sent["id"].is_i64() && sent["conversationId"].is_i64(), "{sent}");
    for ws in [&mut phone, &mut tablet] {
        assert_eq!(ws.event("chat:receive").await, expected);
    }
    for ws in [&mut sender, &mut own_other, &mut phone, &mut tablet, &mut stranger, &mut guest] {
        assert_eq!(private(ws).await, NOTHING);
    }
    let path = format!("/api/chat/messages/{}", sent["conversationId"]);
    assert_eq!(app.get(&path, Some(&budi.token)).await.1["messages"][0]["content"], json!("hai"), "it is kept");

    let by_rest = json!({"recipientId": budi.id, "content": "again"});
    assert_eq!(app.post("/api/chat/send", Some(&siti.token), &by_rest).await.0, 200);
    assert_eq!(phone.event("chat:receive").await["message"], json!("again"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_message_that_is_refused_or_blocked_is_heard_by_nobody() {
    let app = TestApp::start().await;
    let (siti, budi) = (app.user().await, app.user().await);
    let [mut sender, mut recipient] = sockets(&app, [&siti, &budi]).await;
    let mut guest = Ws::joined(&app, None).await;
    let wish = json!({"toUserId": budi.id, "message": "hai"});
    assert_eq!(guest.code("chat:send", &wish).await, json!("unauthenticated"));
    for (payload, code) in [
        (json!({"message": "hai"}), "malformed_payload"),
        (json!({"toUserId": {}, "message": "hai"}), "malformed_payload"),
        (json!({"toUserId": budi.id}), "malformed_payload"),
        (json!({"toUserId": budi.id, "message": 7}), "malformed_payload"),
        (json!({"toUserId": budi.id, "message": " "}), "missing_fields"),
        (json!({"toUserId": siti.id, "message": "hai"}), "message_to_oneself"),
        (json!({"toUserId": 1, "message": "hai"}), "recipient_not_found"),
    ] {
        assert_eq!(sender.code("chat:send", &payload).await, json!(code), "{payload}");
    }
    let blocked = app.post("/api/chat/block", Some(&budi.token), &json!({"userId": siti.id})).await;
    assert_eq!(blocked.0, 200);
    // He does not notice.
    assert_eq!(sender.code("chat:send", &wish).await, json!(null));
    assert_eq!(private(&mut recipient).await, NOTHING);
    app.stop().await;
}
