//! Salaries as they are stored.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, OptionalExtension as _, QueryDsl as _,
    QueryResult,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    id::{AgencyId, SalaryRequestId, UserId},
    money::Diamonds,
    page::{Cursor, Page, PageRequest},
    salary::{ListedSalary, RawWeek, SalaryFilter, SalaryRequest},
    time::BusinessWeek,
};

use crate::{
    error::unreadable,
    pg_salary_closings::thaw,
    reviews::{DecisionRow, review},
    schema::{agencies, salary_requests as requests, salary_statements as statements, users},
};

/// The columns of a request, as [`Row`] reads them.
pub(super) const COLUMNS: Columns = (
    requests::id,
    requests::host_id,
    requests::agency_id,
    requests::monday,
    requests::salary_amount,
    requests::total_lives,
    requests::status,
    (requests::decided_by, requests::decided_at, requests::reason),
    requests::created_at,
);

type Columns = (
    requests::id,
    requests::host_id,
    requests::agency_id,
    requests::monday,
    requests::salary_amount,
    requests::total_lives,
    requests::status,
    (requests::decided_by, requests::decided_at, requests::reason),
    requests::created_at,
);

pub(super) type Row = (i64, i64, i64, NaiveDate, i64, i32, String, DecisionRow, DateTime<Utc>);

pub(super) fn request(
    (id, host, agency, monday, salary, lives, status, decision, created_at): Row,
) -> QueryResult<SalaryRequest> {
    Ok(SalaryRequest {
        id: SalaryRequestId::new(id),
        host: UserId::new(host),
        agency: AgencyId::new(agency),
        week: BusinessWeek::of(monday),
        salary: Diamonds::new(salary).map_err(unreadable)?,
        valid_sessions: u32::try_from(lives).map_err(unreadable)?,
        review: review(&status, decision)?,
        created_at,
    })
}

/// Salaries, newest first.
pub(super) async fn list(
    connection: &mut AsyncPgConnection,
    filter: SalaryFilter,
    page: PageRequest,
) -> QueryResult<Page<ListedSalary>> {
    let mut rows = requests::table
        .inner_join(users::table.on(users::id.eq(requests::host_id)))
        .inner_join(agencies::table.on(agencies::id.eq(requests::agency_id)))
        .order((requests::created_at.desc(), requests::id.desc()))
        .limit(i64::from(page.limit.items()).saturating_add(1))
        .select((COLUMNS, users::name, agencies::family_name))
        .into_boxed();
    rows = match filter {
        SalaryFilter::OfAgency(agency) => rows.filter(requests::agency_id.eq(agency.value())),
        SalaryFilter::OfHost(host) => rows.filter(requests::host_id.eq(host.value())),
    };
    if let Some(Cursor { created_at, id }) = page.after {
        // The first half bounds the index scan, the second decides within one instant.
        rows = rows
            .filter(requests::created_at.le(created_at))
            .filter(requests::created_at.lt(created_at).or(requests::id.lt(id)));
    }
    let rows: Vec<(Row, String, String)> = rows.load(connection).await?;
    let listed = |(row, host_name, family_name)| Ok(ListedSalary { request: request(row)?, host_name, family_name });
    let items = rows.into_iter().map(listed).collect::<QueryResult<_>>()?;
    Ok(Page::from_surplus(items, page.limit, |item: &ListedSalary| Cursor {
        created_at: item.request.created_at,
        id: item.request.id.value(),
    }))
}

pub(super) async fn with_inputs(
    connection: &mut AsyncPgConnection,
    id: SalaryRequestId,
) -> QueryResult<Option<(SalaryRequest, RawWeek)>> {
    let its_week = statements::host_id.eq(requests::host_id).and(statements::monday.eq(requests::monday));
    let row: Option<(Row, serde_json::Value)> = requests::table
        .inner_join(statements::table.on(its_week))
        .filter(requests::id.eq(id.value()))
        .select((COLUMNS, statements::inputs))
        .first(connection)
        .await
        .optional()?;
    let Some((row, kept)) = row else { return Ok(None) };
    let request = request(row)?;
    let raw = thaw(request.host, request.week, kept)?;
    Ok(Some((request, raw)))
}
