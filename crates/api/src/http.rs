//! HTTP: routes, handlers, and what they have in common.

mod account;
mod admin;
mod agency;
mod avatar;
mod body;
mod callers;
mod chat;
mod contributions;
mod docs;
mod exchange;
mod gifts;
mod greeting;
mod health;
mod host_income;
mod hosts;
mod income;
mod live_session;
mod policies;
mod profile;
mod query;
mod rankings;
pub(crate) mod routes;
mod salaries;
mod surround;
mod wire;

pub(crate) use surround::surround;

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web::Data};

use crate::{error::ApiError, state::AppState};

/// The state, as handlers take it.
type State = Data<AppState>;

/// Marks a request that no route was found for.
#[derive(Clone, Copy)]
struct Unmatched;

/// Answers what no route answers, also a wrong method.
async fn not_found(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    request.extensions_mut().insert(Unmatched);
    Err(no_such_endpoint(&request))
}

/// 404: there is nothing under this path.
fn no_such_endpoint(request: &HttpRequest) -> ApiError {
    /// So much of the path is repeated in the answer.
    const SHOWN_CHARS_MAX: usize = 200;

    let path: String = request.uri().to_string().chars().take(SHOWN_CHARS_MAX).collect();
    ApiError::no_such_endpoint(&path)
}
