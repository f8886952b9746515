//! Lists of applications.

use chrono::{DateTime, Utc};
use diesel::{BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{ApplicationFilter, ListedApplication, MaskedCardNumber},
    page::{Cursor, Page, PageRequest},
    user::PhoneNumber,
};

use super::rows::{COLUMNS, Row, application};
use crate::{
    pg_agencies::status_word,
    schema::{agencies, host_applications as applications, users},
};

type ListedRow = (Row, (Option<String>, Option<String>, Option<String>), (String, String), String, DateTime<Utc>);

/// Applications, newest first.
pub(super) async fn list(
    connection: &mut AsyncPgConnection,
    filter: ApplicationFilter,
    page: PageRequest,
) -> QueryResult<Page<ListedApplication>> {
    let mut rows = applications::table
        .inner_join(users::table.on(users::id.eq(applications::host_id)))
        .inner_join(agencies::table.on(agencies::id.eq(applications::agency_id)))
        .order((applications::created_at.desc(), applications::id.desc()))
        .limit(i64::from(page.limit.items()).saturating_add(1))
        .select((
            COLUMNS,
            (applications::name, applications::gender, applications::card_masked),
            (users::name, users::phone),
            agencies::family_name,
            applications::created_at,
        ))
        .into_boxed();
    rows = match filter {
        ApplicationFilter::ToAgency(agency, None) => rows
            .filter(applications::agency_id.eq(agency.value()))
            .filter(applications::status.eq_any(["pending", "approved", "rejected"])),
        ApplicationFilter::ToAgency(agency, Some(status)) => {
            rows.filter(applications::agency_id.eq(agency.value())).filter(applications::status.eq(status_word(status)))
        }
        ApplicationFilter::InvitationsOf(user) => {
            rows.filter(applications::host_id.eq(user.value())).filter(applications::status.eq("invited"))
        }
        ApplicationFilter::Everybody(status) => rows.filter(applications::status.eq(status_word(status))),
    };
    if let Some(Cursor { created_at, id }) = page.after {
        rows = rows
            .filter(applications::created_at.le(created_at))
            .filter(applications::created_at.lt(created_at).or(applications::id.lt(id)));
    }
    let rows: Vec<ListedRow> = rows.load(connection).await?;
    let shows_phones = matches!(filter, ApplicationFilter::ToAgency(..));
    let items = rows.into_iter().map(|row| listed(row, shows_phones)).collect::<QueryResult<_>>()?;
    let place =
        |listed: &ListedApplication| Cursor { created_at: listed.created_at, id: listed.application.id().value() };
    Ok(Page::from_surplus(items, page.limit, place))
}

fn listed(row: ListedRow, shows_phone: bool) -> QueryResult<ListedApplication> {
    let (row, (name, gender, card), (user_name, phone), family_name, created_at) = row;
    Ok(ListedApplication {
        application: application(row)?,
        name,
        gender,
        card: card.map(MaskedCardNumber::from_stored),
        user_name,
        phone: shows_phone.then(|| PhoneNumber::from_stored(phone)),
        family_name,
        created_at,
    })
}
