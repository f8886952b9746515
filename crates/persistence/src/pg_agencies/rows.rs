//! The rows of `agencies`, and what they are to the domain.

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _, QueryDsl as _,
    QueryResult,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{Agency, ListedAgency, MaskedCardNumber, ReviewStatus},
    id::{AgencyId, UserId},
    page::{Cursor, Page, PageRequest},
    user::PhoneNumber,
};

use crate::{
    reviews::{DecisionRow, review},
    schema::{agencies, memberships, users},
};

/// The columns of an agency, as [`Row`] reads them.
pub(super) const COLUMNS: Columns = (
    agencies::id,
    agencies::owner_id,
    agencies::family_name,
    (agencies::region, agencies::phone),
    agencies::status,
    (agencies::decided_by, agencies::decided_at, agencies::reason),
    agencies::created_at,
);

type Columns = (
    agencies::id,
    agencies::owner_id,
    agencies::family_name,
    (agencies::region, agencies::phone),
    agencies::status,
    (agencies::decided_by, agencies::decided_at, agencies::reason),
    agencies::created_at,
);

pub(super) type Row = (i64, i64, String, (Option<String>, Option<String>), String, DecisionRow, DateTime<Utc>);

pub(super) fn agency(row: Row) -> QueryResult<Agency> {
    let (id, owner, family_name, (region, phone), status, decision, created_at) = row;
    Ok(Agency {
        id: AgencyId::new(id),
        owner: UserId::new(owner),
        family_name,
        region,
        phone: phone.map(PhoneNumber::from_stored),
        review: review(&status, decision)?,
        created_at,
    })
}

/// The word that the database uses.
pub(crate) const fn status_word(status: ReviewStatus) -> &'static str {
    match status {
        ReviewStatus::Pending => "pending",
        ReviewStatus::Approved => "approved",
        ReviewStatus::Rejected => "rejected",
    }
}

/// Agencies in a state, newest first.
pub(super) async fn list(
    connection: &mut AsyncPgConnection,
    status: ReviewStatus,
    page: PageRequest,
) -> QueryResult<Page<ListedAgency>> {
    let mut rows = agencies::table
        .inner_join(users::table.on(users::id.eq(agencies::owner_id)))
        .filter(agencies::status.eq(status_word(status)))
        .order((agencies::created_at.desc(), agencies::id.desc()))
        .limit(i64::from(page.limit.items()).saturating_add(1))
        .select((
            COLUMNS,
            users::name,
            agencies::card_masked,
            memberships::table
                .filter(memberships::agency_id.eq(agencies::id))
                .filter(memberships::ends_at.is_null())
                .count()
                .single_value()
                .assume_not_null(),
        ))
        .into_boxed();
    if let Some(Cursor { created_at, id }) = page.after {
        rows = rows
            .filter(agencies::created_at.le(created_at))
            .filter(agencies::created_at.lt(created_at).or(agencies::id.lt(id)));
    }
    let rows: Vec<(Row, String, Option<String>, i64)> = rows.load(connection).await?;
    let listed = |(row, owner_name, card, members): (Row, String, Option<String>, i64)| {
        let card = card.map(MaskedCardNumber::from_stored);
        Ok(ListedAgency { agency: agency(row)?, owner_name, card, members })
    };
    let items = rows.into_iter().map(listed).collect::<QueryResult<_>>()?;
    let place = |listed: &ListedAgency| Cursor { created_at: listed.agency.created_at, id: listed.agency.id.value() };
    Ok(Page::from_surplus(items, page.limit, place))
}
