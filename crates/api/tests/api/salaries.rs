//! Salaries over HTTP: listing, and deciding at both spellings.

mod closing;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User, answer, assert_code, assert_refused, shape};

/// An owner with an agency of the same id, a host, and two of his weeks that came to 2 000 diamonds: requests 1 and 2.
struct Asked {
    app: TestApp,
    owner: User,
    host: User,
}

/// A week by the built-in policy: three evenings of two hours, ten thousand diamonds on the first of them.
fn ask(host: i64, agency: i64, monday: &str, session: i64) -> String {
    let evening = |day: i64| {
        let id = session + day;
        format!(
            "jsonb_build_object('id', {id}, 'start', date '{monday}' + {day} + time '13:00', 'end', date '{monday}' + {day} + time '15:00')"
        )
    };
    let sessions = [0, 1, 2].map(evening).join(", ");
    // Instants of JSON have a zone.
    format!(
        "INSERT INTO salary_statements
           (host_id, monday, agency_id, gift_diamonds, salary_amount, total_lives, inputs, statement, closed_at)
         VALUES ({host}, '{monday}', {agency}, 10000, 2000, 3, replace(jsonb_build_object(
             'memberships', jsonb_build_array(jsonb_build_object(
               'id', 1, 'agency', {agency}, 'from', '2026-06-01T00:00:00Z', 'until', NULL)),
             'sessions', jsonb_build_array({sessions}),
             'gifts', jsonb_build_array(jsonb_build_object('membership', 1, 'date', '{monday}', 'diamonds', 10000))
           )::text, ':00:00\"', ':00:00Z\"')::jsonb, '', 'epoch');
         INSERT INTO salary_requests (host_id, monday, agency_id, salary_amount, total_lives, status, created_at)
         VALUES ({host}, '{monday}', {agency}, 2000, 3, 'pending', '{monday}');"
    )
}

/// What makes a user the owner of an agency.
pub(crate) fn agency(owner: &User) -> String {
    let id = owner.id;
    format!(
        "INSERT INTO agencies (id, owner_id, family_name, status, decided_at, created_at)
         VALUES ({id}, {id}, 'Bintang', 'approved', 'epoch', 'epoch');"
    )
}

impl Asked {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let (owner, host) = (app.user().await, app.user().await);
        let weeks = ["2026-11-09", "2026-11-16"].map(|monday| ask(host.id, owner.id, monday, 1)).concat();
        app.sql().await.batch_execute(&format!("{}{weeks}", agency(&owner))).await.unwrap();
        Self { app, owner, host }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/agency/{}/{rest}", self.owner.id)
    }

    async fn decide(&self, rest: &str, body: Value) -> Answer {
        self.app.post(&self.path(rest), Some(&self.owner.token), &body).await
    }

    async fn decide_with_key(&self, rest: &str, key: &str, body: Value) -> Answer {
        let request = self.app.request(Method::POST, &self.path(rest)).header("Idempotency-Key", key);
        answer(request.bearer_auth(&self.owner.token).json(&body)).await
    }

    async fn list(&self) -> Vec<Value> {
        let (status, list) = self.app.get(&self.path("salary-requests"), Some(&self.owner.token)).await;
        assert_eq!(status, 200, "{list}");
        list["data"].as_array().unwrap().clone()
    }

    async fn diamonds(&self) -> i64 {
        self.app.get("/api/income/balance", Some(&self.host.token)).await.1["diamonds"].as_i64().unwrap()
    }
}

/// A salary of 2 000 diamonds that waits for the agency; its id.
pub(crate) async fn asked(app: &TestApp, host: i64, agency: i64) -> i64 {
    let sql = app.sql().await;
    sql.batch_execute(&ask(host, agency, "2026-11-16", 1)).await.unwrap();
    let id = format!("SELECT id FROM salary_requests WHERE host_id = {host}");
    sql.query_one(&id, &[]).await.unwrap().get(0)
}

/// A salary of 2 000 diamonds that a new agency pays the host.
pub(crate) async fn pay(app: &TestApp, host: &User) {
    let owner = app.user().await;
    let asked = ask(host.id, owner.id, "2026-11-16", 1);
    app.sql().await.batch_execute(&format!("{}{asked}", agency(&owner))).await.unwrap();
    let path = format!("/api/agency/{}/salary-request/1/approve", owner.id);
    assert_eq!(app.post(&path, Some(&owner.token), &json!({})).await, approved());
}

