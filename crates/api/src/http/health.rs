//! Whether the server lives, and whether it takes requests.

use actix_web::{get, web::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::State;
use crate::error::{ApiError, Refusal};

/// All is well.
#[derive(Serialize, ToSchema)]
pub(super) struct Healthy {
    success: bool,
    #[schema(example = "live")]
    status: &'static str,
}

/// Is the process alive?
///
/// For a supervisor: when this fails, start the process anew. It says nothing about the database.
#[utoipa::path(tag = "health", responses((status = 200, description = "Alive", body = Healthy)))]
#[get("/health/live")]
pub(super) async fn live() -> Json<Healthy> {
    Json(Healthy { success: true, status: "live" })
}

/// Does the server take requests?
///
/// For a load balancer: 503 while the database does not answer, and as soon as the server was told to stop.
#[utoipa::path(tag = "health", responses(
    (status = 200, description = "Ready", body = Healthy),
    (status = 503, description = "`not_ready`", body = Refusal),
))]
#[get("/health/ready")]
pub(super) async fn ready(state: State) -> Result<Json<Healthy>, ApiError> {
    if state.readiness.is_ready().await {
        Ok(Json(Healthy { success: true, status: "ready" }))
    } else {
        Err(ApiError::not_ready())
    }
}
