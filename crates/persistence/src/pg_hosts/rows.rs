//! The rows of `host_applications`, and what they are to the domain.

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{HostApplication, HostApplicationState, Origin, Withdrawal},
    id::{AgencyId, HostApplicationId, UserId},
};

use crate::{
    error::unreadable,
    reviews::{DecisionRow, decision_row, review},
    schema::host_applications as applications,
};

/// The columns of an application, as [`Row`] reads them.
pub(super) const COLUMNS: Columns = (
    applications::id,
    applications::host_id,
    applications::agency_id,
    applications::invited_by,
    applications::status,
    applications::withdrawal,
    (applications::decided_by, applications::closed_at, applications::reason),
);

pub(super) type Columns = (
    applications::id,
    applications::host_id,
    applications::agency_id,
    applications::invited_by,
    applications::status,
    applications::withdrawal,
    (applications::decided_by, applications::closed_at, applications::reason),
);

pub(super) type Row = (i64, i64, i64, Option<i64>, String, Option<String>, DecisionRow);

pub(super) fn application(row: Row) -> QueryResult<HostApplication> {
    let (id, host, agency, invited_by, word, withdrawal, decision) = row;
    let closed = || decision.1.ok_or_else(|| unreadable("a closed application without its instant"));
    let state = match (word.as_str(), withdrawal.as_deref()) {
        ("invited", None) => HostApplicationState::Invited,
        ("declined", None) => HostApplicationState::Declined { at: closed()? },
        ("withdrawn", Some(cause)) => HostApplicationState::Withdrawn { cause: self::cause(cause)?, at: closed()? },
        (word, _) => HostApplicationState::Submitted(review(word, decision)?),
    };
    let origin = invited_by.map_or(Origin::Host, |by| Origin::Invitation { by: UserId::new(by) });
    HostApplication::restore(HostApplicationId::new(id), UserId::new(host), AgencyId::new(agency), origin, state)
        .map_err(unreadable)
}

fn cause(word: &str) -> QueryResult<Withdrawal> {
    [Withdrawal::ByHost, Withdrawal::ByOwner, Withdrawal::JoinedOtherwise]
        .into_iter()
        .find(|cause| cause.word() == word)
        .ok_or_else(|| unreadable(format!("{word:?} is no reason to withdraw an application")))
}

/// An application. Its host's row is locked, so that it does not change.
pub(super) async fn find(
    connection: &mut AsyncPgConnection,
    id: HostApplicationId,
) -> QueryResult<Option<HostApplication>> {
    let row: Option<Row> = applications::table.find(id.value()).select(COLUMNS).first(connection).await.optional()?;
    row.map(application).transpose()
}

/// Stores where an application stands.
pub(super) async fn set_state(
    connection: &mut AsyncPgConnection,
    id: HostApplicationId,
    state: HostApplicationState,
) -> QueryResult<HostApplication> {
    let (withdrawal, (decided_by, closed_at, reason)) = columns(&state);
    let row: Row = diesel::update(applications::table.find(id.value()))
        .set((
            applications::status.eq(state.word()),
            applications::withdrawal.eq(withdrawal),
            applications::decided_by.eq(decided_by),
            applications::closed_at.eq(closed_at),
            applications::reason.eq(reason),
        ))
        .returning(COLUMNS)
        .get_result(connection)
        .await?;
    application(row)
}

fn columns(state: &HostApplicationState) -> (Option<&'static str>, DecisionRow) {
    match state {
        HostApplicationState::Invited => (None, (None, None, None)),
        HostApplicationState::Declined { at } => (None, (None, Some(*at), None)),
        HostApplicationState::Withdrawn { cause, at } => (Some(cause.word()), (None, Some(*at), None)),
        HostApplicationState::Submitted(review) => (None, decision_row(review)),
    }
}

/// Takes all open applications of a host but one off the table, because he joined by that one.
pub(super) async fn withdraw_others(
    connection: &mut AsyncPgConnection,
    host: UserId,
    joined_by: HostApplicationId,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(
        applications::table
            .filter(applications::host_id.eq(host.value()))
            .filter(applications::id.ne(joined_by.value()))
            .filter(applications::status.eq_any(["invited", "pending"])),
    )
    .set((
        applications::status.eq("withdrawn"),
        applications::withdrawal.eq(Withdrawal::JoinedOtherwise.word()),
        applications::closed_at.eq(at),
    ))
    .execute(connection)
    .await
    .map(drop)
}
