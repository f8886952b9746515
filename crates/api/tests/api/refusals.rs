//! Which gifts are refused, and that a refused gift moves nothing.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, assert_refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_quantities_move_nothing() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(1_000).await;
    let text = "Jumlah gift harus antara 1 dan 9999";
    for quantity in [
        "-1",
        "0",
        "1.5",
        "1.0",
        "\"1e3\"",
        "10000",
        "2147483648",
        "9007199254740993",
        "9223372036854775808",
        "null",
        "[1]",
        "{}",
        "true",
        "\"\"",
        "\" 1\"",
        "1e2",
    ] {
        let body = format!("{{\"receiverId\":{},\"giftId\":\"rose\",\"quantity\":{quantity}}}", host.id);
        let refused = app.raw(Method::POST, "/api/gifts/send", Some(&fan.token), body).await;
        assert_refused(&refused, 400, "invalid_quantity", text);
    }
    let body = format!("{{\"receiverId\":{},\"giftId\":\"rose\",\"quantity\":1e400}}", host.id);
    let refused = app.raw(Method::POST, "/api/gifts/send", Some(&fan.token), body).await;
    assert_refused(&refused, 400, "malformed_json", "JSON tidak valid");
    assert_eq!((app.balance(&fan).await, app.income(&host).await), (1_000, (0, 0)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_gift_says_why_and_moves_nothing() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(1_000).await;
    let (incomplete, receiver) = ("Data gift tidak lengkap", "Penerima tidak valid");
    let (gift, price) = ("Gift tidak tersedia", "Harga gift tidak valid");
    let key = "Idempotency-Key harus 1 sampai 64 karakter";
    for (member, value, status, code, message) in [
        ("receiverId", Value::Null, 400, "incomplete_gift", incomplete),
        ("receiverId", json!(0), 400, "incomplete_gift", incomplete),
        ("giftId", json!(""), 400, "incomplete_gift", incomplete),
        ("receiverId", json!("x"), 400, "invalid_receiver", receiver),
        ("receiverId", json!(-1), 400, "invalid_receiver", receiver),
        ("receiverId", json!(1.5), 400, "invalid_receiver", receiver),
        ("receiverId", json!(9_007_199_254_740_992_i64), 400, "invalid_receiver", receiver),
        ("receiverId", json!(fan.id), 400, "self_gift", "Tidak dapat mengirim gift kepada diri sendiri"),
        ("receiverId", json!(1), 404, "receiver_not_found", "Penerima tidak ditemukan"),
        ("giftId", json!("nothing"), 400, "unknown_gift", gift),
        ("giftId", json!(7), 400, "unknown_gift", gift),
        ("giftId", json!(["rose"]), 400, "unknown_gift", gift),
        ("giftId", json!("rose' OR 1=1 --"), 400, "unknown_gift", gift),
        ("coinValue", json!(-5), 400, "invalid_price", price),
        ("coinValue", json!(10.5), 400, "invalid_price", price),
        ("coinValue", Value::Null, 400, "invalid_price", price),
        ("coinValue", json!(1), 409, "price_changed", "Harga gift sudah berubah"),
        ("clientRef", json!(""), 400, "invalid_idempotency_key", key),
        ("clientRef", json!("a b"), 400, "invalid_idempotency_key", key),
        ("clientRef", json!(7), 400, "invalid_idempotency_key", key),
        ("clientRef", json!("x".repeat(65)), 400, "invalid_idempotency_key", key),
    ] {
        let mut order = json!({"receiverId": host.id, "giftId": "rose"});
        order[member] = value;
        let refused = app.post("/api/gifts/send", Some(&fan.token), &order).await;
        assert_refused(&refused, status, code, message);
    }
    assert_eq!((app.balance(&fan).await, app.income(&host).await), (1_000, (0, 0)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_price_and_a_short_balance_come_with_their_numbers() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(1_000).await;
    let order = json!({"receiverId": host.id, "giftId": "rose", "coinValue": 1});
    let refused = app.post("/api/gifts/send", Some(&fan.token), &order).await;
    let expected = json!({"success": false, "message": "Harga gift sudah berubah", "code": "price_changed",
        "coinValue": 10});
    assert_eq!(refused, (409, expected));
    let order = json!({"receiverId": host.id, "giftId": "burger"});
    let refused = app.post("/api/gifts/send", Some(&fan.token), &order).await;
    let expected = json!({"success": false, "message": "Saldo tidak cukup", "code": "insufficient_balance",
        "needed": 2_999, "current": 1_000});
    assert_eq!(refused, (400, expected));
    app.stop().await;
}
