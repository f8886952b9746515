//! Hosts, and the agencies that they belong to.

use actix_web::{HttpRequest, get, web::Json};
use domain::{
    agency::ListedHost,
    page::{Cursor, Limit},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Refusal},
    http::{
        State,
        callers::administrator,
        query::{PageQuery, query},
        wire::Instant,
    },
};

/// So many hosts when no limit is asked for.
const HOSTS: Limit = Limit::clamped(50);

/// Hosts of all agencies.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct HostsView {
    success: bool,
    /// Who joined last comes first.
    data: Vec<HostView>,
    /// For the next page; `null` on the last one.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct HostView {
    /// The membership.
    id: i64,
    user_id: i64,
    /// The host's name, now.
    #[schema(example = "Siti")]
    name: String,
    is_banned: bool,
    #[schema(example = 4_821_007)]
    agency_id: i64,
    #[schema(example = "Bintang")]
    family_name: String,
    /// Since when he belongs to the agency.
    approved_at: Instant,
}

impl From<ListedHost> for HostView {
    fn from(ListedHost { membership, name, is_banned, family_name }: ListedHost) -> Self {
        Self {
            id: membership.id().value(),
            user_id: membership.host().value(),
            name,
            is_banned,
            agency_id: membership.agency().value(),
            family_name,
            approved_at: Instant(membership.from()),
        }
    }
}

/// List hosts
///
/// For administrators: who belongs to an agency now, and to which.
#[utoipa::path(tag = "administration", security(("token" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of hosts; 50 when no limit is given", body = HostsView),
    (status = 400, description = "`invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`not_an_admin`, `token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/hosts")]
pub(in crate::http) async fn list(state: State, request: HttpRequest) -> Result<Json<HostsView>, ApiError> {
    administrator(&request).await?;
    let page = query::<PageQuery>(&request)?.parse(HOSTS)?;
    let page = state.agencies.hosts.all(page).await?;
    Ok(Json(HostsView {
        success: true,
        data: page.items.into_iter().map(HostView::from).collect(),
        next_cursor: page.next.map(Cursor::to_text),
    }))
}
