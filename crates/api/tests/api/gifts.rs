//! The contract of the catalogue, of sending, and of what hosts and visitors read about it.

use serde_json::{Value, json};

use crate::support::{PHONE_MARK, TestApp, assert_code, assert_refused, shape};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_is_listed_in_its_order() {
    let app = TestApp::start().await;
    let (status, catalogue) = app.get("/api/gifts", None).await;
    let rose = json!({"id": "rose", "name": "Rose", "coinValue": 10, "category": "normal", "hostSharePercent": 50.0,
        "sizeClass": "normal"});
    assert_eq!((status, &catalogue["success"], &catalogue["data"][0]), (200, &json!(true), &rose));
    let keys: Vec<&str> =
        catalogue["data"].as_array().unwrap().iter().map(|gift| gift["id"].as_str().unwrap()).collect();
    let expected = "rose heart coffee crown cute diamond maxi ring cupid sweetheart balon burger cake";
    assert_eq!(keys.join(" "), expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sent_gift_is_answered_with_what_it_cost_and_earned() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(1_000).await;
    let gift = json!({"receiverId": host.id.to_string(), "giftId": "rose", "coinValue": "10", "quantity": "3",
        "giftName": "Burger", "category": "luxury"});
    let (status, sent) = app.post("/api/gifts/send", Some(&fan.token), &gift).await;
    let types = json!({"success": "boolean", "message": "string", "data": {"giftId": "integer",
        "hostIncome": "integer", "createdAt": "string", "totalCost": "integer", "quantity": "integer",
        "balance": "integer"}});
    assert_eq!((status, shape(&sent)), (200, types));
    assert_eq!(sent["message"], json!("Gift berhasil dikirim"));
    let data = &sent["data"];
    let seen = [&data["hostIncome"], &data["totalCost"], &data["quantity"], &data["balance"]];
    assert_eq!(seen.map(Clone::clone), [json!(15), json!(30), json!(3), json!(970)]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_host_received_is_listed_without_phone_numbers() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(1_000).await;
    for gift in ["rose", "cupid"] {
        let sent = app.post("/api/gifts/send", Some(&fan.token), &json!({"receiverId": host.id, "giftId": gift})).await;
        assert_eq!(sent.0, 200);
    }
    let (status, contributions) = app.get(&format!("/api/contributions/{}", host.id), None).await;
    let window = json!({"start": "string", "end": "string", "timezone": "string"});
    let gift = json!({"id": "integer", "giftName": "string", "coins": "integer", "senderName": "string",
        "time": "string", "timestamp": "string"});
    let types = json!({"success": "boolean", "data": [gift], "totalCoins": "integer", "period": "string",
        "hostId": "integer", "window": window, "nextCursor": "null"});
    assert_eq!((status, shape(&contributions)), (200, types));
    let seen = [&contributions["totalCoins"], &contributions["period"], &contributions["data"][0]["giftName"]];
    assert_eq!(seen.map(Clone::clone), [json!(110), json!("daily"), json!("Carousel")]);

    let (_, today) = app.get(&format!("/api/host-income/today/{}", host.id), None).await;
    let expected = json!({"success": true, "total": 15, "window": contributions["window"]});
    assert_eq!(today, expected);
    for period in ["week", "month"] {
        let (_, longer) = app.get(&format!("/api/host-income/{period}/{}", host.id), None).await;
        assert_eq!((&longer["total"], shape(&longer)), (&json!(15), shape(&today)), "{period}");
    }
    let (_, category) = app.get(&format!("/api/host-income/category/{}", host.id), None).await;
    let expected = json!({"lucky": 10, "s-lucky": 0, "luxury": 0, "normal": 5});
    assert_eq!((&category["success"], &category["data"]), (&json!(true), &expected));
    assert_eq!(category["window"], json!({"start": null, "end": null, "timezone": "Asia/Jakarta"}));

    let (_, history) = app.get(&format!("/api/host-income/history/{}", host.id), None).await;
    let income = json!({"id": "integer", "host_id": "integer", "gift_id": "integer", "income": "integer",
        "type": "string", "created_at": "string", "gift_name": "string", "coin_value": "integer",
        "quantity": "integer"});
    assert_eq!(shape(&history), json!({"success": "boolean", "data": [income], "nextCursor": "null"}));
    for public in [&contributions, &history, &today] {
        assert!(!public.to_string().contains(PHONE_MARK), "a phone number: {public}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_hold_every_gift_once() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(1_000).await;
    for _ in 0..5 {
        app.post("/api/gifts/send", Some(&fan.token), &json!({"receiverId": host.id, "giftId": "rose"})).await;
    }
    for list in ["contributions", "host-income/history"] {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let (_, page) = app.get(&format!("/api/{list}/{}?limit=2&cursor={cursor}", host.id), None).await;
            ids.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()));
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(ids.len(), 5);
        assert!(ids.is_sorted_by(|newer, older| newer > older), "{ids:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_host_has_received_nothing() {
    let app = TestApp::start().await;
    for period in ["hourly", "daily", "today", "weekly", "week", "monthly", "month", "all"] {
        let (status, none) = app.get(&format!("/api/contributions/77?period={period}"), None).await;
        let seen = (status, &none["data"], &none["totalCoins"], &none["period"]);
        assert_eq!(seen, (200, &json!([]), &json!(0), &json!(period)));
    }
    for period in ["today", "week", "month"] {
        assert_eq!(app.get(&format!("/api/host-income/{period}/77"), None).await.1["total"], json!(0));
    }
    let none = json!({"lucky": 0, "s-lucky": 0, "luxury": 0, "normal": 0});
    assert_eq!(app.get("/api/host-income/category/77", None).await.1["data"], none);
    assert_eq!(app.get("/api/host-income/history/77", None).await.1["data"], json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_refuse_what_names_no_host_period_or_page() {
    let app = TestApp::start().await;
    let incomes = ["today", "week", "month", "category", "history"].map(|report| format!("host-income/{report}"));
    for list in incomes.iter().map(String::as_str).chain(["contributions"]) {
        for host in ["x", "0", "-1", "1.5", "1e3", "9007199254740992", "99999999999999999999", "1%20"] {
            let refused = app.get(&format!("/api/{list}/{host}"), None).await;
            assert_refused(&refused, 400, "invalid_host_id", "Invalid hostId parameter");
        }
    }
    for list in ["contributions", "host-income/history"] {
        for limit in ["0", "-1", "101", "x", "1.5", "4294967297"] {
            let refused = app.get(&format!("/api/{list}/1?limit={limit}"), None).await;
            assert_refused(&refused, 400, "invalid_limit", "Limit harus antara 1 dan 100");
        }
        let refused = app.get(&format!("/api/{list}/1?cursor=x!"), None).await;
        assert_refused(&refused, 400, "invalid_cursor", "Cursor tidak valid");
        assert_code(&app.get(&format!("/api/{list}/1?limit=1&limit=2"), None).await, 400, "malformed_query");
    }
    let (status, refused) = app.get("/api/contributions/1?period=yearly", None).await;
    let expected = json!({"success": false, "message": "Periode tidak valid", "code": "invalid_period",
        "data": Value::Array(Vec::new()), "totalCoins": 0});
    assert_eq!((status, refused), (400, expected));
    app.stop().await;
}
