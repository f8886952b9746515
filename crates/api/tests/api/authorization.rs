//! Who may call what: every route against everybody, with his own objects, those of others, and none.
//!
//! The rows are compared with the server's own description: a route without a row fails, and so does a row without a route.

mod events;
mod rows;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use self::rows::{
    Access::{Admin, Mine, Names, Owner, Public, Token},
    ROWS, Row, expected, names_an_object,
};
use crate::{
    agencies::{Agency, form, host_form},
    salaries,
    support::{Answer, TestApp, User, assert_code},
};

/// Whose object a request names, seen from its rightful caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Object {
    Own,
    Foreign,
    Missing,
}

/// Ids of objects of one agency, or of one user.
#[derive(Debug, Clone, Copy)]
struct Objects {
    agency: i64,
    application: i64,
    member: i64,
    conversation: i64,
    session: i64,
    invitation: i64,
    own_salary: i64,
    salary: i64,
    user: i64,
}

const NOTHING: Objects = Objects {
    agency: 999_999,
    application: 999_999,
    member: 999_999,
    conversation: 999_999,
    session: 999_999,
    invitation: 999_999,
    own_salary: 999_999,
    salary: 999_999,
    user: 999_999,
};

/// Everybody: the viewer and the owner are the rightful callers, the others' objects are foreign to them.
struct World {
    banned: User,
    viewer: User,
    host: User,
    other_host: User,
    owner: User,
    other_owner: User,
    admin: User,
    own: Objects,
    foreign: Objects,
}

async fn conversation(app: &TestApp, from: &User, to: &User) -> i64 {
    let message = json!({"recipientId": to.id, "content": "hai"});
    let (_, sent) = app.post("/api/chat/send", Some(&from.token), &message).await;
    sent["message"]["conversationId"].as_i64().unwrap()
}

async fn session(app: &TestApp, host: &User) -> i64 {
    let (_, started) = app.post("/api/live-session/start", Some(&host.token), &json!({"hostId": host.id})).await;
    started["sessionId"].as_i64().unwrap()
}

/// What `user` and `agency` have.
async fn objects(app: &TestApp, user: &User, agency: &Agency, host: &User) -> Objects {
    app.join(agency, host).await;
    let (_, members) = app.get(&format!("/api/agency/{}/members", agency.id), Some(&agency.owner.token)).await;
    let (applicant, partner) = (app.user().await, app.user().await);
    let form = host_form(agency.id, applicant.id);
    let (_, applied) = app.post("/api/hosts/apply", Some(&applicant.token), &form).await;
    Objects {
        agency: agency.id,
        application: applied["data"]["id"].as_i64().unwrap(),
        member: members["data"][0]["id"].as_i64().unwrap(),
        conversation: conversation(app, user, &partner).await,
        session: session(app, user).await,
        invitation: app.invite(agency, user).await,
        own_salary: salaries::asked(app, user.id, agency.id).await,
        salary: salaries::asked(app, partner.id, agency.id).await,
        user: partner.id,
    }
}

impl World {
    async fn new(app: &TestApp) -> Self {
        let admin = app.admin().await;
        let (agency, rival) = (app.agency(&admin).await, app.agency(&admin).await);
        let (viewer, stranger) = (app.user().await, app.user().await);
        let (host, other_host, banned) = (app.user().await, app.user().await, app.user().await);
        app.deployment.admin().unwrap().ban(domain::id::UserId::new(banned.id)).await.unwrap();
        let own = objects(app, &viewer, &agency, &host).await;
        let foreign = objects(app, &stranger, &rival, &other_host).await;
        let (owner, other_owner) = (agency.owner, rival.owner);
        Self { banned, viewer, host, other_host, owner, other_owner, admin, own, foreign }
    }

    fn objects(&self, object: Object) -> Objects {
        match object {
            Object::Own => self.own,
            Object::Foreign => self.foreign,
            Object::Missing => NOTHING,
        }
    }

