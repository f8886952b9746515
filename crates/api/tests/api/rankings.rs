//! Rankings of fans and hosts.

use serde_json::{Value, json};

use crate::support::{TestApp, User, assert_refused, shape};

async fn give(app: &TestApp, from: &User, to: &User, roses: i64) {
    let order = json!({"receiverId": to.id, "giftId": "rose", "quantity": roses});
    let (status, answer) = app.post("/api/gifts/send", Some(&from.token), &order).await;
    assert_eq!(status, 200, "{answer}");
}

/// Ids and coins, by rank.
fn places(ranking: &Value) -> Vec<(u64, i64, i64)> {
    let entry = |entry: &Value| {
        (entry["rank"].as_u64().unwrap(), entry["id"].as_i64().unwrap(), entry["coins"].as_i64().unwrap())
    };
    ranking["data"].as_array().unwrap().iter().map(entry).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fans_and_hosts_are_ranked_by_coins_in_the_apps_shape() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(1_000).await;
    let other = app.user().await;
    app.give_coins(&other, 1_000).await;
    give(&app, &fan, &host, 3).await;
    give(&app, &other, &host, 5).await;
    give(&app, &other, &fan, 1).await;

    let (status, fans) = app.get(&format!("/api/ranking/fans/{}", host.id), Some(&fan.token)).await;
    let entry = json!({"rank": "integer", "id": "integer", "name": "string", "avatar": "string", "level": "integer",
        "coins": "integer"});
    let window = json!({"start": "string", "end": "string", "timezone": "string"});
    let expected = json!({"success": "boolean", "data": [entry], "period": "string", "hostId": "integer",
        "window": window, "me": {"rank": "integer", "coins": "integer"}, "nextCursor": "null"});
    assert_eq!((status, shape(&fans)), (200, expected));
    assert_eq!(places(&fans), [(1, other.id, 50), (2, fan.id, 30)]);
    assert_eq!((&fans["period"], &fans["hostId"]), (&json!("daily"), &json!(host.id)));
    assert_eq!(fans["me"], json!({"rank": 2, "coins": 30}));
    assert_eq!(fans["data"][0]["avatar"], json!(format!("https://i.pravatar.cc/150?img={}", other.id)));

    let (_, hosts) = app.get("/api/ranking/hosts?period=all", None).await;
    assert_eq!(places(&hosts), [(1, host.id, 80), (2, fan.id, 10)]);
    assert_eq!((hosts.get("hostId"), &hosts["me"], &hosts["period"]), (None, &Value::Null, &json!("all")));
    // A token that is no good must not break a public page, and somebody without a gift has no place.
    for token in ["nonsense", other.token.as_str()] {
        let (status, hosts) = app.get("/api/ranking/hosts", Some(token)).await;
        assert_eq!((status, &hosts["me"]), (200, &Value::Null));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_a_ranking_hold_everybody_once() {
    let app = TestApp::start().await;
    let host = app.user().await;
    let mut fans = Vec::new();
    for roses in [2, 2, 4, 1, 2] {
        let fan = app.user().await;
        app.give_coins(&fan, 100).await;
        give(&app, &fan, &host, roses).await;
        fans.push(fan.id);
    }
    let expected = [2, 0, 1, 4, 3].map(|fan| fans[fan]);
    for limit in [1, 2, 3, 4, 5] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/ranking/fans/{}?period=hourly&limit={limit}&cursor={cursor}", host.id);
            let (_, page) = app.get(&path, None).await;
            seen.extend(places(&page));
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(seen.iter().map(|(rank, ..)| *rank).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(seen.iter().map(|(_, id, _)| *id).collect::<Vec<_>>(), expected, "pages of {limit}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rankings_refuse_what_names_no_host_period_or_page() {
    let app = TestApp::start().await;
    for host in ["x", "0", "-1", "1.5", "undefined", "9007199254740992"] {
        let refused = app.get(&format!("/api/ranking/fans/{host}"), None).await;
        let message = "Invalid hostId parameter. Must be a valid user ID number.";
        assert_refused(&refused, 400, "invalid_host_id", message);
        assert_eq!(refused.1["data"], json!([]));
    }
    for board in ["fans/77", "hosts"] {
        for period in ["hourly", "daily", "today", "weekly", "week", "monthly", "month", "all"] {
            let (status, none) = app.get(&format!("/api/ranking/{board}?period={period}"), None).await;
            let seen = (status, &none["data"], &none["period"], &none["nextCursor"]);
            assert_eq!(seen, (200, &json!([]), &json!(period), &Value::Null));
        }
        for (query, code, message) in [
            ("period=yearly", "invalid_period", "Periode tidak valid"),
            ("limit=0", "invalid_limit", "Limit harus antara 1 dan 100"),
            ("limit=101", "invalid_limit", "Limit harus antara 1 dan 100"),
            ("cursor=1-2", "invalid_cursor", "Cursor tidak valid"),
            ("limit=1&limit=2", "malformed_query", "Parameter tidak valid"),
        ] {
            assert_refused(&app.get(&format!("/api/ranking/{board}?{query}"), None).await, 400, code, message);
        }
    }
    app.stop().await;
}
