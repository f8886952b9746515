//! Every operation of the description gives the answers that it documents. The description itself says what to call.

use std::fs;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    recording,
    support::{Answer, TestApp, assert_code, assert_refused, picture},
    tokens::{Forger, claims},
};

struct Operation {
    method: Method,
    path: String,
    is_secured: bool,
    /// The members that a body must have.
    required: Vec<String>,
    /// The parameters of the query.
    queried: Vec<String>,
    /// What the description says of a 400.
    refusals: String,
    statuses: Vec<u16>,
}

/// A body with everything that any operation asks for.
fn whole_body() -> Value {
    json!({"phone": "081299999999", "password": "test123", "name": "Siti", "oldPassword": "test123",
        "newPassword": "test456", "receiverId": 1, "giftId": "rose", "recipientId": 1, "content": "hai", "userId": 1,
        "hostId": 1, "sessionId": 1, "amount": 10, "region": "Indonesia", "familyName": "Bintang",
        "idNumber": "3174010203040001", "hostUserId": 1, "agencyId": 1, "familyId": 100_000, "gender": "Female",
        "reason": "a test", "requestId": 1, "from": "2026-W01",
        "id": "tiara", "coinValue": 10, "category": "luxury", "hostShareBp": 5_000,
        "policy": {"valid_session_minutes": 30, "valid_day_minutes": 120, "daily_cap_minutes": 240,
            "rows": [{"gift_diamonds": 1, "salary": 1}]}})
}

/// What is said of a required member that is missing.
const MISSING: [&str; 3] = ["missing_fields", "incomplete_gift", "invalid_amount"];

fn required(document: &Value, operation: &Value) -> Vec<String> {
    let reference = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let Some(pointer) = reference.as_str().and_then(|reference| reference.strip_prefix('#')) else { return Vec::new() };
    let schema = document.pointer(pointer).unwrap();
    let names = schema["required"].as_array().into_iter().flatten();
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn queried(operation: &Value) -> Vec<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let queried = parameters.filter(|parameter| parameter["in"] == "query");
    queried.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
}

impl Operation {
    fn documents(&self, status: u16) -> bool {
        self.statuses.contains(&status)
    }

    fn is_upload(&self) -> bool {
        self.path.ends_with("/avatar")
    }

    /// The path with this in place of every id, and of a period where it is none.
    fn path_with(&self, id: &str) -> String {
        let period = if id == "1" { "daily" } else { id };
        let path = self.path.replace("{name}", "nothing.jpg").replace("{period}", period);
        let parts = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
        parts.collect::<Vec<_>>().join("/")
    }

    fn is_for_admins(&self) -> bool {
        self.path.starts_with("/api/admin/")
    }

    /// Whether tokens are refused in English.
    fn is_english(&self) -> bool {
        ["/api/admin/", "/api/agency/", "/api/hosts/"].iter().any(|area| self.path.starts_with(area))
    }

    async fn call(&self, app: &TestApp, token: Option<&str>) -> Answer {
        let body = whole_body();
        match (&self.method, self.is_upload()) {
            (_, true) => app.upload(&self.path, token, "avatar", picture()).await,
            (&Method::GET, _) => app.get(&self.path_with("1"), token).await,
            _ => app.raw(self.method.clone(), &self.path_with("1"), token, body.to_string()).await,
        }
    }

    async fn call_malformed(&self, app: &TestApp, token: Option<&str>) -> Answer {
        match (&self.method, self.is_upload()) {
            (_, true) => app.upload(&self.path, token, "picture", picture()).await,
            (&Method::GET, _) => app.get(&format!("{}?limit=x", self.path_with("x")), token).await,
            _ => app.raw(self.method.clone(), &self.path_with("x"), token, "{".to_owned()).await,
        }
    }

