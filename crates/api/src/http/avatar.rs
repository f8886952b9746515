//! The caller's picture: uploaded, and served to everybody.

mod form;

use std::sync::Arc;

use actix_files::NamedFile;
use actix_multipart::Multipart;
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue},
    post,
    web::{self, Json, Path},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{State, body::refuse_announced, no_such_endpoint};
use crate::{
    adapters::{AVATAR_DIRECTORY, is_avatar_name},
    auth::Caller,
    error::{ApiError, Refusal},
};
use form::Pace;

/// A picture to upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a multipart form, which is read as a stream")]
struct AvatarForm {
    /// A JPEG, PNG or WebP picture, by its content; file name and content type are ignored.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    avatar: Vec<u8>,
}

/// A picture as it is served.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes bytes, which come from a file")]
struct Picture(Vec<u8>);

/// An uploaded picture.
#[derive(Serialize, ToSchema)]
pub(super) struct AvatarUploaded {
    success: bool,
    #[schema(example = "Avatar berhasil diupload")]
    message: &'static str,
    data: AvatarView,
}

#[derive(Serialize, ToSchema)]
struct AvatarView {
    /// Relative to the server.
    #[schema(example = "/uploads/avatars/avatar-5a1f….jpg")]
    avatar_url: String,
}

/// Upload one's own picture
///
/// At most 5 MiB and 4096 × 4096 pixels, one at a time. The token is checked before a byte is read; the picture is decoded
/// and encoded anew, so that nothing of the upload but its pixels is kept; the picture before it is removed.
#[utoipa::path(tag = "profile", security(("token" = [])),
    request_body(content = AvatarForm, content_type = "multipart/form-data"),
    responses(
    (status = 200, description = "Uploaded", body = AvatarUploaded),
    (status = 400, description = "`no_file`, `not_a_picture`, `picture_too_large`, `incomplete_body`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 413, description = "`body_too_large`", body = Refusal),
    (status = 429, description = "`too_many_uploads`, of all or of the caller; wait as `Retry-After` says", body = Refusal),
    (status = 503, description = "`unavailable`, `outcome_unknown`", body = Refusal),
))]
#[post("/profile/avatar")]
pub(super) async fn upload(
    state: State,
    caller: Caller,
    request: HttpRequest,
    form: Multipart,
) -> Result<Json<AvatarUploaded>, ApiError> {
    let user = caller.0.user_id;
    let place = state.uploads.place(user).ok_or_else(ApiError::uploads_busy)?;
    refuse_announced(&request)?;
    let pace = Pace { patience: state.http.body_timeout, rate_min: state.avatars.rate_min };
    let picture = form::read_picture(form, state.avatars.bytes, pace).await?;
    let profiles = Arc::clone(&state.profiles);
    // To its end: a client that goes away must leave no file that no profile names.
    let replaced = state.pictures.run(async move {
        let replaced = profiles.replace_avatar(user, picture).await;
        drop(place);
        replaced
    });
    let data = AvatarView { avatar_url: replaced.await?.as_str().to_owned() };
    Ok(Json(AvatarUploaded { success: true, message: "Avatar berhasil diupload", data }))
}

/// Serve an avatar
///
/// Public, like the picture itself. Only names that the server gave are opened; a name is never used for another
/// picture, so that it may be cached for ever.
#[utoipa::path(tag = "profile", params(("name" = String, Path, description = "The last part of an `avatar_url`")), responses(
    (status = 200, description = "The picture", content(
        (Picture = "image/jpeg"), (Picture = "image/png"), (Picture = "image/webp"),
    )),
    (status = 404, description = "`not_found`", body = Refusal),
))]
#[get("/uploads/avatars/{name}")]
pub(super) async fn serve(state: State, name: Path<String>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
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
