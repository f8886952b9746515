//! The catalogue as administrators change it, and what others see of that.

use serde_json::{Value, json};

use crate::{
    administration::lines,
    support::{Answer, TestApp, User, assert_code, assert_refused},
};

const PATH: &str = "/api/admin/catalogue";

fn tiara() -> Value {
    json!({"id": "tiara", "name": " Tiara ", "coinValue": "900", "category": "luxury", "hostShareBp": 2_500,
        "isActive": true, "sortOrder": 5, "sizeClass": "large", "reason": "a new season"})
}

/// An entry as administrators see it, with this in place.
fn entry(name: &str, value: Value) -> Value {
    let mut entry = json!({"id": "tiara", "name": "Tiara", "coinValue": 900, "category": "luxury", "hostShareBp": 2_500,
        "isActive": true, "sortOrder": 5, "sizeClass": "large"});
    entry[name] = value;
    entry
}

async fn change(app: &TestApp, admin: &User, gift: &str, body: &Value) -> Answer {
    app.put(&format!("{PATH}/{gift}"), Some(&admin.token), body).await
}

/// The keys of what can be sent.
async fn on_sale(app: &TestApp) -> Vec<String> {
    let (_, catalogue) = app.get("/api/gifts", None).await;
    catalogue["data"].as_array().unwrap().iter().map(|gift| gift["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_is_added_sent_changed_and_taken_off_sale() {
    let app = TestApp::start().await;
    let (admin, (fan, host)) = (app.admin().await, app.fan_and_host(5_000).await);
    let added = app.post(PATH, Some(&admin.token), &tiara()).await;
    let whole = entry("coinValue", json!(900));
    assert_eq!(added, (200, json!({"success": true, "message": "Gift added", "before": null, "data": whole})));
    let again = app.post(PATH, Some(&admin.token), &tiara()).await;
    assert_eq!(again, (200, json!({"success": true, "message": "Nothing changed", "before": whole, "data": whole})));
    assert_eq!(on_sale(&app).await[0], "tiara");

    let send = async |key: &str| {
        let order = json!({"receiverId": host.id, "giftId": "tiara", "clientRef": key});
        app.post("/api/gifts/send", Some(&fan.token), &order).await
    };
    let (_, sent) = send("a").await;
    assert_eq!((&sent["data"]["totalCost"], &sent["data"]["hostIncome"]), (&json!(900), &json!(225)));
    let dearer = entry("coinValue", json!(1_000));
    let changed = change(&app, &admin, "tiara", &json!({"coinValue": 1_000, "reason": "dearer"})).await;
    assert_eq!(changed, (200, json!({"success": true, "message": "Gift changed", "before": whole, "data": dearer})));
    assert_eq!(send("b").await.1["data"]["totalCost"], 1_000);
    let stated = json!({"receiverId": host.id, "giftId": "tiara", "coinValue": 900});
    assert_code(&app.post("/api/gifts/send", Some(&fan.token), &stated).await, 409, "price_changed");

    assert_eq!(change(&app, &admin, "tiara", &json!({"isActive": false})).await.0, 200);
    assert!(!on_sale(&app).await.contains(&"tiara".to_owned()));
    assert_code(&send("c").await, 400, "unknown_gift");
    // What was answered is answered again, and what was earned stays.
    assert_eq!(send("a").await, (200, sent));
    assert_eq!(app.income(&host).await, (475, 2));
    let (status, all) = app.get(PATH, Some(&admin.token)).await;
    let mut off_sale = dearer;
    off_sale["isActive"] = json!(false);
    assert_eq!((status, &all["data"][0], all["data"].as_array().unwrap().len()), (200, &off_sale, 14));

    let told: Vec<_> = lines(&app, &admin).await.into_iter().filter(|line| line.0 == "catalogue_changed").collect();
    let line = |reason: Value| ("catalogue_changed".to_owned(), "gift tiara".to_owned(), reason);
    assert_eq!(told, [line(Value::Null), line(json!("dearer")), line(json!("a new season"))]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_gift_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let before = app.get(PATH, Some(&admin.token)).await;
    let (name, price) = ("a gift's name has 1 to 100 printable characters", "a gift costs 1 to 1000000000 coins");
    let (category, share) =
        ("a gift's category is normal, luxury, lucky or s-lucky", "a host's share is 0 to 10000 basis points");
    let (sale, place) = ("a gift is on sale, true, or not, false", "a gift's place in lists is 0 to 1000000");
    let size = "a gift's size class is normal or large";
    for (member, value, why) in [
        ("name", json!(""), name),
        ("name", json!(7), name),
        ("name", Value::Null, name),
        ("name", json!("x".repeat(101)), name),
        ("coinValue", json!(0), price),
        ("coinValue", json!(-10), price),
        ("coinValue", json!(10.5), price),
        ("coinValue", json!(1_000_000_001), price),
        ("coinValue", Value::Null, price),
        ("category", json!("umum"), category),
        ("category", json!(["normal"]), category),
        ("hostShareBp", json!(10_001), share),
        ("hostShareBp", json!(-1), share),
        ("hostShareBp", json!(0.5), share),
        ("isActive", json!("true"), sale),
        ("isActive", json!(1), sale),
        ("sortOrder", json!(-1), place),
        ("sortOrder", json!(1_000_001), place),
        ("sizeClass", json!("huge"), size),
    ] {
        let text = format!("Invalid gift: {why}");
        let mut new = tiara();
        new[member] = value.clone();
        assert_refused(&app.post(PATH, Some(&admin.token), &new).await, 400, "invalid_gift", &text);
        let changed = change(&app, &admin, "rose", &json!({member: value})).await;
        assert_refused(&changed, 400, "invalid_gift", &text);
    }
    let key = "Invalid gift: a gift's key has 1 to 64 visible ASCII characters";
    for id in [json!("a rose"), json!("é"), json!(7), json!("k".repeat(65))] {
        let mut new = tiara();
        new["id"] = id;
        assert_refused(&app.post(PATH, Some(&admin.token), &new).await, 400, "invalid_gift", key);
    }
    for incomplete in [json!({}), json!({"id": "tiara"}), json!({"id": "tiara", "name": "Tiara", "coinValue": 1})] {
        let text = "id, name, coinValue, category and hostShareBp are required";
        assert_refused(&app.post(PATH, Some(&admin.token), &incomplete).await, 400, "missing_fields", text);
    }
    let taken = json!({"id": "rose", "name": "Rose", "coinValue": 11, "category": "normal", "hostShareBp": 5_000});
    let refused = app.post(PATH, Some(&admin.token), &taken).await;
    assert_refused(&refused, 409, "gift_exists", "There is another gift with this id");
    for nothing in [json!({}), json!({"reason": "why not"}), json!({"price": 7})] {
        let refused = change(&app, &admin, "rose", &nothing).await;
        assert_refused(&refused, 400, "nothing_to_change", "There is nothing to change");
    }
    let reasonless = json!({"coinValue": 7, "reason": 7});
    assert_code(&change(&app, &admin, "rose", &reasonless).await, 400, "invalid_reason");
    for unknown in ["nothing", "a%20rose", "%F0%9F%8C%B9", "%2F"] {
        let missing = change(&app, &admin, unknown, &json!({"coinValue": 7})).await;
        assert_refused(&missing, 404, "gift_not_found", "There is no such gift");
    }
    assert_eq!(app.get(PATH, Some(&admin.token)).await, before);
    assert_eq!(lines(&app, &admin).await, []);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_strange_characters_is_found_under_its_path_and_a_full_catalogue_takes_no_more() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let strange = json!({"id": "a/b%2F?+#", "name": "Strange", "coinValue": 1, "category": "normal", "hostShareBp": 0});
    let (status, added) = app.post(PATH, Some(&admin.token), &strange).await;
    let defaults = (&added["data"]["isActive"], &added["data"]["sortOrder"], &added["data"]["sizeClass"]);
    assert_eq!((status, defaults), (200, (&json!(true), &json!(1_000), &json!("normal"))));
    let (status, changed) = change(&app, &admin, "a%2Fb%252F%3F%2B%23", &json!({"coinValue": 2})).await;
    assert_eq!((status, &changed["data"]["coinValue"]), (200, &json!(2)), "{changed}");
    let fill = "INSERT INTO gift_catalogue (key, name, coin_value, category, host_share_bp, sort_order)
        SELECT 'gift-' || n, 'Gift', 1, 'normal', 5000, 400 FROM generate_series(1, 986) n";
    app.sql().await.batch_execute(fill).await.unwrap();
    let refused = app.post(PATH, Some(&admin.token), &tiara()).await;
    assert_refused(&refused, 409, "too_many_gifts", "There are too many gifts already");
    app.stop().await;
}