    async fn call_too_large(&self, app: &TestApp, token: Option<&str>) -> Answer {
        if self.is_upload() {
            return app.upload(&self.path, token, "avatar", vec![0; 6 * 1024 * 1024]).await;
        }
        let body = json!({"phone": "0".repeat(1_000_000)});
        app.raw(self.method.clone(), &self.path_with("1"), token, body.to_string()).await
    }
}

async fn operations(app: &TestApp) -> Vec<Operation> {
    let (status, document) = app.get("/openapi.json", None).await;
    assert_eq!(status, 200);
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            let responses = operation["responses"].as_object().unwrap();
            operations.push(Operation {
                method,
                path: path.clone(),
                is_secured: operation["security"].as_array().is_some_and(|ways| !ways.contains(&json!({}))),
                required: required(&document, operation),
                queried: queried(operation),
                refusals: responses.get("400").map(|refused| refused["description"].to_string()).unwrap_or_default(),
                statuses: responses.keys().map(|status| status.parse().unwrap()).collect(),
            });
        }
    }
    assert!(operations.len() > 15, "{}", operations.len());
    operations
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_description_is_served_and_kept_for_the_gate() {
    let app = TestApp::start().await;
    let (status, document) = app.get("/openapi.json", None).await;
    assert_eq!((status, &document["info"]["title"]), (200, &json!("ChatMe")));
    fs::write(recording::directory().join("openapi.json"), document.to_string()).unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_secured_operation_refuses_no_token_a_bad_one_a_banned_user_and_nobody() {
    let app = TestApp::start().await;
    let banned = app.user().await;
    app.deployment.admin().unwrap().ban(domain::id::UserId::new(banned.id)).await.unwrap();
    let nobody = Forger::ours().token(&claims(4_242_424_242));
    let secured: Vec<Operation> = operations(&app).await.into_iter().filter(|one| one.is_secured).collect();
    assert_eq!(secured.len(), 73);
    for one in secured {
        assert!([401, 403, 404].iter().all(|status| one.documents(*status)), "{} {}", one.method, one.path);
        let (missing, invalid) = match one.is_english() {
            true => ("No token provided", "Invalid token"),
            false => ("Token tidak ditemukan", "Token tidak valid"),
        };
        assert_refused(&one.call(&app, None).await, 401, "token_missing", missing);
        assert_refused(&one.call(&app, Some("a.b.c")).await, 403, "token_invalid", invalid);
        assert_refused(&one.call(&app, Some(&banned.token)).await, 403, "account_banned", "Akun ini diblokir");
        assert_refused(&one.call(&app, Some(&nobody)).await, 404, "user_not_found", "User tidak ditemukan");
        // Who is calling comes first, always: not whichever of two faults is found sooner.
        assert_code(&one.call_malformed(&app, None).await, 401, "token_missing");
        for _ in 0..5 {
            assert_code(&one.call_malformed(&app, Some(&banned.token)).await, 403, "account_banned");
        }
        assert_code(&one.call_too_large(&app, Some(&banned.token)).await, 403, "account_banned");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_that_reads_something_refuses_what_is_malformed() {
    let app = TestApp::start().await;
    let (user, admin) = (app.user().await, app.admin().await);
    for one in operations(&app).await.iter().filter(|one| one.documents(400)) {
        let caller = if one.is_for_admins() { &admin } else { &user };
        let (status, refused) = one.call_malformed(&app, Some(&caller.token)).await;
        assert_eq!((status, &refused["success"]), (400, &json!(false)), "{} {}: {refused}", one.method, one.path);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_required_member_is_asked_for_and_no_other() {
    let app = TestApp::start().await;
    let mut members = 0;
    for one in operations(&app).await.iter().filter(|one| !one.required.is_empty()) {
        // One each: a password that was changed takes the token with it.
        let user = if one.is_for_admins() { app.admin().await } else { app.user().await };
        for member in &one.required {
            let mut body = whole_body();
            assert!(body.as_object_mut().unwrap().remove(member).is_some(), "{member}");
            let (status, refused) = app.raw(one.method.clone(), &one.path, Some(&user.token), body.to_string()).await;
            let code = refused["code"].as_str().unwrap_or_default();
            let label = format!("{} {} without {member}: {refused}", one.method, one.path);
            assert!(status == 400 && MISSING.contains(&code), "{label}");
            members += 1;
        }
        let whole: Value = one.required.iter().map(|name| (name.clone(), whole_body()[name].clone())).collect();
        let (_, answered) = app.raw(one.method.clone(), &one.path, Some(&user.token), whole.to_string()).await;
        let code = answered["code"].as_str().unwrap_or_default();
        assert!(!MISSING.contains(&code), "{} {}: {answered}", one.method, one.path);
    }
    assert_eq!(members, 42);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_parameter_of_a_query_is_described_and_read() {
    let app = TestApp::start().await;
    let (user, admin) = (app.user().await, app.admin().await);
    for one in operations(&app).await.iter().filter(|one| one.method == Method::GET) {
        let token = Some(if one.is_for_admins() { admin.token.as_str() } else { user.token.as_str() });
        let codes = [
            ("invalid_status", "status"),
            ("invalid_limit", "limit"),
            ("invalid_cursor", "cursor"),
            ("invalid_period", "period"),
            ("invalid_date", "startDate"),
            ("invalid_date", "endDate"),
        ];
        for (code, name) in codes {
            let is_described = one.queried.iter().any(|queried| queried == name);
            assert_eq!(one.refusals.contains(code), is_described, "{} {name}", one.path);
        }
        for name in &one.queried {
            let path = one.path_with("1");
            let (expected, _) = codes.into_iter().find(|(_, of)| of == name).unwrap();
            assert_code(&app.get(&format!("{path}?{name}=%00"), token).await, 400, expected);
            assert_code(&app.get(&format!("{path}?{name}=1&{name}=1"), token).await, 400, "malformed_query");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_contributions_have_the_members_that_the_app_reads() {
    let mut app = TestApp::start().await;
    let refused = async |app: &TestApp, path: &str, code: &str| {
        let (_, body) = app.get(path, None).await;
        assert_eq!(
            (&body["code"], &body["data"], &body["totalCoins"]),
            (&json!(code), &json!([]), &json!(0)),
            "{body}"
        );
    };
    refused(&app, "/api/contributions/x", "invalid_host_id").await;
    refused(&app, "/api/contributions/1?limit=1&limit=1", "malformed_query").await;
    app.lose_database();
    refused(&app, "/api/contributions/1", "unavailable").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_body_is_bounded() {
    let app = TestApp::start().await;
    let (user, admin) = (app.user().await, app.admin().await);
    for one in operations(&app).await.iter().filter(|one| one.documents(413)) {
        let caller = if one.is_for_admins() { &admin } else { &user };
        let refused = one.call_too_large(&app, Some(&caller.token)).await;
        assert_refused(&refused, 413, "body_too_large", "Ukuran permintaan terlalu besar");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_database_every_operation_that_needs_it_says_unavailable() {
    let mut app = TestApp::start().await;
    let user = app.user().await;
    let operations = operations(&app).await;
    app.lose_database();
    // All at once: each of them waits for the database as long as the others.
    let answers = join_all(operations.iter().map(|one| one.call(&app, Some(&user.token)))).await;
    for (one, answer) in operations.iter().zip(answers) {
        if one.path == "/health/ready" {
            assert_refused(&answer, 503, "not_ready", "Server belum siap");
        } else if one.documents(503) {
            let label = format!("{} {}: {answer:?}", one.method, one.path);
            assert_eq!((answer.0, &answer.1["code"]), (503, &json!("unavailable")), "{label}");
        } else {
            assert_ne!(answer.0, 503, "{} {}", one.method, one.path);
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_told_to_everybody() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/health/live", None).await, (200, json!({"success": true, "status": "live"})));
    assert_eq!(app.get("/health/ready", None).await, (200, json!({"success": true, "status": "ready"})));
    app.stop().await;
}
