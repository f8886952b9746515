//! What a person sees who opens the server's address.

use actix_web::{HttpResponse, get, http::header::ContentType};

/// What the older server said.
const GREETING: &str = "🚀 welcome chatme live";

/// Greet
///
/// For people, and for monitors that look whether something answers here.
#[utoipa::path(tag = "health", responses(
    (status = 200, description = "A greeting", body = String, content_type = "text/html"),
))]
#[get("/")]
pub(super) async fn greet() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(GREETING)
}
