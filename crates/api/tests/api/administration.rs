//! What administrators do over HTTP, and what is kept of it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    agencies::{form, host_form},
    support::{TestApp, User, answer, assert_code, assert_refused, shape},
};

/// The newest lines of the log: action, subject, reason.
pub(crate) async fn lines(app: &TestApp, admin: &User) -> Vec<(String, String, Value)> {
    let (status, log) = app.get("/api/admin/audit-log?limit=100", Some(&admin.token)).await;
    assert_eq!(status, 200, "{log}");
    let line = |line: &Value| {
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        (text("action"), format!("{} {}", text("subject_kind"), text("subject_key")), line["reason"].clone())
    };
    log["data"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ban_is_made_and_lifted_with_who_did_it() {
    let app = TestApp::start().await;
    let (admin, user) = (app.admin().await, app.user().await);
    let ban = format!("/api/admin/user/{}/ban", user.id);
    let banned = app.post(&ban, Some(&admin.token), &json!({"reason": "spam"})).await;
    assert_eq!(banned, (200, json!({"success": true, "message": "User banned"})));
    assert_code(&app.get("/api/profile", Some(&user.token)).await, 403, "account_banned");
    let lifted = app.act(&admin, &format!("/api/admin/user/{}/unban", user.id)).await;
    assert_eq!(lifted, (200, json!({"success": true, "message": "User unbanned"})));
    assert_code(&app.get("/api/profile", Some(&user.token)).await, 403, "token_revoked");
    let missing = app.act(&admin, "/api/admin/user/7/ban").await;
    assert_refused(&missing, 404, "user_not_found", "User not found");
    assert_code(&app.act(&admin, "/api/admin/user/7/unban").await, 404, "user_not_found");

    let subject = format!("user {}", user.id);
    let expected = [
        ("user_unbanned".to_owned(), subject.clone(), Value::Null),
        ("user_banned".to_owned(), subject, json!("spam")),
    ];
    assert_eq!(lines(&app, &admin).await, expected);
    let (_, log) = app.get("/api/admin/audit-log", Some(&admin.token)).await;
    let newest = &log["data"][0];
    assert_eq!((&newest["actor_id"], &newest["before"]), (&json!(admin.id), &json!([["banned", "true"]])));
    assert_eq!((&newest["after"], &log["nextCursor"]), (&json!([["banned", "false"]]), &Value::Null));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_are_listed_with_their_agencies_who_joined_last_first() {
    let app = TestApp::start().await;
    let (admin, first, second, gone) = (app.admin().await, app.user().await, app.user().await, app.user().await);
    let (agency, rival) = (app.agency(&admin).await, app.agency(&admin).await);
    app.join(&agency, &first).await;
    app.join(&agency, &gone).await;
    app.join(&rival, &second).await;
    app.act(&gone, "/api/hosts/leave").await;
    app.invite(&agency, &app.user().await).await;
    app.act(&admin, &format!("/api/admin/user/{}/ban", first.id)).await;
    let (status, list) = app.get("/api/admin/hosts", Some(&admin.token)).await;
    let view = json!({"id": "integer", "user_id": "integer", "name": "string", "is_banned": "boolean",
        "agency_id": "integer", "family_name": "string", "approved_at": "string"});
    let page = json!({"success": "boolean", "data": [view], "nextCursor": "null"});
    assert_eq!((status, shape(&list)), (200, page));
    let told = |host: &Value| (host["user_id"].clone(), host["agency_id"].clone(), host["is_banned"].clone());
    let expected =
        [(json!(second.id), json!(rival.id), json!(false)), (json!(first.id), json!(agency.id), json!(true))];
    assert_eq!(list["data"].as_array().unwrap().iter().map(told).collect::<Vec<_>>(), expected);
    let (_, newest) = app.get("/api/admin/hosts?limit=1", Some(&admin.token)).await;
    let next = format!("/api/admin/hosts?limit=1&cursor={}", newest["nextCursor"].as_str().unwrap());
    let (_, rest) = app.get(&next, Some(&admin.token)).await;
    assert_eq!((&rest["data"][0]["user_id"], &rest["nextCursor"]), (&json!(first.id), &Value::Null));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coins_are_given_once_for_a_key_and_the_books_are_proven() {
    const PATH: &str = "/api/admin/coins/grant";

    let app = TestApp::start().await;
    let (admin, user) = (app.admin().await, app.user().await);
    let grant = async |key: &str, amount: Value| {
        let body = json!({"userId": user.id.to_string(), "amount": amount, "reason": "a prize"});
        let request = app.request(Method::POST, PATH).header("Idempotency-Key", key).bearer_auth(&admin.token);
        answer(request.json(&body)).await
    };
    let (status, given) = grant("once", json!(100)).await;
    assert_eq!((status, &given["message"]), (200, &json!("Coins granted")));
    let data = &given["data"];
    assert_eq!((&data["user_id"], &data["amount"], &data["balance"]), (&json!(user.id), &json!(100), &json!(100)));
    assert_eq!(grant("once", json!("100")).await, (200, given.clone()));
    assert_code(&grant("once", json!(101)).await, 409, "idempotency_key_reused");
    for amount in [json!(-5), json!("x"), json!(9_007_199_254_740_992_i64)] {
        assert_code(&grant("other", amount).await, 400, "invalid_amount");
    }
    assert_code(&grant("most", json!(9_007_199_254_740_991_i64)).await, 400, "balance_too_large");
    let nobody = json!({"userId": 7, "amount": 1, "reason": "x"});
    assert_code(&app.post(PATH, Some(&admin.token), &nobody).await, 404, "user_not_found");
    let reasonless = json!({"userId": user.id, "amount": 1, "reason": "\u{7}"});
    assert_code(&app.post(PATH, Some(&admin.token), &reasonless).await, 400, "invalid_reason");
    assert_eq!(app.balance(&user).await, 100);

    let line = ("coins_granted".to_owned(), format!("user {}", user.id), json!("a prize"));
    assert_eq!(lines(&app, &admin).await, [line]);
    let books = app.get("/api/admin/audit", Some(&admin.token)).await;
    assert_eq!(books, (200, json!({"success": true, "data": []})));
    app.sql().await.batch_execute("UPDATE users SET balance = balance + 7 WHERE balance = 100").await.unwrap();
    let (_, books) = app.get("/api/admin/audit", Some(&admin.token)).await;
    assert_eq!((&books["data"][0]["difference"], books["data"].as_array().unwrap().len()), (&json!(7), 1));
    app.sql().await.batch_execute("UPDATE users SET balance = balance - 7 WHERE balance = 107").await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coins_are_corrected_once_for_a_key_and_never_below_nothing() {
    const PATH: &str = "/api/admin/coins/correct";

    let app = TestApp::start().await;
    let (admin, user) = (app.admin().await, app.user().await);
    app.give_coins(&user, 100).await;
    let correct = async |key: &str, amount: Value| {
        let body = json!({"userId": user.id, "amount": amount, "reason": "paid twice", "clientRef": key});
        app.post(PATH, Some(&admin.token), &body).await
    };
    let (status, taken) = correct("once", json!(-30)).await;
    assert_eq!((status, &taken["message"]), (200, &json!("Coins corrected")));
    let data = &taken["data"];
    assert_eq!((&data["user_id"], &data["amount"], &data["balance"]), (&json!(user.id), &json!(-30), &json!(70)));
    assert_eq!(correct("once", json!("-30")).await, (200, taken.clone()));
    for reused in [json!(30), json!(-31)] {
        assert_code(&correct("once", reused).await, 409, "idempotency_key_reused");
    }
    // The key of a grant is no key of a correction.
    let grant = json!({"userId": user.id, "amount": 30, "reason": "paid twice", "clientRef": "once"});
    let reused = app.post("/api/admin/coins/grant", Some(&admin.token), &grant).await;
    assert_code(&reused, 409, "idempotency_key_reused");
    assert_eq!(correct("back", json!(5)).await.1["data"]["balance"], json!(75));

    let insufficient = correct("all", json!(-76)).await;
    let expected = json!({"success": false, "message": "Insufficient balance", "code": "insufficient_balance",
        "needed": 76, "current": 75});
    assert_eq!(insufficient, (400, expected.clone()));
    app.give_coins(&user, 1).await;
    assert_eq!(correct("all", json!(-76)).await, (400, expected));
    assert_code(&correct("most", json!(9_007_199_254_740_991_i64)).await, 400, "balance_too_large");
    for amount in [json!("x"), json!(1.5), json!(9_007_199_254_740_992_i64), json!(-9_007_199_254_740_992_i64)] {
        assert_code(&correct("other", amount).await, 400, "invalid_amount");
    }
    for missing in [json!(0), Value::Null] {
        assert_code(&correct("other", missing).await, 400, "missing_fields");
    }
    let nobody = json!({"userId": 7, "amount": -1, "reason": "x"});
    assert_refused(&app.post(PATH, Some(&admin.token), &nobody).await, 404, "user_not_found", "User not found");
    let reasonless = json!({"userId": user.id, "amount": -1, "reason": "\u{7}"});
    assert_code(&app.post(PATH, Some(&admin.token), &reasonless).await, 400, "invalid_reason");
    assert_eq!(app.balance(&user).await, 76);

    let (_, log) = app.get("/api/admin/audit-log", Some(&admin.token)).await;
    let corrected: Vec<_> =
        log["data"].as_array().unwrap().iter().filter(|line| line["action"] == "coins_corrected").collect();
    let told = |line: &Value| (line["before"].clone(), line["after"].clone(), line["actor_id"].clone());
    let line = |before: &str, after: &str, key: &str| {
        (json!([["balance", before]]), json!([["balance", after], ["key", key]]), json!(admin.id))
    };
    assert_eq!(corrected.len(), 2);
    assert_eq!((told(corrected[0]), told(corrected[1])), (line("70", "75", "back"), line("100", "70", "once")));
    assert_eq!(corrected[0]["reason"], "paid twice");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_read_with_a_reason_and_that_is_recorded() {
    let app = TestApp::start().await;
    let (admin, host, owner) = (app.admin().await, app.user().await, app.user().await);
    let agency = app.agency(&admin).await;
    let (_, applied) = app.post("/api/hosts/apply", Some(&host.token), &host_form(agency.id, 7)).await;
    let application = applied["data"]["id"].as_i64().unwrap();
    assert_eq!(app.post("/api/agency/apply", Some(&owner.token), &form(9)).await.0, 200);
    let read =
        async |path: String, reason: Value| app.post(&path, Some(&admin.token), &json!({"reason": reason})).await;
    let (of_agency, of_host) =
        (format!("/api/admin/agency/{}/card", agency.id), format!("/api/admin/host-application/{application}/card"));
    let shown = |number: i64| (200, json!({"success": true, "data": {"id_number": format!("{number:016}")}}));
    assert_eq!(read(of_agency.clone(), json!("a court asks")).await, shown(agency.owner.id));
    assert_eq!(read(of_host.clone(), json!("a court asks")).await, shown(7));
    for path in [of_agency, of_host] {
        assert_code(&read(path, Value::Null).await, 400, "invalid_reason");
    }
    for path in ["/api/admin/agency/7/card", "/api/admin/host-application/4711/card"] {
        let missing = read(path.to_owned(), json!("a court asks")).await;
        assert_refused(&missing, 404, "card_not_found", "There is no such ID card");
    }
    let read_lines = lines(&app, &admin).await.into_iter().filter(|(action, ..)| action == "card_read");
    let subjects: Vec<_> = read_lines.map(|(_, subject, _)| subject).collect();
    assert_eq!(subjects, [format!("host_application {application}"), format!("agency {}", agency.id)]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_decides_on_hosts_in_place_of_their_agency() {
    let app = TestApp::start().await;
    let (admin, first, second) = (app.admin().await, app.user().await, app.user().await);
    let agency = app.agency(&admin).await;
    let mut ids = Vec::new();
    for (number, host) in [&first, &second].into_iter().enumerate() {
        let form = host_form(agency.id, i64::try_from(number).unwrap());
        let (_, applied) = app.post("/api/hosts/apply", Some(&host.token), &form).await;
        ids.push(applied["data"]["id"].as_i64().unwrap());
    }
    let approved = app.act(&admin, &format!("/api/admin/host-application/{}/approve", ids[0])).await;
    assert_eq!(approved, (200, json!({"success": true, "message": "Host application approved"})));
    let reject = format!("/api/admin/host-application/{}/reject", ids[1]);
    let rejected = app.post(&reject, Some(&admin.token), &json!({"reason": "too young"})).await;
    assert_eq!(rejected, (200, json!({"success": true, "message": "Host application rejected"})));
    for verdict in ["approve", "reject"] {
        let missing = app.act(&admin, &format!("/api/admin/host-application/4711/{verdict}")).await;
        assert_refused(&missing, 404, "not_found", "Not found");
    }
    let (_, list) = app.get("/api/admin/host-applications?status=rejected", Some(&admin.token)).await;
    assert_eq!((&list["data"][0]["id"], &list["data"][0]["status"]), (&json!(ids[1]), &json!("rejected")));
    let told: Vec<_> = lines(&app, &admin).await.into_iter().map(|(action, _, reason)| (action, reason)).collect();
    let expected = [("host_rejected", json!("too young")), ("host_approved", Value::Null)];
    assert_eq!(told[..2], expected.map(|(action, reason)| (action.to_owned(), reason)));
    app.stop().await;
}
