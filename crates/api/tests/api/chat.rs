//! The contract of private messages: what is written, read, refused and hidden.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, PHONE_MARK, TestApp, User, assert_code, assert_refused, picture, shape};

async fn send(app: &TestApp, from: &User, to: &User, content: &str) -> Answer {
    app.post("/api/chat/send", Some(&from.token), &json!({"recipientId": to.id, "content": content})).await
}

async fn conversations(app: &TestApp, user: &User) -> Value {
    let (status, answer) = app.get("/api/chat/conversations", Some(&user.token)).await;
    assert_eq!(status, 200, "{answer}");
    answer["conversations"].clone()
}

async fn messages(app: &TestApp, user: &User, conversation: &Value, query: &str) -> Answer {
    app.get(&format!("/api/chat/messages/{conversation}{query}"), Some(&user.token)).await
}

fn contents(answer: &Answer) -> Vec<&str> {
    let (status, body) = answer;
    assert_eq!(*status, 200, "{body}");
    body["messages"].as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sent_message_is_answered_and_read_by_both() {
    let app = TestApp::start().await;
    let (siti, budi) = (app.user().await, app.user().await);
    let body = json!({"recipientId": budi.id.to_string(), "content": "  Halo\nBudi! "});
    let (status, sent) = app.post("/api/chat/send", Some(&siti.token), &body).await;
    let types = json!({"success": "boolean", "message": {"id": "integer", "conversationId": "integer",
        "senderId": "integer", "content": "string", "time": "string", "created_at": "string", "fromMe": "boolean"}});
    assert_eq!((status, shape(&sent)), (200, types));
    let message = &sent["message"];
    let seen = [&message["senderId"], &message["content"], &message["fromMe"]].map(Clone::clone);
    assert_eq!(seen, [json!(siti.id), json!("Halo\nBudi!"), json!(true)]);
    assert_eq!(message["time"], message["created_at"]);
    send(&app, &budi, &siti, "Hai").await;

    for (reader, from_me) in [(&siti, [true, false]), (&budi, [false, true])] {
        let read = messages(&app, reader, &message["conversationId"], "").await;
        assert_eq!(contents(&read), ["Halo\nBudi!", "Hai"]);
        let item = json!({"id": "integer", "senderId": "integer", "content": "string", "time": "string",
            "fromMe": "boolean", "isOfficial": "boolean", "senderName": "string", "senderAvatar": "null"});
        assert_eq!(shape(&read.1), json!({"success": "boolean", "messages": [item], "nextCursor": "null"}));
        let items = read.1["messages"].as_array().unwrap();
        let senders: Vec<_> = items.iter().map(|item| (&item["senderId"], &item["fromMe"])).collect();
        assert_eq!(senders, [(&json!(siti.id), &json!(from_me[0])), (&json!(budi.id), &json!(from_me[1]))]);
        assert!(!read.1.to_string().contains(PHONE_MARK), "a phone number: {}", read.1);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conversations_say_what_is_unread_until_it_is_read() {
    let app = TestApp::start().await;
    let (siti, budi) = (app.user().await, app.user().await);
    assert_eq!(conversations(&app, &siti).await, json!([]));
    app.upload("/api/profile/avatar", Some(&budi.token), "avatar", picture()).await;
    send(&app, &budi, &siti, "one").await;
    let (_, sent) = send(&app, &budi, &siti, "two").await;

    let (_, list) = app.get("/api/chat/conversations", Some(&siti.token)).await;
    let item = json!({"id": "integer", "userId": "integer", "name": "string", "avatar": "string", "level": "integer",
        "lastMessage": "string", "time": "string", "unread": "integer", "isOfficial": "boolean"});
    assert_eq!(shape(&list), json!({"success": "boolean", "conversations": [item], "nextCursor": "null"}));
    let one = &list["conversations"][0];
    let seen = [&one["id"], &one["userId"], &one["lastMessage"], &one["time"], &one["unread"]].map(Clone::clone);
    let id = sent["message"]["conversationId"].clone();
    assert_eq!(seen, [id.clone(), json!(budi.id), json!("two"), sent["message"]["time"].clone(), json!(2)]);
    // The app shows the address as it is.
    let avatar = one["avatar"].as_str().unwrap();
    let path = avatar.strip_prefix(&format!("http://{}", app.address)).unwrap();
    assert_eq!(app.request(Method::GET, path).send().await.unwrap().status().as_u16(), 200);
    assert!(!list.to_string().contains(PHONE_MARK), "a phone number: {list}");

    assert_eq!(conversations(&app, &budi).await[0]["unread"], json!(0));
    assert_eq!(contents(&messages(&app, &siti, &id, "").await), ["one", "two"]);
    assert_eq!(conversations(&app, &siti).await[0]["unread"], json!(0));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_messages_and_conversations_come_by_their_cursor() {
    let app = TestApp::start().await;
    let siti = app.user().await;
    let mut id = Value::Null;
    for name in ["ani", "budi", "cici"] {
        let peer = app.user().await;
        for number in 1..=3 {
            let (_, sent) = send(&app, &peer, &siti, &format!("{name} {number}")).await;
            id = sent["message"]["conversationId"].clone();
        }
    }
    let newest = messages(&app, &siti, &id, "?limit=2").await;
    assert_eq!(contents(&newest), ["cici 2", "cici 3"]);
    let older = format!("?limit=2&cursor={}", newest.1["nextCursor"].as_str().unwrap());
    let older = messages(&app, &siti, &id, &older).await;
    assert_eq!((contents(&older), &older.1["nextCursor"]), (vec!["cici 1"], &Value::Null));

    let path = "/api/chat/conversations?limit=2";
    let (_, first) = app.get(path, Some(&siti.token)).await;
    let next = format!("{path}&cursor={}", first["nextCursor"].as_str().unwrap());
    let (_, second) = app.get(&next, Some(&siti.token)).await;
    let last = |page: &Value, place: usize| page["conversations"][place]["lastMessage"].clone();
    assert_eq!([last(&first, 0), last(&first, 1), last(&second, 0)], ["cici 3", "budi 3", "ani 3"]);
    assert_eq!(second["nextCursor"], Value::Null);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_cannot_be_sent_says_why_and_is_not_stored() {
    let app = TestApp::start().await;
    let (siti, budi, banned) = (app.user().await, app.user().await, app.user().await);
    app.deployment.admin().unwrap().ban(domain::id::UserId::new(banned.id)).await.unwrap();
    let (missing, no_recipient) = ("Message content is required", "Recipient ID is required");
    let (strange, recipient) = ("Message content has characters that are not allowed", "Recipient ID is not valid");
    for (member, value, status, code, message) in [
        ("content", Value::Null, 400, "missing_fields", missing),
        ("content", json!(""), 400, "missing_fields", missing),
        ("content", json!(" \n "), 400, "missing_fields", missing),
        ("content", json!(7), 400, "invalid_message", "Message content must be text"),
        ("content", json!(["hai"]), 400, "invalid_message", "Message content must be text"),
        ("content", json!("a\u{0}b"), 400, "invalid_message", strange),
        ("content", json!("a\u{202e}b"), 400, "invalid_message", strange),
        ("content", json!("x".repeat(501)), 400, "message_too_long", "Message content must be at most 500 characters"),
        ("recipientId", Value::Null, 400, "missing_fields", no_recipient),
        ("recipientId", json!(0), 400, "missing_fields", no_recipient),
        ("recipientId", json!("x"), 400, "invalid_recipient", recipient),
        ("recipientId", json!(-1), 400, "invalid_recipient", recipient),
        ("recipientId", json!(1.5), 400, "invalid_recipient", recipient),
        ("recipientId", json!(siti.id), 400, "message_to_oneself", "Cannot send message to yourself"),
        ("recipientId", json!(1), 404, "recipient_not_found", "Recipient not found"),
        ("recipientId", json!(banned.id), 404, "recipient_not_found", "Recipient not found"),
    ] {
        let mut body = json!({"recipientId": budi.id, "content": "hai"});
        body[member] = value;
        assert_refused(&app.post("/api/chat/send", Some(&siti.token), &body).await, status, code, message);
    }
    assert_eq!(conversations(&app, &siti).await, json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reads_a_conversation_that_is_not_his() {
    let app = TestApp::start().await;
    let (siti, budi, stranger) = (app.user().await, app.user().await, app.user().await);
    let (_, sent) = send(&app, &siti, &budi, "hai").await;
    let text = "Access denied to this conversation";
    let theirs = messages(&app, &stranger, &sent["message"]["conversationId"], "").await;
    assert_refused(&theirs, 403, "not_a_member", text);
    assert_eq!(messages(&app, &stranger, &json!(4_242), "").await, theirs, "an unknown one is no different");
    for strange in ["x", "0", "-1", "1.5", "99999999999999999999"] {
        let refused = app.get(&format!("/api/chat/messages/{strange}"), Some(&siti.token)).await;
        assert_refused(&refused, 400, "invalid_conversation_id", "Conversation ID is not valid");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_sender_does_not_notice_and_never_arrives() {
    let app = TestApp::start().await;
    let (siti, budi) = (app.user().await, app.user().await);
    let peer = json!({"userId": budi.id.to_string()});
    let blocked = app.post("/api/chat/block", Some(&siti.token), &peer).await;
    assert_eq!(blocked, (200, json!({"success": true, "message": "User berhasil diblokir"})));
    assert_eq!(app.post("/api/chat/block", Some(&siti.token), &peer).await, blocked);

    let (status, sent) = send(&app, &budi, &siti, "hidden").await;
    assert_eq!((status, &sent["message"]["content"]), (200, &json!("hidden")));
    let id = &sent["message"]["conversationId"];
    assert_eq!(contents(&messages(&app, &budi, id, "").await), ["hidden"]);
    assert_eq!(conversations(&app, &siti).await, json!([]));
    assert_code(&messages(&app, &siti, id, "").await, 403, "not_a_member");

    let unblocked = app.post("/api/chat/unblock", Some(&siti.token), &peer).await;
    assert_eq!(unblocked, (200, json!({"success": true, "message": "Blokir user berhasil dibuka"})));
    send(&app, &budi, &siti, "shown").await;
    assert_eq!(conversations(&app, &siti).await[0]["unread"], json!(1));
    assert_eq!(contents(&messages(&app, &siti, id, "").await), ["shown"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_others_who_exist_are_blocked() {
    let app = TestApp::start().await;
    let siti = app.user().await;
    for (value, status, code, message) in [
        (Value::Null, 400, "missing_fields", "User ID is required"),
        (json!("x"), 400, "invalid_user_id", "User ID is not valid"),
        (json!(siti.id), 400, "self_block", "Cannot block yourself"),
        (json!(1), 404, "user_not_found", "User tidak ditemukan"),
    ] {
        let refused = app.post("/api/chat/block", Some(&siti.token), &json!({"userId": value})).await;
        assert_refused(&refused, status, code, message);
    }
    let refused = app.post("/api/chat/unblock", Some(&siti.token), &json!({"userId": "x"})).await;
    assert_refused(&refused, 400, "invalid_user_id", "User ID is not valid");
    assert_eq!(app.post("/api/chat/unblock", Some(&siti.token), &json!({"userId": 1})).await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_too_fast_is_told_to_slow_down() {
    let app = TestApp::start_with(&[("CHAT_RATE", "1"), ("CHAT_BURST", "2")]).await;
    let (siti, budi) = (app.user().await, app.user().await);
    let body = json!({"recipientId": budi.id, "content": "hai"});
    let request = || app.request(Method::POST, "/api/chat/send").bearer_auth(&siti.token).json(&body).send();
    let answers = join_all((0..20).map(|_| request())).await.into_iter().map(Result::unwrap);
    let (fast, sent): (Vec<_>, Vec<_>) = answers.partition(|answer| answer.status().as_u16() == 429);
    assert!(sent.len() >= 2 && sent.iter().all(|answer| answer.status().as_u16() == 200));
    let response = fast.into_iter().next().unwrap();
    assert_eq!(response.headers()["retry-after"].to_str().unwrap(), "1");
    let refused: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let expected = json!({"success": false, "message": "Terlalu cepat, coba lagi sebentar", "code": "slow_down",
        "retryAfterMs": 1_000});
    assert_eq!(refused, expected);
    assert_eq!(send(&app, &budi, &siti, "hai").await.0, 200, "others are not concerned");
    app.stop().await;
}
