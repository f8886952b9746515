//! How users become hosts of an agency, and cease to be.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{TestApp, User, host_form};
use crate::support::{assert_code, assert_refused, shape};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_applies_and_the_owner_approves_in_the_contracts_words() {
    let app = TestApp::start().await;
    let (admin, host) = (app.admin().await, app.user().await);
    let agency = app.agency(&admin).await;
    let (status, applied) = app.post("/api/hosts/apply", Some(&host.token), &host_form(agency.id, 1)).await;
    let view = json!({"id": "integer", "host_id": "integer", "agency_id": "integer", "name": "string",
        "gender": "string", "status": "string", "created_at": "string"});
    assert_eq!((status, shape(&applied["data"])), (200, view));
    assert_eq!(applied["message"], "Host application submitted successfully! Please wait for approval.");
    assert_eq!((&applied["data"]["gender"], &applied["data"]["status"]), (&json!("Female"), &json!("pending")));

    let list = format!("/api/agency/{}/host-applications", agency.id);
    let (_, listed) = app.get(&list, Some(&agency.owner.token)).await;
    let row = &listed["data"][0];
    assert_eq!((&row["phone"], &row["id_number"]), (&json!(host.phone), &json!("0000********0001")));
    assert_eq!((&row["name"], &row["gender"], &row["host_id"]), (&json!("Siti"), &json!("Female"), &json!(host.id)));
    assert_eq!(listed["data"][0]["created_at"], applied["data"]["created_at"]);
    let (_, all) = app.get("/api/admin/host-applications", Some(&admin.token)).await;
    assert_eq!((&all["data"][0]["id"], &all["data"][0]["phone"]), (&row["id"], &Value::Null));

    let id = row["id"].as_i64().unwrap();
    let approved = app.act(&agency.owner, &format!("/api/agency/host-application/{id}/approve")).await;
    assert_eq!(approved, (200, json!({"success": true, "message": "Host application approved"})));
    for verdict in ["approve", "reject"] {
        for (who, area) in [(&agency.owner, "agency"), (&admin, "admin")] {
            let again = app.act(who, &format!("/api/{area}/host-application/{id}/{verdict}")).await;
            assert_refused(&again, 409, "already_decided", "This application is already decided");
        }
    }
    let (_, members) = app.get(&format!("/api/agency/{}/members", agency.id), Some(&agency.owner.token)).await;
    let view = json!({"id": "integer", "user_id": "integer", "name": "string", "avatar_url": "null", "phone": "null",
        "created_at": "string", "approved_at": "string", "status": "string", "monthly_income": "integer",
        "badge": "null"});
    assert_eq!(shape(&members["data"][0]), view);
    let (_, rejected) = app.get(&format!("{list}?status=rejected"), Some(&agency.owner.token)).await;
    assert_eq!(rejected["data"], json!([]));
    let (_, agencies) = app.get("/api/admin/agencies", Some(&admin.token)).await;
    assert_eq!(agencies["data"][0]["total_hosts"], 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_application_of_a_host_is_refused_with_the_contracts_texts() {
    let app = TestApp::start().await;
    let (admin, host, rival) = (app.admin().await, app.user().await, app.user().await);
    let agency = app.agency(&admin).await;
    let apply = async |user: &User, body: &Value| app.post("/api/hosts/apply", Some(&user.token), body).await;
    let but = |member: &str, value: Value| {
        let mut body = host_form(agency.id, 1);
        body[member] = value;
        body
    };
    for family in [json!(99_999), json!("12345"), json!("abcdef"), json!(-1_000_000)] {
        let refused = apply(&host, &but("familyId", family)).await;
        assert_refused(&refused, 400, "invalid_family_id", "Family ID must be at least 6 digits");
    }
    let unknown = apply(&host, &but("familyId", json!(999_999))).await;
    assert_refused(&unknown, 400, "agency_not_found", "Family/Agency not found");
    for (member, value, code) in [
        ("idNumber", json!("1"), "invalid_id_card"),
        ("gender", json!("other"), "invalid_gender"),
        ("name", json!("x".repeat(51)), "invalid_name"),
        ("name", json!(""), "missing_fields"),
    ] {
        assert_code(&apply(&host, &but(member, value)).await, 400, code);
    }
    let own = apply(&agency.owner, &but("idNumber", json!("1111111111111111"))).await;
    assert_refused(&own, 400, "own_agency", "You cannot be a host of your own agency");
    let (_, applied) = apply(&host, &host_form(agency.id, 1)).await;
    let text = "You already have a pending host application";
    assert_refused(&apply(&host, &host_form(agency.id, 1)).await, 400, "already_pending", text);
    let text = "This ID card has already been used to create a host application";
    assert_refused(&apply(&rival, &host_form(agency.id, 1)).await, 400, "id_card_used", text);

    // Taken back, it leaves both free; once.
    let withdraw = format!("/api/hosts/applications/{}/withdraw", applied["data"]["id"]);
    let stranger = app.act(&rival, &withdraw).await;
    assert_refused(&stranger, 404, "application_not_found", "Application not found");
    assert_eq!(app.act(&host, &withdraw).await.0, 200);
    assert_code(&app.act(&host, &withdraw).await, 409, "already_decided");
    assert_eq!(apply(&rival, &host_form(agency.id, 1)).await.0, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invited_user_is_asked_first() {
    let app = TestApp::start().await;
    let (admin, host, other) = (app.admin().await, app.user().await, app.user().await);
    let (agency, rival) = (app.agency(&admin).await, app.agency(&admin).await);
    let invite = async |by: &User, host: i64, agency: i64| {
        app.post("/api/agency/add-host", Some(&by.token), &json!({"hostUserId": host, "agencyId": agency})).await
    };
    let (status, invited) = invite(&agency.owner, host.id, agency.id).await;
    assert_eq!((status, &invited["message"]), (200, &json!("Host invitation sent successfully!")));
    assert_eq!((&invited["data"]["status"], &invited["data"]["name"]), (&json!("invited"), &Value::Null));
    let text = "Host already has an application for this agency";
    assert_refused(&invite(&agency.owner, host.id, agency.id).await, 400, "already_applied", text);
    assert_refused(&invite(&agency.owner, 1, agency.id).await, 400, "host_not_found", "Host user not found");
    assert_code(&invite(&agency.owner, agency.owner.id, agency.id).await, 400, "own_agency");
    assert_refused(&invite(&agency.owner, other.id, rival.id).await, 404, "not_found", "Not found");
    assert_refused(&invite(&host, other.id, agency.id).await, 403, "not_an_agency", "Not authorized as agency");
    let applied = app.post("/api/hosts/apply", Some(&host.token), &host_form(agency.id, 1)).await;
    assert_code(&applied, 409, "already_invited");

    let id = invited["data"]["id"].as_i64().unwrap();
    let approve = format!("/api/agency/host-application/{id}/approve");
    assert_code(&app.act(&agency.owner, &approve).await, 409, "not_accepted");
    let (_, list) = app.get("/api/hosts/invitations", Some(&host.token)).await;
    let view = json!({"id": "integer", "agency_id": "integer", "family_name": "string", "status": "string",
        "created_at": "string"});
    assert_eq!((shape(&list["data"][0]), &list["nextCursor"]), (view, &Value::Null));
    let answer =
        async |user: &User, id: i64, word: &str| app.act(user, &format!("/api/hosts/invitations/{id}/{word}")).await;
    assert_code(&answer(&other, id, "accept").await, 404, "application_not_found");
    assert_eq!(answer(&host, id, "accept").await.0, 200);
    assert_code(&answer(&host, id, "accept").await, 409, "already_decided");
    assert_code(&answer(&host, id, "decline").await, 409, "already_decided");
    assert_eq!(app.act(&agency.owner, &approve).await.0, 200);
    assert_code(&invite(&rival.owner, host.id, rival.id).await, 409, "already_member");

    let declined = app.invite(&agency, &other).await;
    assert_eq!(answer(&other, declined, "decline").await.0, 200);
    let revoked = app.invite(&agency, &other).await;
    let reject = app.act(&agency.owner, &format!("/api/agency/host-application/{revoked}/reject")).await;
    assert_eq!(reject, (200, json!({"success": true, "message": "Host application rejected"})));
    assert_code(&answer(&other, revoked, "accept").await, 409, "already_decided");
    // Who says no often enough is asked no more.
    for _ in 0..2 {
        let declined = app.invite(&agency, &other).await;
        assert_eq!(answer(&other, declined, "decline").await.0, 200);
    }
    let text = "Host has declined your invitations too often";
    assert_refused(&invite(&agency.owner, other.id, agency.id).await, 409, "declined_too_often", text);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_leave_and_are_removed_once_and_only_by_their_owner() {
    let app = TestApp::start().await;
    let (admin, host, other) = (app.admin().await, app.user().await, app.user().await);
    let (agency, rival) = (app.agency(&admin).await, app.agency(&admin).await);
    app.join(&agency, &host).await;
    app.join(&agency, &other).await;
    let left = app.act(&host, "/api/hosts/leave").await;
    assert_eq!(left, (200, json!({"success": true, "message": "You have left the agency"})));
    let again = app.act(&host, "/api/hosts/leave").await;
    assert_refused(&again, 409, "no_agency", "You do not belong to an agency");

    let (_, members) = app.get(&format!("/api/agency/{}/members", agency.id), Some(&agency.owner.token)).await;
    assert_eq!(members["data"].as_array().unwrap().len(), 1);
    let id = members["data"][0]["id"].as_i64().unwrap();
    let remove = async |owner: &User, agency: i64, member: i64| {
        app.delete(&format!("/api/agency/{agency}/members/{member}"), Some(&owner.token)).await
    };
    assert_refused(&remove(&rival.owner, rival.id, id).await, 404, "member_not_found", "Member not found");
    assert_code(&remove(&rival.owner, agency.id, id).await, 404, "member_not_found");
    assert_code(&remove(&agency.owner, agency.id, 4_711).await, 404, "member_not_found");
    let removed = remove(&agency.owner, agency.id, id).await;
    assert_eq!(removed, (200, json!({"success": true, "message": "Member deleted successfully"})));
    assert_code(&remove(&agency.owner, agency.id, id).await, 409, "already_ended");
    // Both are free to go elsewhere.
    app.join(&rival, &other).await;
    app.join(&rival, &host).await;
    let member = app.post("/api/hosts/apply", Some(&host.token), &host_form(agency.id, 1)).await;
    assert_refused(&member, 409, "already_member", "You already belong to an agency");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_agencies_that_take_one_host_at_once_exactly_one_gets_him() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let agencies = [app.agency(&admin).await, app.agency(&admin).await];
    for _ in 0..5 {
        let host = app.user().await;
        let mut paths = Vec::new();
        for agency in &agencies {
            let id = app.invite(agency, &host).await;
            assert_eq!(app.act(&host, &format!("/api/hosts/invitations/{id}/accept")).await.0, 200);
            paths.push(format!("/api/agency/host-application/{id}/approve"));
        }
        let answers = join_all((0..30).map(|rival| app.act(&agencies[rival % 2].owner, &paths[rival % 2]))).await;
        assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|(status, _)| [200, 409].contains(status)), "{answers:?}");
    }
    app.stop().await;
}
