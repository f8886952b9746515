//! Which web pages may call.

use reqwest::{Method, Response};

use crate::support::TestApp;

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
