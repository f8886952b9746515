//! What no route takes, and bodies that no handler reads.

use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, answer, assert_refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_path_and_a_wrong_method_are_not_found() {
    let app = TestApp::start().await;
    for (method, path) in [
        (Method::POST, "/"),
        (Method::GET, "/api"),
        (Method::GET, "/api/nothing?x=1"),
        (Method::GET, "/api/login"),
        (Method::POST, "/api/gifts"),
        (Method::DELETE, "/api/profile"),
        (Method::PATCH, "/api/auth/profile/update"),
        (Method::GET, "/api/gifts/send"),
        (Method::GET, "/api/contributions/1/2"),
        (Method::GET, "/uploads/avatars/nothing.jpg"),
        (Method::GET, "/uploads/avatars/..%2f..%2fetc%2fpasswd"),
    ] {
        let refused = answer(app.request(method, path)).await;
        assert_refused(&refused, 404, "not_found", &format!("Endpoint {path} tidak ditemukan."));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_itself_greets() {
    let app = TestApp::start().await;
    let response = app.request(Method::GET, "/").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"].to_str().unwrap()[..9]),
        (200, "text/html")
    );
    assert_eq!(response.text().await.unwrap(), "🚀 welcome chatme live");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_no_json_object_is_refused() {
    let app = TestApp::start().await;
    let nested = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for body in ["{", "[]", "null", "1", "\"x\"", "{}{}", "{\"phone\":1e400}", "\u{feff}{}", &nested] {
        let refused = app.raw(Method::POST, "/api/login", None, body.to_owned()).await;
        assert_refused(&refused, 400, "malformed_json", "JSON tidak valid");
    }
    let form = app.request(Method::POST, "/api/login").header("Content-Type", "text/plain").body("{}");
    assert_refused(&answer(form).await, 400, "not_json", "Content-Type harus application/json");
    let latin = app.request(Method::POST, "/api/login").header("Content-Type", "application/json");
    let refused = answer(latin.body(b"{\"phone\":\"\xe9\"}".to_vec())).await;
    assert_refused(&refused, 400, "malformed_json", "JSON tidak valid");
    let large = json!({"phone": "0".repeat(1_000_000)}).to_string();
    let refused = app.raw(Method::POST, "/api/login", None, large).await;
    assert_refused(&refused, 413, "body_too_large", "Ukuran permintaan terlalu besar");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_has_an_id_and_is_not_to_be_sniffed() {
    let app = TestApp::start().await;
    for path in ["/api/gifts", "/api/profile", "/nothing"] {
        let response = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.headers()["x-request-id"].len(), 16);
    }
    app.stop().await;
}
