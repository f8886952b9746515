use actix_web::{
    App, HttpRequest, HttpResponse,
    body::to_bytes,
    middleware::from_fn,
    test::{TestRequest, init_service, try_call_service},
    web,
};
use serde_json::{Value, json};

use super::*;

async fn panics() -> String {
    panic!("a bug")
}

async fn check(path: &str, status: u16, code: &str) {
    let refuses = || async { HttpResponse::build(StatusCode::RANGE_NOT_SATISFIABLE).body("text") };
    let fails = |_: HttpRequest| async { Err::<HttpResponse, _>(actix_web::error::ErrorBadRequest("text")) };
    let app = App::new().wrap(from_fn(surround));
    let app = app.route("/panics", web::get().to(panics)).route("/refuses", web::get().to(refuses));
    let app = init_service(app.route("/fails", web::get().to(fails))).await;
    // What a middleware fails with, the server turns into an answer like this.
    let response = match try_call_service(&app, TestRequest::get().uri(path).to_request()).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.headers().get(&REQUEST_ID).unwrap().len(), 16);
    let body = to_bytes(response.into_body()).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&body["success"], &body["code"]), (&json!(false), &json!(code)), "{body}");
}

#[actix_web::test]
async fn panics_and_foreign_refusals_are_answered_in_our_form() {
    check("/panics", 500, "internal").await;
    check("/refuses", 416, "request_refused").await;
    check("/fails", 400, "request_refused").await;
    check("/nothing", 404, "request_refused").await;
}
