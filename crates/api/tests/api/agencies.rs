//! The life of an agency over HTTP: applied for, approved, hosts in and out, and its figures.

mod figures;
mod hosts;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User, assert_code, assert_refused, shape};

/// The form of an agency, with the card of this number.
pub(crate) fn form(number: i64) -> Value {
    json!({"region": "Indonesia", "familyName": "Bintang", "name": "Budi", "idNumber": format!("{number:016}"),
        "phone": "+62 812-0000-0001", "gender": "Male", "paperwork": "ID card"})
}

/// The form of a host, with the card of this number.
pub(crate) fn host_form(agency: i64, number: i64) -> Value {
    json!({"region": "Indonesia", "familyId": agency.to_string(), "name": "Siti", "gender": "Female",
        "idNumber": format!("{number:016}")})
}

/// An owner with his approved agency, and who approved it.
pub(crate) struct Agency {
    pub(crate) owner: User,
    pub(crate) id: i64,
}

impl TestApp {
    /// A new owner with an agency that this administrator approved.
    pub(crate) async fn agency(&self, admin: &User) -> Agency {
        let owner = self.user().await;
        let (status, applied) = self.post("/api/agency/apply", Some(&owner.token), &form(owner.id)).await;
        assert_eq!(status, 200, "{applied}");
        let id = applied["data"]["id"].as_i64().unwrap();
        let approve = format!("/api/admin/agency/{id}/approve");
        let approved = self.post(&approve, Some(&admin.token), &json!({})).await;
        assert_eq!(approved, (200, json!({"success": true, "message": "Agency approved"})));
        Agency { owner, id }
    }

    /// Invites a user; answers the invitation.
    pub(crate) async fn invite(&self, agency: &Agency, host: &User) -> i64 {
        let body = json!({"hostUserId": host.id.to_string(), "agencyId": agency.id});
        let (status, invited) = self.post("/api/agency/add-host", Some(&agency.owner.token), &body).await;
        assert_eq!(status, 200, "{invited}");
        invited["data"]["id"].as_i64().unwrap()
    }

    pub(crate) async fn act(&self, user: &User, path: &str) -> Answer {
        self.post(path, Some(&user.token), &json!({})).await
    }

    /// Makes a user a member; answers the application.
    pub(crate) async fn join(&self, agency: &Agency, host: &User) -> i64 {
        let id = self.invite(agency, host).await;
        assert_eq!(self.act(host, &format!("/api/hosts/invitations/{id}/accept")).await.0, 200);
        assert_eq!(self.act(&agency.owner, &format!("/api/agency/host-application/{id}/approve")).await.0, 200);
        id
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agency_is_applied_for_and_approved_in_the_contracts_words() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.user().await, app.admin().await);
    let (status, applied) = app.post("/api/agency/apply", Some(&owner.token), &form(owner.id)).await;
    let expected = json!({"success": "boolean", "message": "string", "data": {"id": "integer", "family_name": "string",
        "region": "string", "phone": "string", "status": "string", "created_at": "string"}});
    assert_eq!((status, shape(&applied)), (200, expected));
    assert_eq!(applied["message"], "Agency application submitted successfully! Please wait for approval.");
    let data = &applied["data"];
    let id = data["id"].as_i64().unwrap();
    assert!((1_000_000..10_000_000).contains(&id), "{id}");
    assert_eq!((&data["status"], &data["phone"]), (&json!("pending"), &json!("081200000001")));
    let early = app.get("/api/agency/profile", Some(&owner.token)).await;
    assert_refused(&early, 403, "not_an_agency", "Not authorized as agency");

    let (_, waiting) = app.get("/api/admin/agencies/pending", Some(&admin.token)).await;
    assert_eq!((&waiting["data"][0]["id"], waiting["data"].as_array().unwrap().len()), (&json!(id), 1));
    let card = waiting["data"][0]["id_number"].as_str().unwrap();
    assert!(card.starts_with("0000********") && !waiting.to_string().contains(&format!("{:016}", owner.id)), "{card}");
    let approved = app.act(&admin, &format!("/api/admin/agency/{id}/approve")).await;
    assert_eq!(approved, (200, json!({"success": true, "message": "Agency approved"})));
    let (status, profile) = app.get("/api/agency/profile", Some(&owner.token)).await;
    let expected = json!({"success": "boolean", "data": {"id": "integer", "user_id": "integer", "family_name": "string",
        "region": "string", "phone": "string", "status": "string", "created_at": "string", "approved_at": "string"}});
    assert_eq!((status, shape(&profile)), (200, expected));
    assert_eq!(profile["data"]["status"], "approved");
    let (_, listed) = app.get("/api/admin/agencies", Some(&admin.token)).await;
    assert_eq!((&listed["data"][0]["id"], &listed["data"][0]["total_hosts"]), (&json!(id), &json!(0)));

