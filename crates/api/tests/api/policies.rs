//! The salary policy over HTTP, for administrators alone.

use serde_json::{Value, json};

use crate::support::{TestApp, User, assert_code, assert_refused, shape};

async fn admin(app: &TestApp) -> User {
    let admin = app.user().await;
    let sql = format!("UPDATE users SET role = 'admin' WHERE id = {}", admin.id);
    app.sql().await.batch_execute(&sql).await.unwrap();
    admin
}

fn policy(salary: i64) -> Value {
    let rows = json!([{"minutes": 360, "valid_days": 3, "gift_diamonds": 10_000, "salary": salary,
        "reduction": {"missed": ["minutes"], "basis_points": 7_000}}]);
    json!({"valid_session_minutes": 30, "valid_day_minutes": 120, "daily_cap_minutes": 240, "rows": rows})
}

/// The week after the running one.
async fn next_week(app: &TestApp, admin: &User) -> String {
    // A refusal says it.
    let body = json!({"from": "2026-W01", "policy": policy(10)});
    let (status, refused) = app.post("/api/admin/policies", Some(&admin.token), &body).await;
    assert_eq!((status, &refused["code"]), (409, &json!("week_not_coming")));
    let text = refused["message"].as_str().unwrap();
    text.split(' ').find(|word| word.contains("-W")).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_activates_a_policy_from_a_coming_week_on() {
    let app = TestApp::start().await;
    let admin = admin(&app).await;
    let (status, list) = app.get("/api/admin/policies", Some(&admin.token)).await;
    assert_eq!((status, &list["data"], &list["current"]["version"]), (200, &json!([]), &json!(0)));
    assert_eq!(list["current"]["policy"]["rows"].as_array().unwrap().len(), 5);

    let next = next_week(&app, &admin).await;
    let body = json!({"from": next, "policy": policy(5_000)});
    let (status, activated) = app.post("/api/admin/policies", Some(&admin.token), &body).await;
    let version = json!({"version": 1, "from": next, "policy": policy(5_000)});
    let expected = json!({"success": true, "message": "Policy activated", "data": version});
    // Figures that are not asked for are told as zero, and these are all asked for.
    assert_eq!((status, &activated), (200, &expected));
    let (_, list) = app.get("/api/admin/policies", Some(&admin.token)).await;
    assert_eq!((&list["data"], &list["current"]["version"]), (&json!([version]), &json!(0)));
    let log = "SELECT concat_ws(' ', action, subject_key, actor_id) FROM audit_log";
    let line: String = app.sql().await.query_one(log, &[]).await.unwrap().get(0);
    assert_eq!(line, format!("policy_activated 1 {}", admin.id));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_policy_or_no_coming_week_is_refused() {
    let app = TestApp::start().await;
    let admin = admin(&app).await;
    let activate = async |from: Value, policy: Value| {
        app.post("/api/admin/policies", Some(&admin.token), &json!({"from": from, "policy": policy})).await
    };
    let with = |name: &str, value: Value| {
        let mut changed = policy(1_000);
        changed[name] = value;
        changed
    };
    for (from, code) in [
        (json!("2026-W54"), "invalid_week"),
        (json!("2026-48"), "invalid_week"),
        (json!(48), "invalid_week"),
        (Value::Null, "missing_fields"),
    ] {
        assert_code(&activate(from, policy(1_000)).await, 400, code);
    }
    assert_code(&activate(json!("2026-W40"), policy(1_000)).await, 409, "week_not_coming");
    assert_code(&activate(json!("2099-W01"), policy(1_000)).await, 409, "week_too_far_ahead");
    let text = "Invalid policy: a policy has 1 to 64 rows";
    let refused = activate(json!("2099-W01"), with("rows", json!([]))).await;
    assert_refused(&refused, 400, "invalid_policy", text);
    for malformed in [
        with("daily_cap_minutes", json!(10)),
        with("daily_cap_minutes", json!("240")),
        with("daily_cap_minutes", json!(1.5)),
        with("unknown", json!(1)),
        with("rows", json!([{"salary": 5}])),
        with("rows", json!([{"minutes": 5}])),
        json!([]),
        json!("x"),
    ] {
        assert_code(&activate(json!("2099-W01"), malformed.clone()).await, 400, "invalid_policy");
        let body = json!({"policy": malformed});
        assert_code(&app.post("/api/admin/policies/dry-run", Some(&admin.token), &body).await, 400, "invalid_policy");
    }
    let count: i64 = app.sql().await.query_one("SELECT COUNT(*) FROM salary_policies", &[]).await.unwrap().get(0);
    assert_eq!(count, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_tells_who_gains_and_who_loses() {
    let app = TestApp::start().await;
    let (admin, host) = (admin(&app).await, app.user().await);
    let dry_run = async |body: Value| app.post("/api/admin/policies/dry-run", Some(&admin.token), &body).await;
    // A host of an agency whose closed week had ten thousand diamonds and no session.
    let gifts = r#"[{"membership": 1, "date": "2026-11-09", "diamonds": 10000}]"#;
    let memberships = format!(r#"[{{"id": 1, "agency": {}, "from": "2026-06-01T00:00:00Z", "until": null}}]"#, host.id);
    let week = format!(
        "INSERT INTO agencies (id, owner_id, family_name, status, decided_at, created_at)
         VALUES ({0}, {0}, 'Bintang', 'approved', 'epoch', 'epoch');
         INSERT INTO salary_weeks (monday, closed_at) VALUES ('2026-11-09', 'epoch');
         INSERT INTO salary_statements
           (host_id, monday, agency_id, gift_diamonds, salary_amount, total_lives, inputs, statement, closed_at)
         VALUES ({0}, '2026-11-09', {0}, 10000, 0, 0,
                 '{{\"memberships\": {memberships}, \"sessions\": [], \"gifts\": {gifts}}}', '', 'epoch')",
        host.id
    );
    app.sql().await.batch_execute(&week).await.unwrap();
    let mut generous = policy(1);
    generous["rows"] = json!([{"gift_diamonds": 5_000, "salary": 700}]);

    let (status, run) = dry_run(json!({"policy": generous, "weeks": "13"})).await;
    let change = json!({"host_id": host.id, "agency_id": host.id, "week": "2026-W46", "before": 0, "after": 700});
    let expected = json!({"weeks": 1, "gains": 1, "losses": 0, "before": 0, "after": 700, "changes": [change]});
    assert_eq!((status, &run["data"]), (200, &expected));
    let (_, same) = dry_run(json!({"policy": policy(2_000)})).await;
    let data = json!({"weeks": "integer", "gains": "integer", "losses": "integer", "before": "integer",
        "after": "integer", "changes": []});
    assert_eq!(shape(&same), json!({"success": "boolean", "data": data}));
    for weeks in [json!(0), json!(14), json!(-1), json!("x"), json!(1.5)] {
        let refused = dry_run(json!({"policy": policy(2_000), "weeks": weeks})).await;
        assert_refused(&refused, 400, "invalid_weeks", "weeks must be between 1 and 13");
    }
    assert_code(&dry_run(json!({})).await, 400, "missing_fields");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_sees_or_changes_policies() {
    let app = TestApp::start().await;
    let user = app.user().await;
    let body = json!({"from": "2099-W01", "policy": policy(10)});
    for refused in [
        app.get("/api/admin/policies", Some(&user.token)).await,
        app.post("/api/admin/policies", Some(&user.token), &body).await,
        app.post("/api/admin/policies/dry-run", Some(&user.token), &body).await,
    ] {
        assert_refused(&refused, 403, "not_an_admin", "Not authorized as admin");
    }
    app.stop().await;
}
