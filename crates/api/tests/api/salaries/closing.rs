//! What a salary was made from, and that a server closes weeks by itself.

use std::time::Duration;

use serde_json::json;

use super::{Asked, agency};
use crate::support::{TestApp, User, assert_code, assert_refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_and_the_host_read_what_a_salary_was_made_from() {
    let asked = Asked::new().await;
    let other = asked.app.user().await;
    asked.app.sql().await.batch_execute(&agency(&other)).await.unwrap();
    let path = asked.path("salary-request/2");
    let (status, read) = asked.app.get(&path, Some(&asked.owner.token)).await;
    assert_eq!(status, 200, "{read}");
    let data = &read["data"];
    let seen = ["id", "week_number", "salary_amount", "total_lives", "policy", "row", "missed", "figures"];
    let figures = json!({"minutes": 360, "valid_days": 3, "gift_diamonds": 10_000, "membership_week": 25});
    let expected = [json!(2), json!(47), json!(2_000), json!(3), json!(0), json!(1), json!([]), figures];
    assert_eq!(seen.map(|name| data[name].clone()), expected);
    let monday = json!({"date": "2026-11-16", "minutes": 120, "counted_minutes": 120, "is_valid": true,
        "gift_diamonds": 10_000});
    assert_eq!((&data["days"][0], data["days"].as_array().unwrap().len()), (&monday, 7));
    let session = json!({"id": 1, "start": "2026-11-16T13:00:00.000Z", "end": "2026-11-16T15:00:00.000Z",
        "is_valid": true});
    assert_eq!(data["sessions"][0], session);
    assert_eq!(data["memberships"][0]["agency_id"], json!(asked.owner.id));
    assert_eq!(data["memberships"][0]["days"][0]["live_seconds"], json!(7_200));
    assert!(data["text"].as_str().unwrap().starts_with("statement host="), "{data}");

    assert_eq!(asked.app.get(&path, Some(&asked.host.token)).await, (200, read));
    let refused = asked.app.get(&path, Some(&asked.app.user().await.token)).await;
    assert_refused(&refused, 403, "not_an_agency", "Not authorized as agency");
    assert_code(&asked.app.get(&path, Some(&other.token)).await, 404, "not_found");
    let foreign = format!("/api/agency/{}/salary-request/2", other.id);
    assert_code(&asked.app.get(&foreign, Some(&asked.owner.token)).await, 404, "not_found");
    assert_code(&asked.app.get(&foreign, Some(&asked.host.token)).await, 403, "not_an_agency");
    let unknown = asked.path("salary-request/99");
    assert_code(&asked.app.get(&unknown, Some(&asked.owner.token)).await, 404, "not_found");
    assert_code(&asked.app.get(&asked.path("salary-request/x"), Some(&asked.owner.token)).await, 400, "invalid_id");
    asked.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_lists_his_own_salaries_and_reads_what_they_were_made_from() {
    let asked = Asked::new().await;
    let other = asked.app.user().await;
    let elsewhere = super::ask(other.id, asked.owner.id, "2026-11-16", 9);
    asked.app.sql().await.batch_execute(&elsewhere).await.unwrap();
    let read =
        async |user: &User, rest: &str| asked.app.get(&format!("/api/hosts/salaries{rest}"), Some(&user.token)).await;
    let (status, list) = read(&asked.host, "").await;
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!((status, ids), (200, vec![json!(2), json!(1)]), "{list}");
    assert_eq!(list["data"], json!(asked.list().await[1..]), "what the owner sees of them");
    assert_eq!(list["data"][0]["family_name"], "Bintang");
    let (_, page) = read(&asked.host, "?limit=1").await;
    let next = format!("?limit=1&cursor={}", page["nextCursor"].as_str().unwrap());
    let (_, rest) = read(&asked.host, &next).await;
    assert_eq!((&rest["data"][0]["id"], &rest["nextCursor"]), (&json!(1), &json!(null)));
    assert_eq!(read(&asked.owner, "").await.1["data"], json!([]), "the hosts of his agency are not himself");

    // He reads them wherever he belongs now, and nobody else's.
    let of_agency = asked.app.get(&asked.path("salary-request/2"), Some(&asked.owner.token)).await;
    assert_eq!(read(&asked.host, "/2").await, of_agency);
    for (reader, id) in [(&other, "/2"), (&asked.owner, "/2"), (&asked.host, "/3"), (&asked.host, "/99")] {
        assert_refused(&read(reader, id).await, 404, "not_found", "Not found");
    }
    assert_code(&read(&asked.host, "/x").await, 400, "invalid_id");
    asked.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_closes_the_weeks_that_are_due_when_it_starts() {
    /// How long it may take. Generous: it ends a test that fails.
    const DEADLINE: Duration = Duration::from_secs(20);

    let app = TestApp::start().await;
    let (owner, host) = (app.user().await, app.user().await);
    let sql = app.sql().await;
    let member = format!(
        "{} INSERT INTO memberships (host_id, agency_id, starts_at)
         VALUES ({}, {}, now() - interval '70 days');",
        agency(&owner),
        host.id,
        owner.id
    );
    sql.batch_execute(&member).await.unwrap();

    let second = TestApp::start_with(&[("DATABASE_URL", app.database_url())]).await;
    let closed = async || {
        let row = sql.query_one("SELECT COUNT(*) FROM salary_weeks JOIN salary_statements USING (monday)", &[]).await;
        row.unwrap().get::<_, i64>(0)
    };
    let mut pulse = tokio::time::interval(Duration::from_millis(5));
    let waited = async {
        // More than one run closes.
        while closed().await < 10 {
            pulse.tick().await;
        }
    };
    assert!(tokio::time::timeout(DEADLINE, waited).await.is_ok(), "{} weeks are closed", closed().await);
    let again = app.deployment.closing().run().await.unwrap();
    assert_eq!((again.statements, again.failures.len()), (0, 0));
    second.stop().await;
    app.stop().await;
}
