//! Gifts in live rooms: what is paid there, and what is only announced there.

use serde_json::{Value, json};

use super::wire::Ws;
use crate::support::{TestApp, User};

const COINS: i64 = 20_000;

/// A room with somebody who gives, and somebody who watches.
struct Stage {
    app: TestApp,
    fan: User,
    host: User,
    giver: Ws,
    watcher: Ws,
}

impl Stage {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let app = TestApp::start_with(settings).await;
        let (fan, host) = app.fan_and_host(COINS).await;
        let (mut giver, mut watcher) = (Ws::joined(&app, Some(&fan.token)).await, Ws::joined(&app, None).await);
        for ws in [&mut watcher, &mut giver] {
            assert_eq!(ws.code("live:join", &json!({"roomId": "x"})).await, json!(null));
        }
        Self { app, fan, host, giver, watcher }
    }

    /// Sends one by REST; without a room, nobody is told.
    async fn buy(&self, gift: &str, quantity: u16) {
        let body = json!({"giftId": gift, "receiverId": self.host.id, "quantity": quantity});
        let (status, answer) = self.app.post("/api/gifts/send", Some(&self.fan.token), &body).await;
        assert_eq!(status, 200, "{answer}");
    }

    fn announcement(&self, gift: &Value, count: u16) -> Value {
        json!({"roomId": "x", "to": {"userId": self.host.id}, "gift": gift, "count": count})
    }

    /// What an announcement is refused with.
    async fn announce(&mut self, gift: &Value, count: u16) -> Value {
        let announcement = self.announcement(gift, count);
        self.giver.code("live:gift", &announcement).await
    }

    /// The next gift that the watcher sees.
    async fn seen(&mut self) -> Value {
        self.watcher.event("live:gift-received").await
    }

    /// No gift was seen until now: the room says everything in its order.
    async fn assert_unseen(&mut self) {
        let line = json!({"roomId": "x", "message": "now"});
        assert_eq!(self.giver.code("live:message", &line).await, json!(null));
        let events = self.watcher.until("live:new-message").await;
        assert!(events.iter().all(|(name, _)| name != "live:gift-received"), "{events:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_is_paid_in_the_room_which_hears_the_servers_word() {
    let mut stage = Stage::new(&[]).await;
    let mut own_screen = Ws::joined(&stage.app, Some(&stage.fan.token)).await;
    assert_eq!(own_screen.code("live:join", &json!({"roomId": "x"})).await, json!(null));
    let wish = json!({"roomId": "x", "giftId": "rose", "receiverId": stage.host.id, "quantity": 3, "clientRef": "one",
        "giftName": "Burger", "hostIncome": 1_000_000});
    let first = stage.giver.ask("live:gift", &wish).await;
    let expected = json!({"ok": true, "giftId": first["giftId"], "hostIncome": 15, "totalCost": 30, "quantity": 3,
        "balance": COINS - 30});
    assert_eq!(first, expected);
    let name = stage.app.get("/api/profile", Some(&stage.fan.token)).await.1["data"]["name"].clone();
    for told in [stage.seen().await, own_screen.event("live:gift-received").await] {
        let gift =
            json!({"id": "rose", "name": "Rose", "price": 10, "category": "normal", "hostIncome": 15, "jpWin": false});
        let from = json!({"userId": stage.fan.id, "username": name, "avatar": null, "level": 1, "vip": 0});
        let expected = json!({"from": from, "to": {"userId": stage.host.id}, "gift": gift, "count": 3,
            "timestamp": told["timestamp"], "seq": told["seq"]});
        assert_eq!(told, expected);
        assert!(told["timestamp"].is_i64() && told["seq"].is_u64(), "{told}");
    }
    assert_eq!(stage.giver.ask("live:gift", &wish).await, first, "paid once");
    assert_eq!(stage.app.balance(&stage.fan).await, COINS - 30);
    stage.assert_unseen().await;
    // It was told of already.
    assert_eq!(stage.announce(&json!({"id": "rose"}), 3).await, json!("gift_not_paid"));
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_that_cannot_be_paid_is_refused_as_by_rest_and_not_heard() {
    let mut stage = Stage::new(&[]).await;
    let poor = stage.app.user().await;
    let wish = json!({"roomId": "x", "giftId": "rose", "receiverId": stage.host.id});
    for (token, changed, code) in [
        (None, json!({}), "unauthenticated"),
        (Some(&poor.token), json!({}), "insufficient_balance"),
        (Some(&stage.fan.token), json!({"coinValue": 1}), "price_changed"),
        (Some(&stage.fan.token), json!({"receiverId": stage.fan.id}), "self_gift"),
        (Some(&stage.fan.token), json!({"giftId": "nothing"}), "unknown_gift"),
        (Some(&stage.fan.token), json!({"quantity": 0}), "invalid_quantity"),
        (Some(&stage.fan.token), json!({"roomId": "a\nb"}), "malformed_payload"),
    ] {
        let mut ws = Ws::joined(&stage.app, token.map(String::as_str)).await;
        let mut wish = wish.clone();
        wish.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        assert_eq!(ws.code("live:gift", &wish).await, json!(code), "{wish}");
    }
    stage.assert_unseen().await;
    assert_eq!(stage.app.balance(&stage.fan).await, COINS);
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_sent_by_rest_is_heard_in_the_room_that_it_names() {
    let mut stage = Stage::new(&[]).await;
    let body = json!({"giftId": "heart", "receiverId": stage.host.id, "roomId": "x", "clientRef": "one"});
    for _ in 0..2 {
        assert_eq!(stage.app.post("/api/gifts/send", Some(&stage.fan.token), &body).await.0, 200);
    }
    let told = stage.seen().await;
    assert_eq!([&told["gift"]["id"], &told["count"]], [&json!("heart"), &json!(1)]);
    stage.assert_unseen().await;
    assert_eq!(stage.announce(&json!({"id": "heart"}), 1).await, json!("gift_not_paid"));
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_paid_by_rest_is_announced_once_with_the_servers_price() {
    let mut stage = Stage::new(&[]).await;
    let shown = json!({"id": "rose", "name": "Mawar", "price": 99_999, "hostIncome": 99_999, "jpWin": true, "src": "rose.webp"});
    assert_eq!(stage.announce(&shown, 2).await, json!("gift_not_paid"));
    stage.buy("rose", 2).await;
    // Not as a dearer one, not as more, not for somebody else, and not by somebody else.
    assert_eq!(stage.announce(&json!({"id": "burger"}), 2).await, json!("gift_not_paid"));
    assert_eq!(stage.announce(&shown, 200).await, json!("gift_not_paid"));
    let mut strange = stage.announcement(&shown, 2);
    strange["to"] = json!(stage.fan.id);
    assert_eq!(stage.giver.code("live:gift", &strange).await, json!("gift_not_paid"));
    let other = stage.app.user().await;
    let announcement = stage.announcement(&shown, 2);
    let mut ws = Ws::joined(&stage.app, Some(&other.token)).await;
    assert_eq!(ws.code("live:gift", &announcement).await, json!("gift_not_paid"));
    for (member, value) in
        [("gift", json!({"name": "Burger", "src": "burger.webp"})), ("gift", json!("rose")), ("to", json!({}))]
    {
        let mut malformed = announcement.clone();
        malformed[member] = value;
        assert_eq!(stage.giver.code("live:gift", &malformed).await, json!("malformed_payload"), "{malformed}");
    }
    stage.assert_unseen().await;
    let announced = stage.giver.ask("live:gift", &announcement).await;
    let told = stage.seen().await;
    assert_eq!(announced, json!({"ok": true, "seq": told["seq"]}));
    let gift =
        json!({"id": "rose", "name": "Mawar", "price": 10, "hostIncome": 10, "jpWin": false, "src": "rose.webp"});
    assert_eq!([&told["gift"], &told["count"], &told["to"]["userId"]], [&gift, &json!(2), &json!(stage.host.id)]);
    assert_eq!(told["from"]["userId"], json!(stage.fan.id));
    assert_eq!(stage.giver.code("live:gift", &announcement).await, json!("gift_not_paid"));
    stage.assert_unseen().await;
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_large_gifts_are_announced_with_much() {
    let mut stage = Stage::new(&[]).await;
    let shown = |id: &str, bytes| json!({"id": id, "lottie": "x".repeat(bytes)});
    stage.buy("rose", 1).await;
    assert_eq!(stage.announce(&shown("rose", 65_536), 1).await, json!("gift_too_large"));
    stage.assert_unseen().await;
    // What was paid is not lost.
    assert_eq!(stage.announce(&shown("rose", 60_000), 1).await, json!(null));
    assert_eq!(stage.seen().await["gift"]["lottie"].as_str().unwrap().len(), 60_000);
    stage.buy("burger", 1).await;
    assert_eq!(stage.announce(&shown("burger", 900_000), 1).await, json!(null));
    assert_eq!(stage.seen().await["gift"]["lottie"].as_str().unwrap().len(), 900_000);
    stage.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_large_bytes_bounds_the_large_gifts_of_a_room() {
    let mut stage = Stage::new(&[("ROOM_LARGE_BYTES", "250000")]).await;
    let large = json!({"id": "burger", "lottie": "x".repeat(100_000)});
    for expected in [json!(null), json!(null), json!("gift_too_large")] {
        stage.buy("burger", 1).await;
        assert_eq!(stage.announce(&large, 1).await, expected);
    }
    assert_eq!(stage.announce(&json!({"id": "burger"}), 1).await, json!(null), "small, it is still announced");
    // The budget is one room's.
    stage.buy("burger", 1).await;
    let mut elsewhere = stage.announcement(&large, 1);
    elsewhere["roomId"] = json!("y");
    assert_eq!(stage.watcher.code("live:join", &json!({"roomId": "y"})).await, json!(null));
    assert_eq!(stage.giver.code("live:gift", &elsewhere).await, json!(null));
    stage.app.stop().await;
}
