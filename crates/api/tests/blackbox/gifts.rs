use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, answer, assert_refused, with_token};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_is_seen_in_the_hosts_income() {
    let app = App::start().await;
    let (fan, host) = (app.user("081200000001").await, app.user("081200000002").await);
    app.give_coins(&fan, 1_000).await;
    let gift = json!({"receiverId": host.id.to_string(), "giftId": "burger", "giftName": "x", "category": "lucky"});
    let poor = app.post("/api/gifts/send", Some(&fan.token), &gift).await;
    let text = json!({"success": false, "message": "Saldo tidak cukup", "code": "insufficient_balance", "needed": 2999, "current": 1000});
    assert_eq!(poor, (400, text));
    let gift = json!({"receiverId": host.id, "giftId": "cupid", "coinValue": 100, "quantity": "3"});
    let (status, sent) = app.post("/api/gifts/send", Some(&fan.token), &gift).await;
    let data = &sent["data"];
    assert_eq!(
        (status, &data["hostIncome"], &data["totalCost"], &data["balance"]),
        (200, &json!(30), &json!(300), &json!(700))
    );
    let (_, income) = app.get(&format!("/api/host-income/today/{}", host.id), None).await;
    assert_eq!((&income["success"], &income["total"]), (&json!(true), &json!(30)));
    let (_, history) = app.get(&format!("/api/host-income/history/{}", host.id), None).await;
    let row = json!({"id": history["data"][0]["id"], "host_id": host.id, "gift_id": data["giftId"], "income": 30,
        "type": "lucky", "created_at": data["createdAt"], "gift_name": "Carousel", "coin_value": 100, "quantity": 3});
    assert_eq!(history["data"], json!([row]));
    let (_, contributions) = app.get(&format!("/api/contributions/{}?period=weekly", host.id), None).await;
    assert_eq!((&contributions["totalCoins"], &contributions["period"]), (&json!(300), &json!("weekly")));
    assert!(!contributions.to_string().contains("0812"), "no phone number: {contributions}");
    assert_refused(&app.get("/api/contributions/x", None).await, (400, "invalid_host_id"));
    assert_refused(&app.get("/api/contributions/1?period=yearly", None).await, (400, "invalid_period"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_orders_move_nothing() {
    let app = App::start().await;
    let (fan, host) = (app.user("081200000001").await, app.user("081200000002").await);
    app.give_coins(&fan, 1_000).await;
    let quantities = [
        "-1",
        "0",
        "1.5",
        "1.0",
        "1e400",
        "\"1e3\"",
        "10000",
        "2147483648",
        "9007199254740993",
        "9223372036854775808",
        "null",
        "[1]",
        "true",
        "\"\"",
    ];
    for quantity in quantities {
        let body = format!("{{\"receiverId\":{},\"giftId\":\"rose\",\"quantity\":{quantity}}}", host.id);
        let request = app.request(Method::POST, "/api/gifts/send").header("Content-Type", "application/json");
        let (status, refused) = answer(with_token(request, Some(&fan.token)).body(body)).await;
        assert_eq!(status, 400, "{quantity}: {refused}");
    }
    for (member, value, expected) in [
        ("coinValue", json!(-5), (400, "invalid_price")),
        ("coinValue", json!(1), (409, "price_changed")),
        ("giftId", json!("nothing"), (400, "unknown_gift")),
        ("giftId", json!(7), (400, "unknown_gift")),
        ("receiverId", json!(fan.id), (400, "self_gift")),
        ("receiverId", json!(1), (404, "receiver_not_found")),
        ("receiverId", json!(0), (400, "incomplete_gift")),
        ("clientRef", json!("a b"), (400, "invalid_idempotency_key")),
    ] {
        let mut gift = json!({"receiverId": host.id, "giftId": "rose"});
        gift[member] = value;
        assert_refused(&app.post("/api/gifts/send", Some(&fan.token), &gift).await, expected);
    }
    assert_eq!(app.balance(&fan).await, 1_000);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_one_gift_however_often_it_is_sent() {
    let app = App::start().await;
    let (fan, host) = (app.user("081200000001").await, app.user("081200000002").await);
    app.give_coins(&fan, 100).await;
    let send = |quantity: i64, key: &'static str| {
        let request = app.request(Method::POST, "/api/gifts/send").header("Idempotency-Key", key);
        let body: Value = json!({"receiverId": host.id, "giftId": "rose", "quantity": quantity});
        answer(with_token(request, Some(&fan.token)).json(&body))
    };
    let answers = futures_util::future::join_all((0..50).map(|_| send(2, "one"))).await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 200), "{answers:?}");
    assert_eq!(app.balance(&fan).await, 80);
    assert_refused(&send(3, "one").await, (409, "idempotency_key_reused"));
    let refused = send(50, "two").await;
    assert_refused(&refused, (400, "insufficient_balance"));
    app.give_coins(&fan, 1_000).await;
    assert_eq!(send(50, "two").await, refused, "the first answer again, although it could be paid now");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_gifts_of_the_whole_balance_exactly_one_wins() {
    let app = App::start().await;
    let (fan, host) = (app.user("081200000001").await, app.user("081200000002").await);
    app.give_coins(&fan, 500).await;
    let gift = json!({"receiverId": host.id, "giftId": "crown"});
    let sent =
        futures_util::future::join_all((0..30).map(|_| app.post("/api/gifts/send", Some(&fan.token), &gift))).await;
    assert_eq!(sent.iter().filter(|(status, _)| *status == 200).count(), 1);
    assert_eq!(app.balance(&fan).await, 0);
    app.stop().await;
}
