//! Serving uploaded pictures.

use actix_files::NamedFile;
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue},
    web::{self, Path},
};

use super::{State, no_such_endpoint};
use crate::{
    adapters::{AVATAR_DIRECTORY, is_avatar_name},
    error::{ApiError, Refusal},
};

/// Serve an avatar
///
/// Public, like the picture itself. Only names that the server gave are opened; a name is never used for another
/// picture, so that it may be cached for ever.
#[utoipa::path(tag = "profile", params(("name" = String, Path, description = "The last part of an `avatar_url`")), responses(
    (status = 200, description = "The picture", body = Vec<u8>, content_type = "image/jpeg"),
    (status = 404, description = "`not_found`", body = Refusal),
))]
#[get("/uploads/avatars/{name}")]
pub(super) async fn avatar(state: State, name: Path<String>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let missing = || no_such_endpoint(&request);
    if !is_avatar_name(&name) {
        return Err(missing());
    }
    let path = state.uploads_dir.join(AVATAR_DIRECTORY).join(name.as_str());
    let opened =
        web::block(move || NamedFile::open(path)).await.map_err(|error| ApiError::internal().because(error))?;
    let file = opened.map_err(|_| missing())?;
    let mut response = file.into_response(&request);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}
