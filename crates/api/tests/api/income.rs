//! What the caller himself earned, and who may read what hosts earn.

use serde_json::{Value, json};

use crate::{
    salaries,
    support::{Answer, TestApp, User, assert_code, assert_refused},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_caller_reads_his_diamonds_his_days_and_the_present_hour() {
    let app = TestApp::start().await;
    let (fan, host) = app.fan_and_host(10_000).await;
    for gift in ["rose", "cupid", "cute", "burger"] {
        let order = json!({"receiverId": host.id, "giftId": gift});
        assert_eq!(app.post("/api/gifts/send", Some(&fan.token), &order).await.0, 200);
    }
    let income = 5 + 10 + 10 + 1_499;
    let balance = app.get("/api/income/balance", Some(&host.token)).await;
    assert_eq!(balance, (200, json!({"success": true, "diamonds": income})));
    assert_eq!(app.get("/api/income/balance", Some(&fan.token)).await.1["diamonds"], json!(0));
    let (_, profile) = app.get("/api/auth/profile", Some(&host.token)).await;
    assert_eq!(profile["data"]["hostIncome"], json!(income));

    let (status, days) = app.get("/api/income/history", Some(&host.token)).await;
    let window = json!({"start": null, "end": null, "timezone": "Asia/Jakarta"});
    let today = days["data"][0]["date"].as_str().unwrap().to_owned();
    let day = json!({"date": today, "poin": 5, "luxury": 1_499, "lucky": 10, "sLucky": 10});
    let expected = json!({"success": true, "data": [day], "window": window, "nextCursor": null});
    assert_eq!((status, &days), (200, &expected));

    let (status, current) = app.get(&format!("/api/income/live-current/{}", host.id), None).await;
    assert_eq!((status, &current["income"]), (200, &json!(income)));
    assert_eq!(current["hour"].as_str().map(str::len), Some("2026-11-23T06".len()));
    assert_eq!(app.get("/api/income/live-current/77", None).await.1["income"], json!(0));

    // Another kind of movement is in the balance and among the categories, and not among the days.
    salaries::pay(&app, &host).await;
    for amount in [24, 500] {
        let exchanged = app.post("/api/income/exchange", Some(&host.token), &json!({"amount": amount})).await;
        assert_eq!(exchanged.0, 200);
    }
    let (_, balance) = app.get("/api/income/balance", Some(&host.token)).await;
    assert_eq!(balance["diamonds"], json!(income + 1_476));
    let (_, category) = app.get(&format!("/api/host-income/category/{}", host.id), None).await;
    let expected = json!({"lucky": 10, "s-lucky": 10, "luxury": 1_499, "normal": 5, "exchange": -524, "salary": 2_000});
    assert_eq!(category["data"], expected);
    assert_eq!(app.get("/api/income/history", Some(&host.token)).await.1, days);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_are_paged_and_bounded() {
    let app = TestApp::start().await;
    let host = app.user().await;
    // As if gifts had come on some days: the audit is told so by taking them back at the end.
    let sql = app.sql().await;
    let days = ["2026-10-31", "2026-11-01", "2026-11-02", "2026-11-05"];
    for day in days {
        sql.batch_execute(&format!(
            "INSERT INTO host_totals VALUES ({}, 'daily', timestamptz '{day} 00:00+07', 10, 1, 5, 0, 0, 0, 'epoch')",
            host.id
        ))
        .await
        .unwrap();
    }
    let list = async |query: &str| {
        let (status, page) = app.get(&format!("/api/income/history?{query}"), Some(&host.token)).await;
        assert_eq!(status, 200, "{page}");
        let dates: Vec<String> =
            page["data"].as_array().unwrap().iter().map(|day| day["date"].as_str().unwrap().to_owned()).collect();
        (dates, page["nextCursor"].clone())
    };
    let newest_first: Vec<_> = days.into_iter().rev().collect();
    for limit in 1..=5 {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let (dates, next) = list(&format!("limit={limit}&cursor={cursor}")).await;
            seen.extend(dates);
            let Some(next) = next.as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(seen, newest_first, "pages of {limit}");
    }
    assert_eq!(list("startDate=2026-11-01&endDate=2026-11-02").await.0, ["2026-11-02", "2026-11-01"]);
    assert_eq!(list("endDate=2026-10-31").await, (vec!["2026-10-31".to_owned()], Value::Null));
    assert_eq!(list("startDate=2026-11-06").await.0, Vec::<String>::new());
    assert_eq!(list("startDate=0000-01-01&endDate=9999-12-31").await.0, newest_first);
    assert_eq!(list("cursor=0000-01-01").await.0, Vec::<String>::new());
    assert_eq!(list("startDate=2026-11-01&endDate=2026-11-05&limit=2&cursor=2026-11-02").await.0, ["2026-11-01"]);
    for query in
        ["startDate=1.11.2026", "endDate=2026-11-31", "startDate=2026-11-02&endDate=2026-11-01", "endDate=+12026-01-01"]
    {
        let refused = app.get(&format!("/api/income/history?{query}"), Some(&host.token)).await;
        assert_refused(&refused, 400, "invalid_date", "Tanggal tidak valid");
    }
    for (query, code) in
        [("cursor=x", "invalid_cursor"), ("limit=0", "invalid_limit"), ("limit=1&limit=1", "malformed_query")]
    {
        assert_code(&app.get(&format!("/api/income/history?{query}"), Some(&host.token)).await, 400, code);
    }
    sql.batch_execute("DELETE FROM host_totals").await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn diamonds_and_days_are_the_callers_alone() {
    let app = TestApp::start().await;
    for path in ["/api/income/balance", "/api/income/history"] {
        assert_refused(&app.get(path, None).await, 401, "token_missing", "Token tidak ditemukan");
        assert_code(&app.get(path, Some("nonsense")).await, 403, "token_invalid");
    }
    assert_refused(
        &app.get("/api/income/live-current/x", None).await,
        400,
        "invalid_host_id",
        "Invalid hostId parameter",
    );
    app.stop().await;
}

/// What is told of a host's income, below `/api`.
const INCOME_REPORTS: [&str; 6] = [
    "host-income/today",
    "host-income/week",
    "host-income/month",
    "host-income/category",
    "host-income/history",
    "income/live-current",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_incomes_are_not_public_the_host_the_owner_of_his_agency_and_admins_read_them() {
    let app = TestApp::start_with(&[("PUBLIC_HOST_INCOME", "false")]).await;
    let (admin, host, other) = (app.admin().await, app.user().await, app.user().await);
    let (agency, rival) = (app.agency(&admin).await, app.agency(&admin).await);
    app.join(&rival, &other).await;
    let read = async |report: &str, who: &User| app.get(&format!("/api/{report}/{}", host.id), Some(&who.token)).await;
    let forbidden = |answer: &Answer| assert_refused(answer, 403, "forbidden", "Anda tidak memiliki akses");
    // An invitation makes nobody his host.
    app.invite(&agency, &host).await;
    for report in INCOME_REPORTS {
        let path = format!("/api/{report}/{}", host.id);
        assert_code(&app.get(&path, None).await, 401, "token_missing");
        for stranger in [&other, &agency.owner, &rival.owner] {
            forbidden(&read(report, stranger).await);
        }
        for reader in [&host, &admin] {
            let (status, income) = read(report, reader).await;
            assert_eq!((status, &income["success"]), (200, &Value::Bool(true)));
        }
        assert_code(&app.get(&path, Some("a.b.c")).await, 403, "token_invalid");
        let strange = format!("/api/{report}/x?limit=1&limit=1");
        assert_code(&app.get(&strange, Some("a.b.c")).await, 403, "token_invalid");
    }
    app.join(&rival, &host).await;
    for report in INCOME_REPORTS {
        assert_eq!(read(report, &rival.owner).await.0, 200, "{report}");
        forbidden(&read(report, &agency.owner).await);
        forbidden(&read(report, &other).await);
    }
    app.act(&host, "/api/hosts/leave").await;
    for report in INCOME_REPORTS {
        forbidden(&read(report, &rival.owner).await);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_token_does_not_break_a_public_page() {
    let app = TestApp::start().await;
    let host = app.user().await;
    for report in INCOME_REPORTS {
        assert_eq!(app.get(&format!("/api/{report}/{}", host.id), Some("a.b.c")).await.0, 200);
    }
    app.stop().await;
}
