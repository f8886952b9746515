//! What an owner sees of what his hosts do.

use serde_json::{Value, json};

use super::TestApp;
use crate::support::{assert_refused, shape};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_count_what_hosts_did_while_they_were_members() {
    let app = TestApp::start().await;
    let (admin, fan) = (app.admin().await, app.user().await);
    app.give_coins(&fan, 10_000).await;
    let (agency, host) = (app.agency(&admin).await, app.user().await);
    let give = async |quantity: i64| {
        let roses = json!({"receiverId": host.id, "giftId": "rose", "quantity": quantity});
        assert_eq!(app.post("/api/gifts/send", Some(&fan.token), &roses).await.0, 200);
    };
    give(1).await;
    app.join(&agency, &host).await;
    give(2).await;
    let (_, live) = app.post("/api/live-session/start", Some(&host.token), &json!({"hostId": host.id})).await;
    let read = async |path: &str| {
        let (status, body) = app.get(&format!("/api/agency/{}/{path}", agency.id), Some(&agency.owner.token)).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    };
    assert_eq!(read("stats").await["data"]["activeLives"], 1);
    let end = json!({"sessionId": live["sessionId"]});
    assert_eq!(app.post("/api/live-session/end", Some(&host.token), &end).await.0, 200);
    app.act(&host, "/api/hosts/leave").await;
    give(4).await;

    let stats = json!({"totalHosts": 0, "activeLives": 0, "totalIncome": 10, "todayIncome": 10, "totalMembers": 0,
        "thisWeekIncome": 10, "thisMonthIncome": 10, "lastMonthIncome": 0});
    assert_eq!(read("stats").await, json!({"success": true, "data": stats}));
    let hosts = read("hosts").await;
    let expected = json!([{"id": host.id, "name": hosts["data"][0]["name"], "avatar_url": null, "phone": null,
        "total_lives": 1, "total_income": 10, "is_active": false}]);
    assert_eq!(hosts["data"], expected);
    for path in ["income", "income/daily", "income/weekly", "income/monthly", "income/all", "income?period=week"] {
        let income = read(path).await;
        let row = &income["data"][0];
        let seen = [&row["host_id"], &row["live_count"], &row["total_income"], &row["avg_income"]];
        assert_eq!(seen.map(Clone::clone), [json!(host.id), json!(1), json!(10), json!(10)], "{path}");
        assert_eq!(income["window"]["timezone"], "Asia/Jakarta");
    }
    for path in ["live-stats", "live-stats/daily", "live-stats/weekly", "live-stats?period=today"] {
        let lives = read(path).await["data"].clone();
        let top = json!({"name": "string", "live_count": "integer", "total_viewers": "integer",
            "total_duration": "integer"});
        let expected = json!({"totalLives": "integer", "activeLives": "integer", "totalViewers": "integer",
            "avgDuration": "number", "topHosts": [top]});
        assert_eq!((shape(&lives), &lives["totalLives"]), (expected, &json!(1)), "{path}");
    }
    let total = read("total-income").await["data"].clone();
    let sums = ["grandTotal", "todayTotal", "weekTotal", "monthTotal"].map(|name| total[name].clone());
    assert_eq!(sums, [json!(10), json!(10), json!(10), json!(10)]);
    assert_eq!((&total["topEarners"][0]["id"], &total["topEarners"][0]["total_income"]), (&json!(host.id), &json!(10)));

    let other = app.user().await;
    app.join(&agency, &other).await;
    let days = read("active-days?period=month").await;
    let view = json!({"id": "integer", "user_id": "integer", "name": "string", "avatar_url": "null",
        "active_days": "integer", "badge": "null"});
    assert_eq!((shape(&days["data"][0]), &days["nextCursor"]), (view, &Value::Null));
    assert_eq!(days["data"][0]["active_days"], 0);
    for path in ["income/hourly", "income?period=hourly", "live-stats/yearly", "active-days?period=x"] {
        let refused = app.get(&format!("/api/agency/{}/{path}", agency.id), Some(&agency.owner.token)).await;
        assert_refused(&refused, 400, "invalid_period", "Period must be daily, weekly, monthly or all");
    }
    app.stop().await;
}