fn approved() -> Answer {
    (200, json!({"success": true, "message": "Salary request approved"}))
}

fn rejected() -> Answer {
    (200, json!({"success": true, "message": "Salary request rejected"}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_lists_approves_and_rejects_at_both_spellings() {
    for (approve, reject) in [
        (("salary-approve", json!({"requestId": 1})), ("salary-reject", json!({"requestId": "2", "reason": "late"}))),
        (("salary-request/1/approve", json!({})), ("salary-request/2/reject", json!({"reason": "late"}))),
    ] {
        let asked = Asked::new().await;
        let list = asked.app.get(&asked.path("salary-requests"), Some(&asked.owner.token)).await;
        let entry = json!({"id": "integer", "host_id": "integer", "host_name": "string", "agency_id": "integer",
            "family_name": "string", "year": "integer",
            "week_number": "integer", "salary_amount": "integer", "total_lives": "integer", "status": "string",
            "created_at": "string", "decided_at": "null", "reason": "null"});
        let page = json!({"success": "boolean", "data": [entry], "nextCursor": "null"});
        assert_eq!((list.0, shape(&list.1)), (200, page));
        let seen = |list: &[Value]| {
            list.iter()
                .map(|one| [&one["id"], &one["week_number"], &one["salary_amount"], &one["status"]].map(Value::clone))
                .collect::<Vec<_>>()
        };
        let expected = |first: &str, second: &str| {
            vec![[json!(2), json!(47), json!(2_000), json!(second)], [json!(1), json!(46), json!(2_000), json!(first)]]
        };
        assert_eq!(seen(&asked.list().await), expected("pending", "pending"));

        assert_eq!(asked.decide(approve.0, approve.1).await, approved());
        assert_eq!(asked.decide(reject.0, reject.1).await, rejected());
        let list = asked.list().await;
        assert_eq!(seen(&list), expected("approved", "rejected"));
        assert_eq!((&list[0]["reason"], &list[1]["reason"]), (&json!("late"), &Value::Null));
        assert!(list.iter().all(|one| one["decided_at"].is_string() && one["total_lives"] == 3));
        assert_eq!(asked.diamonds().await, 2_000);
        let (_, history) = asked.app.get(&format!("/api/host-income/history/{}", asked.host.id), None).await;
        assert_eq!((&history["data"][0]["type"], &history["data"][0]["income"]), (&json!("salary"), &json!(2_000)));

        let text = "Salary request has already been decided";
        for number in [1, 2] {
            for (rest, body) in [
                ("salary-approve".to_owned(), json!({"requestId": number})),
                ("salary-reject".to_owned(), json!({"requestId": number})),
                (format!("salary-request/{number}/approve"), json!({})),
                (format!("salary-request/{number}/reject"), json!({})),
            ] {
                assert_refused(&asked.decide(&rest, body).await, 409, "already_decided", text);
            }
        }
        assert_eq!(asked.diamonds().await, 2_000);
        asked.app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_decisions_at_once_one_wins_and_is_paid_at_most_once() {
    let asked = Asked::new().await;
    let rivals = (0..30).map(|number| {
        let rest = if number % 2 == 0 { "salary-approve" } else { "salary-reject" };
        asked.decide(rest, json!({"requestId": 1}))
    });
    let answers = join_all(rivals).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.0 == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| matches!(answer.0, 200 | 409 | 503)), "{answers:?}");
    assert_eq!(asked.diamonds().await, if *won[0] == approved() { 2_000 } else { 0 });
    asked.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_under_a_key_is_made_once_and_answered_again() {
    let asked = Asked::new().await;
    let (path, body) = ("salary-request/1/approve", json!({"requestId": 1}));
    assert_eq!(asked.decide_with_key("salary-approve", "k", body.clone()).await, approved());
    // The same decision at the other spelling is the same request.
    assert_eq!(asked.decide_with_key(path, "k", json!({})).await, approved());
    assert_eq!(asked.decide(path, json!({"clientRef": "k"})).await, approved());
    assert_code(&asked.decide_with_key("salary-reject", "k", body.clone()).await, 409, "idempotency_key_reused");
    assert_code(&asked.decide_with_key(path, "k", json!({"clientRef": "l"})).await, 400, "idempotency_keys_differ");
    assert_code(&asked.decide_with_key(path, "a b", json!({})).await, 400, "invalid_idempotency_key");
    assert_eq!(asked.diamonds().await, 2_000);
    asked.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_salary_of_the_callers_agency_is_refused() {
    let asked = Asked::new().await;
    let (app, other) = (&asked.app, asked.app.user().await);
    app.sql().await.batch_execute(&agency(&other)).await.unwrap();
    for body in [json!({}), json!({"requestId": null}), json!({"requestId": 0}), json!({"requestId": ""})] {
        for rest in ["salary-approve", "salary-reject"] {
            assert_refused(&asked.decide(rest, body.clone()).await, 400, "missing_fields", "requestId is required");
        }
    }
    for id in [json!("x"), json!(-1), json!(1.5), json!([1]), json!(9_007_199_254_740_992_i64)] {
        assert_code(&asked.decide("salary-approve", json!({"requestId": id})).await, 400, "invalid_id");
    }
    assert_code(&asked.decide("salary-request/x/approve", json!({})).await, 400, "invalid_id");
    assert_code(&asked.decide("salary-request/x/reject", json!({})).await, 400, "invalid_id");
    for reason in [json!(5), json!("\u{0}"), json!("x".repeat(1_000))] {
        let body = json!({"requestId": 1, "reason": reason});
        assert_code(&asked.decide("salary-reject", body.clone()).await, 400, "invalid_reason");
        assert_code(&asked.decide("salary-request/1/reject", body).await, 400, "invalid_reason");
    }
    let decisions = [
        ("salary-approve", json!({"requestId": 1})),
        ("salary-reject", json!({"requestId": 1})),
        ("salary-request/1/approve", json!({})),
        ("salary-request/1/reject", json!({})),
    ];
    for (rest, body) in &decisions {
        let (own, others) = (asked.path(rest), format!("/api/agency/{}/{rest}", other.id));
        // Not an owner at all, the owner of another one, and another one's path.
        let stranger = app.post(&own, Some(&asked.host.token), body).await;
        assert_refused(&stranger, 403, "not_an_agency", "Not authorized as agency");
        assert_refused(&app.post(&own, Some(&other.token), body).await, 404, "not_found", "Not found");
        assert_code(&app.post(&others, Some(&asked.owner.token), body).await, 404, "not_found");
        assert_code(&app.post(&others, Some(&other.token), body).await, 404, "not_found");
    }
    assert_code(&asked.decide("salary-approve", json!({"requestId": 99})).await, 404, "not_found");
    let list = async |path: &str, user: &User| app.get(path, Some(&user.token)).await;
    assert_code(&list(&asked.path("salary-requests"), &asked.host).await, 403, "not_an_agency");
    assert_code(&list(&asked.path("salary-requests"), &other).await, 404, "not_found");
    assert_code(&list("/api/agency/x/salary-requests", &asked.owner).await, 400, "invalid_id");
    assert!(asked.list().await.iter().all(|one| one["status"] == "pending"));
    assert_eq!(asked.diamonds().await, 0);
    asked.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_decides_on_his_own_salary_and_a_banned_host_is_paid_nothing() {
    let asked = Asked::new().await;
    asked.app.sql().await.batch_execute(&ask(asked.owner.id, asked.owner.id, "2026-11-16", 9)).await.unwrap();
    for rest in ["salary-request/3/approve", "salary-request/3/reject"] {
        let refused = asked.decide(rest, json!({})).await;
        assert_refused(&refused, 403, "own_salary", "You cannot decide on your own salary");
    }
    asked.app.deployment.admin().unwrap().ban(domain::id::UserId::new(asked.host.id)).await.unwrap();
    let refused = asked.decide_with_key("salary-request/1/approve", "k", json!({})).await;
    assert_refused(&refused, 409, "host_banned", "The host is banned");
    asked.app.deployment.admin().unwrap().unban(domain::id::UserId::new(asked.host.id)).await.unwrap();
    assert_eq!(asked.decide_with_key("salary-request/1/approve", "k", json!({})).await, approved());
    asked.app.stop().await;
}
