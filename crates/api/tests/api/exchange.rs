//! Turning diamonds into coins: what moves, what is refused, and keys.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User, answer, assert_code, assert_refused, shape};

const PATH: &str = "/api/income/exchange";

async fn exchange(app: &TestApp, host: &User, amount: Value) -> Answer {
    app.post(PATH, Some(&host.token), &json!({"amount": amount})).await
}

async fn exchange_with_key(app: &TestApp, host: &User, key: &str, body: &Value) -> Answer {
    answer(app.request(Method::POST, PATH).header("Idempotency-Key", key).bearer_auth(&host.token).json(body)).await
}

/// A host with so many diamonds, a multiple of five, and no coins.
async fn host_with(app: &TestApp, diamonds: i64) -> User {
    let (fan, host) = app.fan_and_host(diamonds * 2).await;
    let roses = json!({"receiverId": host.id, "giftId": "rose", "quantity": diamonds / 5});
    assert_eq!(app.post("/api/gifts/send", Some(&fan.token), &roses).await.0, 200);
    host
}

async fn diamonds(app: &TestApp, host: &User) -> i64 {
    app.get("/api/income/balance", Some(&host.token)).await.1["diamonds"].as_i64().unwrap()
}

fn exchanged(diamonds: i64, coins: i64, left: i64, balance: i64) -> Answer {
    let body = json!({"success": true, "message": "Exchange successful", "exchanged_diamonds": diamonds,
        "received_coins": coins, "diamonds": left, "balance": balance});
    (200, body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn diamonds_become_coins_at_thirty_per_cent_and_every_report_shows_it() {
    let app = TestApp::start().await;
    let host = host_with(&app, 250).await;
    assert_eq!(exchange(&app, &host, json!(100)).await, exchanged(100, 30, 150, 30));
    assert_eq!(exchange(&app, &host, json!("99")).await, exchanged(99, 29, 51, 59));
    assert_eq!(exchange(&app, &host, json!(4)).await, exchanged(4, 1, 47, 60));
    assert_eq!((diamonds(&app, &host).await, app.balance(&host).await), (47, 60));

    let (status, list) = app.get("/api/income/exchange-history", Some(&host.token)).await;
    let entry = json!({"diamonds": "integer", "coins": "integer", "created_at": "string"});
    assert_eq!((status, shape(&list)), (200, json!({"success": "boolean", "data": [entry], "nextCursor": "null"})));
    let amounts = list["data"].as_array().unwrap().iter().map(|one| (one["diamonds"].clone(), one["coins"].clone()));
    assert_eq!(amounts.collect::<Vec<_>>(), [(json!(4), json!(1)), (json!(99), json!(29)), (json!(100), json!(30))]);

    let (_, category) = app.get(&format!("/api/host-income/category/{}", host.id), None).await;
    let expected = json!({"lucky": 0, "s-lucky": 0, "luxury": 0, "normal": 250, "exchange": -203});
    assert_eq!(category["data"], expected);
    let (_, history) = app.get(&format!("/api/host-income/history/{}", host.id), None).await;
    let newest = &history["data"][0];
    let seen = [&newest["type"], &newest["income"], &newest["gift_id"]];
    assert_eq!(seen.map(Clone::clone), [json!("exchange"), json!(-4), Value::Null]);
    assert_eq!(newest["created_at"], list["data"][0]["created_at"]);
    // What counts gifts counts gifts alone.
    for report in ["today", "week", "month"] {
        let (_, income) = app.get(&format!("/api/host-income/{report}/{}", host.id), None).await;
        assert_eq!(income["total"], json!(250), "{report}");
    }
    let (_, days) = app.get("/api/income/history", Some(&host.token)).await;
    assert_eq!((days["data"].as_array().unwrap().len(), &days["data"][0]["poin"]), (1, &json!(250)));

    // They are coins like others.
    let back = json!({"receiverId": app.user().await.id, "giftId": "rose", "quantity": 6});
    assert_eq!(app.post("/api/gifts/send", Some(&host.token), &back).await.0, 200);
    assert_eq!(app.balance(&host).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_amount_or_brings_no_coin_moves_nothing() {
    let app = TestApp::start().await;
    let host = host_with(&app, 100).await;
    for amount in [
        "null",
        "0",
        "\"0\"",
        "-1",
        "-100",
        "1",
        "2",
        "3",
        "\"3\"",
        "10.0",
        "10.5",
        "1e1",
        "\"1e1\"",
        "\"10.0\"",
        "\" 10\"",
        "\"+10\"",
        "\"\"",
        "\"ten\"",
        "true",
        "[10]",
        "{}",
        "9007199254740992",
        "\"9007199254740992\"",
        "9223372036854775808",
        "99999999999999999999999999",
    ] {
        let refused = app.raw(Method::POST, PATH, Some(&host.token), format!("{{\"amount\":{amount}}}")).await;
        assert_refused(&refused, 400, "invalid_amount", "Invalid amount");
    }
    for body in ["{}", ""] {
        let refused = app.raw(Method::POST, PATH, Some(&host.token), body.to_owned()).await;
        assert_refused(&refused, 400, "invalid_amount", "Invalid amount");
    }
    assert_code(&app.raw(Method::POST, PATH, Some(&host.token), "[10]".to_owned()).await, 400, "malformed_json");
    assert_eq!((diamonds(&app, &host).await, app.balance(&host).await), (100, 0));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_host_has_not_is_refused_with_its_numbers() {
    let app = TestApp::start().await;
    let host = host_with(&app, 100).await;
    let refused = |needed: i64, current: i64| {
        let body = json!({"success": false, "message": "Insufficient diamond balance",
            "code": "insufficient_diamonds", "needed": needed, "current": current});
        (400, body)
    };
    assert_eq!(exchange(&app, &host, json!(101)).await, refused(101, 100));
    let most = 9_007_199_254_740_991_i64;
    assert_eq!(exchange(&app, &host, json!(most)).await, refused(most, 100));
    assert_eq!(exchange(&app, &app.user().await, json!(4)).await, refused(4, 0));
    // Coins are no diamonds.
    app.give_coins(&host, most - 29).await;
    assert_eq!(exchange(&app, &host, json!(101)).await, refused(101, 100));
    let too_large = exchange(&app, &host, json!(100)).await;
    assert_refused(&too_large, 400, "balance_too_large", "Coin balance too large");
    assert_eq!(exchange(&app, &host, json!(99)).await, exchanged(99, 29, 1, most));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_exchanges_of_all_diamonds_at_once_exactly_one_succeeds() {
    let app = TestApp::start().await;
    let host = host_with(&app, 500).await;
    let answers = join_all((0..30).map(|_| exchange(&app, &host, json!(500)))).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(status, _)| *status == 200);
    assert_eq!(made.len(), 1, "{answers:?}");
    assert!(refused.iter().all(|(status, body)| *status == 400 && body["code"] == "insufficient_diamonds"));
    assert_eq!((diamonds(&app, &host).await, app.balance(&host).await), (0, 150));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_one_exchange_with_one_answer_and_belongs_to_one_content() {
    let app = TestApp::start().await;
    let (host, other) = (host_with(&app, 100).await, host_with(&app, 100).await);
    let ten = json!({"amount": 10});
    let answers = join_all((0..50).map(|_| exchange_with_key(&app, &host, "once", &ten))).await;
    assert!(answers.iter().all(|one| *one == exchanged(10, 3, 90, 3)), "{answers:?}");
    assert_eq!(exchange(&app, &host, json!(20)).await, exchanged(20, 6, 70, 9));
    // Also later, also in the body, also in another spelling of the same.
    assert_eq!(exchange_with_key(&app, &host, "once", &json!({"amount": "10"})).await, answers[0]);
    let in_body = json!({"amount": 10, "clientRef": "once"});
    assert_eq!(app.post(PATH, Some(&host.token), &in_body).await, answers[0]);
    assert_eq!(exchange_with_key(&app, &host, "once", &in_body).await, answers[0]);

    let text = "Idempotency-Key sudah dipakai untuk permintaan lain";
    let eleven = json!({"amount": 11});
    assert_refused(&exchange_with_key(&app, &host, "once", &eleven).await, 409, "idempotency_key_reused", text);
    let gift = json!({"receiverId": other.id, "giftId": "rose", "clientRef": "once"});
    assert_code(&app.post("/api/gifts/send", Some(&host.token), &gift).await, 409, "idempotency_key_reused");
    assert_eq!(exchange_with_key(&app, &other, "once", &eleven).await, exchanged(11, 3, 89, 3));

    let differ = exchange_with_key(&app, &host, "another", &in_body).await;
    assert_refused(&differ, 400, "idempotency_keys_differ", "Idempotency-Key dan clientRef berbeda");
    for key in [json!(7), json!(""), json!("a b"), json!("x".repeat(65))] {
        let refused = app.post(PATH, Some(&host.token), &json!({"amount": 10, "clientRef": key})).await;
        let text = "Idempotency-Key harus 1 sampai 64 karakter";
        assert_refused(&refused, 400, "invalid_idempotency_key", text);
    }
    assert_eq!((diamonds(&app, &host).await, app.balance(&host).await), (70, 9));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_replayed_too_but_not_one_of_a_malformed_request() {
    let app = TestApp::start().await;
    let host = host_with(&app, 10).await;
    let wish = json!({"amount": 20});
    let refused = exchange_with_key(&app, &host, "poor", &wish).await;
    assert_code(&refused, 400, "insufficient_diamonds");
    assert_code(&exchange_with_key(&app, &host, "typo", &json!({"amount": "x"})).await, 400, "invalid_amount");
    let (fan, _) = app.fan_and_host(100).await;
    let roses = json!({"receiverId": host.id, "giftId": "rose", "quantity": 10});
    assert_eq!(app.post("/api/gifts/send", Some(&fan.token), &roses).await.0, 200);
    assert_eq!(exchange_with_key(&app, &host, "poor", &wish).await, refused, "although the diamonds are there now");
    assert_eq!(exchange_with_key(&app, &host, "typo", &wish).await, exchanged(20, 6, 40, 6));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_of_exchanges_is_paged_and_the_callers_own() {
    let app = TestApp::start().await;
    let host = host_with(&app, 2_000).await;
    for diamonds in 4..=58 {
        assert_eq!(exchange(&app, &host, json!(diamonds)).await.0, 200);
    }
    let list = async |query: &str| {
        let (status, page) = app.get(&format!("/api/income/exchange-history{query}"), Some(&host.token)).await;
        assert_eq!(status, 200, "{page}");
        (page["data"].as_array().unwrap().clone(), page["nextCursor"].clone())
    };
    let (all, end) = list("?limit=100").await;
    assert_eq!((all.len(), end), (55, Value::Null));
    let (first, next) = list("").await;
    assert_eq!(first, all[..50]);
    let rest = list(&format!("?cursor={}", next.as_str().unwrap())).await;
    assert_eq!(rest, (all[50..].to_vec(), Value::Null));
    assert_eq!((&all[0]["diamonds"], &rest.0[4]["diamonds"]), (&json!(58), &json!(4)));
    let (two, next) = list("?limit=2").await;
    let (three, _) = list(&format!("?limit=3&cursor={}", next.as_str().unwrap())).await;
    assert_eq!([two, three].concat(), all[..5]);

    let nobody = app.get("/api/income/exchange-history", Some(&app.user().await.token)).await;
    assert_eq!(nobody, (200, json!({"success": true, "data": [], "nextCursor": null})));
    for (query, code) in [
        ("limit=0", "invalid_limit"),
        ("limit=101", "invalid_limit"),
        ("cursor=x", "invalid_cursor"),
        ("cursor=1&cursor=1", "malformed_query"),
    ] {
        let refused = app.get(&format!("/api/income/exchange-history?{query}"), Some(&host.token)).await;
        assert_code(&refused, 400, code);
    }
    app.stop().await;
}
