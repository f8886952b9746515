//! The OpenAPI description, made of the handlers, and a page to read it.

use std::sync::Arc;

use actix_web::{HttpResponse, get, http::header::ContentType, web::Data};
use utoipa::{
    OpenApi,
    openapi::{
        OpenApi as Document,
        path::Operation,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Where the description is served.
pub(super) const DOCUMENT_PATH: &str = "/openapi.json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ChatMe",
        description = "The backend of a live-streaming and gifting app. Every answer is JSON with `success`; a refusal has `message` for people and a stable `code` for programs.",
    ),
    tags(
        (name = "accounts", description = "Register, log in, passwords"),
        (name = "profile", description = "One's own profile and picture"),
        (name = "gifts", description = "The catalogue, sending, and what was sent"),
        (name = "host income", description = "What hosts earn, in diamonds"),
        (name = "agencies", description = "For owners of agencies: their hosts, and what these do"),
        (name = "hosts", description = "Becoming a host of an agency, and leaving it"),
        (name = "administration", description = "For administrators; every change is logged"),
        (name = "salaries", description = "What agencies pay their hosts for a week"),
        (name = "chat", description = "Private messages between two users"),
        (name = "health", description = "For supervisors and load balancers"),
    )
)]
struct Base;

/// The description without the operations, which the routes add.
pub(super) fn base() -> Document {
    Base::openapi()
}

/// Completes a description that the routes were added to.
pub(super) fn complete(mut document: Document) -> Document {
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    document.components.get_or_insert_default().add_security_scheme("token", bearer);
    // A handler that is served under two paths has one name; the description wants one for each.
    for (path, item) in &mut document.paths.paths {
        let operations =
            [("get", &mut item.get), ("put", &mut item.put), ("post", &mut item.post), ("delete", &mut item.delete)];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                name_by_path(operation, method, path);
            }
        }
    }
    document
}

fn name_by_path(operation: &mut Operation, method: &str, path: &str) {
    let words = path.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.fold(method.to_owned(), |name, word| format!("{name}_{word}"));
    operation.operation_id = Some(name);
}

/// The description as it is served.
pub(super) struct Served(pub(super) Arc<str>);

#[get("/openapi.json")]
pub(super) async fn serve_document(served: Data<Served>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(served.0.to_string())
}

/// The page, with everything it needs inside the binary.
pub(super) fn page() -> SwaggerUi {
    // Without this, the page asks a server on the internet whether the description is valid.
    SwaggerUi::new("/docs/{_:.*}").config(Config::new([DOCUMENT_PATH]).validator_url("none"))
}