    async fn call(&self, app: &TestApp, (method, path, access): Row, caller: Option<&User>, object: Object) -> Answer {
        let ids = self.objects(object);
        let (application, salary) =
            if access == Mine { (ids.invitation, ids.own_salary) } else { (ids.application, ids.salary) };
        let himself = caller.map_or(NOTHING.user, |caller| caller.id);
        let somebody = if object == Object::Own { himself } else { ids.user };
        let path = path
            .replace("{agency_id}", &ids.agency.to_string())
            .replace("{application_id}", &application.to_string())
            .replace("{member_id}", &ids.member.to_string())
            .replace("{conversation_id}", &ids.conversation.to_string())
            .replace("{request_id}", &salary.to_string())
            .replace("{user_id}", &ids.user.to_string())
            .replace("{host_id}", &somebody.to_string())
            .replace("{period}", "daily")
            .replace("{gift_key}", "rose")
            .replace("{name}", "nothing.jpg");
        // Nobody does anything with what he may do without an object.
        let body = match access {
            Public | Token => json!({}),
            Names => {
                let mut body = host_form(ids.agency, himself);
                body["giftId"] = json!("rose");
                body["content"] = json!("hai");
                for member in ["receiverId", "recipientId", "hostId", "userId"] {
                    body[member] = json!(somebody);
                }
                body
            }
            Mine | Owner | Admin => json!({"sessionId": ids.session, "hostUserId": ids.user, "agencyId": ids.agency,
                "userId": ids.user, "requestId": ids.salary, "amount": 1, "reason": "a test"}),
        };
        let token = caller.map(|caller| caller.token.as_str());
        match method {
            "GET" => app.get(&path, token).await,
            "DELETE" => app.delete(&path, token).await,
            _ => app.raw(Method::from_bytes(method.as_bytes()).unwrap(), &path, token, body.to_string()).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_has_its_row() {
    let app = TestApp::start().await;
    let (_, document) = app.get("/openapi.json", None).await;
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_secured = operation["security"].as_array().is_some_and(|ways| !ways.contains(&json!({})));
            described.insert((method.to_uppercase(), path.clone(), is_secured));
        }
    }
    let rows: BTreeSet<_> =
        ROWS.iter().map(|(method, path, access)| (method.to_string(), path.to_string(), *access != Public)).collect();
    let (without, stale): (Vec<_>, Vec<_>) =
        (described.difference(&rows).collect(), rows.difference(&described).collect());
    assert!(without.is_empty() && stale.is_empty(), "without a row: {without:?}; without a route: {stale:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_reaches_what_is_his_and_nothing_else() {
    let app = TestApp::start().await;
    let world = World::new(&app).await;
    let World { banned, viewer, host, other_host, owner, other_owner, admin, .. } = &world;
    let people = [
        ("viewer", viewer),
        ("host", host),
        ("other host", other_host),
        ("owner", owner),
        ("other owner", other_owner),
        ("admin", admin),
    ];
    for (_, person) in people {
        app.give_coins(person, 100).await;
    }
    for row in ROWS.iter().copied() {
        let (method, path, access) = row;
        let label =
            |who: &str, object: Object, answer: &Answer| format!("{who}: {method} {path} {object:?}: {answer:?}");
        let objects: &[Object] =
            if names_an_object(row) { &[Object::Missing, Object::Foreign, Object::Own] } else { &[Object::Own] };
        for object in objects.iter().copied() {
            let (anonymous, of_banned) =
                (world.call(&app, row, None, object).await, world.call(&app, row, Some(banned), object).await);
            if access == Public {
                assert!(![401, 403].contains(&anonymous.0), "{}", label("anonymous", object, &anonymous));
                assert!(![401, 403].contains(&of_banned.0), "{}", label("banned", object, &of_banned));
            } else {
                assert_code(&anonymous, 401, "token_missing");
                assert_code(&of_banned, 403, "account_banned");
            }
            for (who, caller) in people {
                let answer = world.call(&app, row, Some(caller), object).await;
                let label = label(who, object, &answer);
                let expected = expected(row, who, object);
                match expected {
                    Some((status, code)) => {
                        assert_eq!((answer.0, &answer.1["code"]), (status, &json!(code)), "{label}");
                    }
                    // Whatever is said of the object, it is not that he may not.
                    None => assert!(![401, 403].contains(&answer.0), "{label}"),
                }
                if expected.is_none() && object == Object::Own && names_an_object(row) {
                    assert_ne!(answer.0, 404, "{label}");
                }
            }
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_live_or_an_administrator_in_anothers_name() {
    let app = TestApp::start().await;
    let (user, other) = (app.user().await, app.user().await);
    let start = app.post("/api/live-session/start", Some(&user.token), &json!({"hostId": other.id})).await;
    assert_code(&start, 403, "not_the_host");
    // An application that waits makes nobody an owner, and one that was rejected neither.
    let (_, applied) = app.post("/api/agency/apply", Some(&user.token), &form(1)).await;
    let stats = format!("/api/agency/{}/stats", applied["data"]["id"]);
    assert_code(&app.get(&stats, Some(&user.token)).await, 403, "not_an_agency");
    let reject = format!("/api/admin/agency/{}/reject", applied["data"]["id"]);
    assert_eq!(app.post(&reject, Some(&app.admin().await.token), &Value::Object(serde_json::Map::new())).await.0, 200);
    assert_code(&app.get(&stats, Some(&user.token)).await, 403, "not_an_agency");
    app.stop().await;
}
