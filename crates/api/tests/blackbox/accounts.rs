use reqwest::Method;
use serde_json::json;

use crate::support::{App, answer, assert_refused, with_token};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_answer_in_the_shape_that_the_apps_read() {
    let app = App::start().await;
    let account = json!({"phone": "+62 891-2345-6789", "password": "test123", "name": "Test User"});
    let (_, registered) = app.post("/api/register", None, &account).await;
    let id = registered["userId"].as_i64().unwrap();
    assert_eq!(registered, json!({"success": true, "message": "Registrasi berhasil!", "userId": id}));
    let (_, login) = app.post("/api/login", None, &json!({"phone": "89123456789", "password": "test123"})).await;
    assert_eq!(login["user"], json!({"id": id, "name": "Test User", "phone": "089123456789"}));
    let token = login["token"].as_str().unwrap();
    for path in ["/api/profile", "/api/auth/profile"] {
        let (_, profile) = app.get(path, Some(token)).await;
        let expected = json!({"id": id, "name": "Test User", "phone": "089123456789", "balance": 0, "level": 1,
            "vipLevel": 0, "avatar_url": null, "gender": null, "age": null, "signature": null,
            "topup_balance": 0, "topupBalance": 0});
        assert_eq!(profile, json!({"success": true, "data": expected}));
    }
    let change = json!({"name": " Siti ", "gender": "perempuan", "age": "25", "signature": "halo", "balance": 9, "role": "admin"});
    let (_, updated) = app.put("/api/auth/profile/update", Some(token), &change).await;
    let data = &updated["data"];
    assert_eq!((&data["name"], &data["age"], &data["balance"]), (&json!("Siti"), &json!(25), &json!(0)));
    assert!(data.get("password").is_none() && data.get("role").is_none());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_refused_with_a_code() {
    let app = App::start().await;
    let user = app.user("081200000001").await;
    let token = Some(user.token.as_str());
    for (body, code) in [
        (json!({}), "missing_fields"),
        (json!({"phone": 89_123_456_789_i64, "password": "test123"}), "missing_fields"),
        (json!({"phone": "8111", "password": "test123"}), "invalid_phone"),
        (json!({"phone": "081200000002", "password": "short"}), "weak_password"),
        (json!({"phone": "081200000002", "password": "081200000002"}), "weak_password"),
        (json!({"phone": "081200000002", "password": "test123", "name": "a\nb"}), "invalid_name"),
        (json!({"phone": "+6281200000001", "password": "test123"}), "phone_taken"),
    ] {
        assert_refused(&app.post("/api/register", None, &body).await, (400, code));
    }
    for (body, code) in [
        (json!({"balance": 5}), "nothing_to_change"),
        (json!({"name": null}), "invalid_name"),
        (json!({"age": 12}), "invalid_age"),
        (json!({"gender": "x"}), "invalid_gender"),
        (json!({"signature": "\u{202e}"}), "invalid_signature"),
    ] {
        assert_refused(&app.put("/api/profile/update", token, &body).await, (400, code));
    }
    let raw = |text: &str| {
        let request = app.request(Method::POST, "/api/login").header("Content-Type", "application/json");
        answer(request.body(text.to_owned()))
    };
    assert_refused(&raw("{").await, (400, "malformed_json"));
    assert_refused(&raw("[]").await, (400, "malformed_json"));
    assert_refused(&raw(&format!("{{\"phone\":\"{}\"}}", "x".repeat(1_000_000))).await, (413, "body_too_large"));
    assert_refused(&app.get("/api/profile", None).await, (401, "token_missing"));
    assert_refused(&app.get("/api/profile", Some("a.b.c")).await, (403, "token_invalid"));
    let (status, wrong_method) = app.get("/api/login?x=1", None).await;
    assert_eq!((status, &wrong_method["message"]), (404, &json!("Endpoint /api/login?x=1 tidak ditemukan.")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_tokens_are_refused_at_once_after_a_change_a_logout_and_a_ban() {
    let app = App::start().await;
    let user = app.user("081200000001").await;
    let change = json!({"oldPassword": "test123", "newPassword": "test456"});
    let (_, changed) = app.post("/api/auth/password", Some(&user.token), &change).await;
    assert_refused(&app.get("/api/profile", Some(&user.token)).await, (403, "token_revoked"));
    let token = changed["token"].as_str().unwrap();
    assert_eq!(app.get("/api/profile", Some(token)).await.0, 200);
    assert_eq!(app.post("/api/auth/logout-all", Some(token), &json!({})).await.0, 200);
    assert_refused(&app.get("/api/profile", Some(token)).await, (403, "token_revoked"));
    app.deployment.admin().unwrap().ban(domain::id::UserId::new(user.id)).await.unwrap();
    let account = json!({"phone": "081200000001", "password": "test456"});
    assert_refused(&app.post("/api/login", None, &account).await, (403, "account_banned"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_failures_bring_a_wait_for_known_and_unknown_phones_alike() {
    let app = App::start().await;
    app.user("081200000001").await;
    for phone in ["081200000001", "081200000009"] {
        let wrong = json!({"phone": phone, "password": "wrong-password"});
        for _ in 0..10 {
            assert_refused(&app.post("/api/login", None, &wrong).await, (401, "invalid_credentials"));
        }
        let limited = with_token(app.request(Method::POST, "/api/login").json(&wrong), None).send().await.unwrap();
        assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "15"));
    }
    app.stop().await;
}