    for verdict in ["approve", "reject"] {
        let again = app.act(&admin, &format!("/api/admin/agency/{id}/{verdict}")).await;
        assert_refused(&again, 409, "already_decided", "This application is already decided");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_application_is_refused_with_the_contracts_texts() {
    let app = TestApp::start().await;
    let (first, second, admin) = (app.user().await, app.user().await, app.admin().await);
    let apply = async |user: &User, body: &Value| app.post("/api/agency/apply", Some(&user.token), body).await;
    let but = |member: &str, value: Value| {
        let mut body = form(1);
        body[member] = value;
        body
    };
    for number in [json!("317401020304000"), json!("31740102030400011"), json!("317401020304000x"), json!(3174)] {
        let refused = apply(&first, &but("idNumber", number)).await;
        assert_refused(&refused, 400, "invalid_id_card", "ID Card must be exactly 16 digits");
    }
    for (member, value, code) in [
        ("familyName", json!("x".repeat(51)), "invalid_text"),
        ("region", json!("a\u{202e}b"), "invalid_text"),
        ("phone", json!("12"), "invalid_phone"),
        ("phone", json!(null), "missing_fields"),
        ("region", json!(""), "missing_fields"),
    ] {
        assert_code(&apply(&first, &but(member, value)).await, 400, code);
    }
    let (_, applied) = apply(&first, &form(1)).await;
    let text = "This ID card has already been used to create an agency";
    assert_refused(&apply(&second, &form(1)).await, 400, "id_card_used", text);
    let text = "You already have an agency or a pending application";
    assert_refused(&apply(&first, &form(2)).await, 409, "already_has_agency", text);

    // Rejected, it leaves both free.
    let id = applied["data"]["id"].as_i64().unwrap();
    let reject = format!("/api/admin/agency/{id}/reject");
    let bad = app.post(&reject, Some(&admin.token), &json!({"reason": 7})).await;
    assert_refused(&bad, 400, "invalid_reason", "A reason has 1 to 200 printable characters");
    let rejected = app.post(&reject, Some(&admin.token), &json!({"reason": "no papers"})).await;
    assert_eq!(rejected, (200, json!({"success": true, "message": "Agency rejected"})));
    assert_eq!(apply(&second, &form(1)).await.0, 200);
    assert_eq!(apply(&first, &form(2)).await.0, 200);
    let missing = app.act(&admin, "/api/admin/agency/7/approve").await;
    assert_refused(&missing, 404, "not_found", "Not found");
    let (_, listed) = app.get("/api/admin/agencies?status=rejected", Some(&admin.token)).await;
    assert_eq!((&listed["data"][0]["id"], &listed["data"][0]["status"]), (&json!(id), &json!("rejected")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_decisions_at_once_exactly_one_is_made() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.user().await, app.admin().await);
    let (_, applied) = app.post("/api/agency/apply", Some(&owner.token), &form(1)).await;
    let id = applied["data"]["id"].as_i64().unwrap();
    let paths: Vec<_> = ["approve", "reject"].iter().map(|word| format!("/api/admin/agency/{id}/{word}")).collect();
    let answers = join_all((0..30).map(|rival| app.act(&admin, &paths[rival % 2]))).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|(_, body)| body["code"] == "already_decided").count(), 29, "{answers:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_keys_of_cards_nobody_applies_and_everything_else_works() {
    let app = TestApp::start_with(&[("CARD_KEY", ""), ("CARD_HASH_KEY", "")]).await;
    let user = app.user().await;
    let refused = app.post("/api/agency/apply", Some(&user.token), &form(1)).await;
    assert_refused(&refused, 503, "cards_unavailable", "ID cards cannot be stored now, try again later");
    assert_eq!(app.get("/api/hosts/invitations", Some(&user.token)).await.0, 200);
    app.stop().await;
}
