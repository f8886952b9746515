//! Which web pages may call.

use std::{collections::BTreeMap, time::Duration};

use api::{
    Deployment, Server,
    config::{CorsOrigins, Settings, Source},
};
use reqwest::{Method, Response};
use testkit::TestDatabase;

use crate::support::{SECRET, TestApp, assert_refused};

const LISTED: &str = "https://admin.example";

async fn ask(app: &TestApp, method: Method, origin: &str) -> Response {
    let request = app.request(method, "/api/gifts").header("Origin", origin);
    let request = request.header("Access-Control-Request-Method", "GET");
    request.header("Access-Control-Request-Headers", "authorization,idempotency-key").send().await.unwrap()
}

fn allowed(response: &Response) -> Option<&str> {
    response.headers().get("access-control-allow-origin").map(|origin| origin.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_listed_origins_are_told_that_they_may_call() {
    let app = TestApp::start_with(&[("CORS_ALLOWED_ORIGINS", "https://other.example, https://admin.example")]).await;
    for method in [Method::GET, Method::OPTIONS] {
        let answered = ask(&app, method.clone(), LISTED).await;
        assert_eq!((answered.status().as_u16(), allowed(&answered)), (200, Some(LISTED)), "{method}");
        for stranger in ["https://evil.example", "https://admin.example.evil.example", "http://admin.example", "null"] {
            assert_eq!(allowed(&ask(&app, method.clone(), stranger).await), None, "{method} {stranger}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_preflight_is_a_refusal_like_any_other() {
    let app = TestApp::start().await;
    let response = ask(&app, Method::OPTIONS, "https://evil.example").await;
    assert_eq!(response.headers()["x-request-id"].len(), 16);
    let status = response.status().as_u16();
    let refused = (status, response.json().await.unwrap());
    assert_refused(&refused, 400, "request_refused", "Permintaan ditolak");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_default_no_web_page_may_call_and_a_star_allows_all() {
    let app = TestApp::start().await;
    assert_eq!(allowed(&ask(&app, Method::GET, LISTED).await), None);
    app.stop().await;
    let app = TestApp::start_with(&[("CORS_ALLOWED_ORIGINS", "*")]).await;
    for method in [Method::GET, Method::OPTIONS] {
        let answered = ask(&app, method, LISTED).await;
        assert!(allowed(&answered).is_some(), "{answered:?}");
        assert!(!answered.headers().contains_key("access-control-allow-credentials"), "{answered:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_work_ends_instead_of_looking_alive() {
    let database = TestDatabase::create().await;
    let settings = [("HOST", "127.0.0.1"), ("PORT", "0"), ("DATABASE_URL", database.url()), ("JWT_SECRET", SECRET)];
    let of = |name: &str| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let mut settings = Settings::read(&Source::from_parts(of, &BTreeMap::new()).unwrap()).unwrap();
    // The settings' own reader refuses it; the HTTP server's does when it starts its workers.
    settings.cors = CorsOrigins::Listed(vec!["https://münchen.example".to_owned()]);
    let server = Server::bind(&Deployment::open(settings).await.unwrap()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), server.run(std::future::pending())).await;
    assert!(ended.is_ok_and(|ended| ended.is_err()), "it ends by itself");
}
