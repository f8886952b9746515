//! What a host sees of his own salaries, whichever agencies decide on them.

use actix_web::{HttpRequest, get, web::Json};
use domain::{id::SalaryRequestId, page::Limit};

use super::{
    super::{
        State,
        callers::caller,
        query::{PageQuery, path_id, query},
    },
    SalariesView,
    statement::StatementAnswer,
};
use crate::error::{ApiError, Refusal};

/// List one's own salaries
///
/// For a host: his weeks that came to a salary, newest first, a hundred when no limit is given; also those that an agency decides
/// on to which he no longer belongs.
#[utoipa::path(tag = "hosts", security(("token" = [])), params(PageQuery), responses(
    (status = 200, description = "A page of salaries", body = SalariesView),
    (status = 400, description = "`invalid_limit`, `invalid_cursor`, `malformed_query`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/salaries")]
pub(in crate::http) async fn list(state: State, request: HttpRequest) -> Result<Json<SalariesView>, ApiError> {
    let caller = caller(&request).await?;
    let page = query::<PageQuery>(&request)?.parse(Limit::MAX)?;
    Ok(SalariesView::new(state.salaries.salaries.list_own(caller, page).await?))
}

/// Read what one's own salary was made from
///
/// For the host himself, the same that the owner of the agency reads: the sessions and gift diamonds of the week, what counted and
/// why.
#[utoipa::path(tag = "hosts", security(("token" = [])),
    params(("request_id" = i64, Path, description = "The salary")), responses(
    (status = 200, description = "The statement", body = StatementAnswer),
    (status = 400, description = "`invalid_id`", body = Refusal),
    (status = 401, description = "`token_missing`", body = Refusal),
    (status = 403, description = "`token_invalid`, `token_expired`, `token_revoked`, `account_banned`", body = Refusal),
    (status = 404, description = "`user_not_found`; `not_found`: also somebody else's", body = Refusal),
    (status = 503, description = "`unavailable`", body = Refusal),
))]
#[get("/salaries/{request_id}")]
pub(in crate::http) async fn read(state: State, request: HttpRequest) -> Result<Json<StatementAnswer>, ApiError> {
    let caller = caller(&request).await?;
    let salary = path_id(&request, "request_id", SalaryRequestId::parse)?;
    let (salary, statement) = state.salaries.salaries.own_statement(caller, salary).await?;
    Ok(StatementAnswer::new(&salary, &statement))
}
