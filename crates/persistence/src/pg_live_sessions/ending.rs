//! Ending sessions: what they came to is counted in the transaction that ends them.

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult,
    QueryableByName,
    dsl::sql,
    sql_query,
    sql_types::{BigInt, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    live::{LiveSession, Signs, duration_seconds},
    time::{BusinessCalendar, Period},
};

use super::{COLUMNS, Row, horizons, session};
use crate::{
    error::unreadable,
    pg_membership_totals::{self, EndedLive},
    pg_totals,
    schema::{gifts, host_totals as totals, live_session_viewers as viewers, live_sessions as sessions},
};

/// Ends a session whose row is locked, and before it its host's, at least `FOR KEY SHARE`.
pub(super) async fn end(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    (id, host, _, started_at, last_sign_at, ..): Row,
    now: DateTime<Utc>,
) -> QueryResult<LiveSession> {
    let ended_at = Signs { started_at, last_sign_at }.last_until(now);
    let seen = diesel::delete(viewers::table.filter(viewers::session_id.eq(id))).execute(connection).await?;
    let income = gift_income(connection, calendar, host, started_at, ended_at).await?;
    let viewers = i32::try_from(seen).map_err(unreadable)?;
    let row: Row = diesel::update(sessions::table.find(id))
        .set((
            sessions::end_time.eq(ended_at),
            sessions::duration_seconds.eq(duration_seconds(started_at, ended_at)),
            sessions::total_income.eq(income),
            sessions::total_viewers.eq(viewers),
        ))
        .returning(COLUMNS)
        .get_result(connection)
        .await?;
    let live = EndedLive { host, start: started_at, end: ended_at, viewers: viewers.into() };
    pg_membership_totals::add_live(connection, calendar, live).await?;
    session(row)
}

/// Ends one session that is over, and passes over what another server has in its hands. One in a transaction: it adds to the totals of
/// memberships in the order of a roll-up, as those of several sessions would not.
pub(super) async fn end_abandoned(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    now: DateTime<Utc>,
) -> QueryResult<Option<LiveSession>> {
    let (silent, stale) = horizons(now);
    // The host, too: whose membership changes at this moment is passed over. Nobody is waited for.
    let taken: Option<Taken> = sql_query(
        "SELECT s.id FROM live_sessions s JOIN users u ON u.id = s.host_id
          WHERE s.end_time IS NULL AND (s.last_sign_at <= $1 OR s.start_time <= $2) ORDER BY s.id LIMIT 1
            FOR KEY SHARE OF u SKIP LOCKED FOR NO KEY UPDATE OF s SKIP LOCKED",
    )
    .bind::<Timestamptz, _>(silent)
    .bind::<Timestamptz, _>(stale)
    .get_result(connection)
    .await
    .optional()?;
    let Some(Taken { id }) = taken else { return Ok(None) };
    let row: Row = sessions::table.find(id).select(COLUMNS).first(connection).await?;
    end(connection, calendar, row, now).await.map(Some)
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// What gifts brought `host` from `start` to `end`: whole hours from the totals, the rest from the gifts themselves, so
/// that no more than two hours of them are read, unless gifts of the whole hours wait to be rolled up at this moment.
async fn gift_income(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    host: i64,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> QueryResult<i64> {
    let first_hour = calendar.span(Period::Hourly, start).window.end.unwrap_or(end);
    let last_hour = calendar.span(Period::Hourly, end).starts_at();
    if first_hour >= last_hour || pg_totals::are_pending_before(connection, last_hour).await? {
        return part_income(connection, host, start, end).await;
    }
    let hours: i64 = totals::table
        .filter(totals::host_id.eq(host))
        .filter(totals::period.eq(Period::Hourly.word()))
        .filter(totals::starts_at.ge(first_hour).and(totals::starts_at.lt(last_hour)))
        .select(sql::<BigInt>(
            "COALESCE(SUM(normal_income + luxury_income + lucky_income + s_lucky_income), 0)::bigint",
        ))
        .get_result(connection)
        .await?;
    let before = part_income(connection, host, start, first_hour).await?;
    let after = part_income(connection, host, last_hour, end).await?;
    hours.checked_add(before).and_then(|sum| sum.checked_add(after)).ok_or_else(|| unreadable("an income out of range"))
}

async fn part_income(
    connection: &mut AsyncPgConnection,
    host: i64,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> QueryResult<i64> {
    gifts::table
        .filter(gifts::receiver_id.eq(host))
        .filter(gifts::created_at.ge(start).and(gifts::created_at.lt(end)))
        .select(sql::<BigInt>("COALESCE(SUM(host_income), 0)::bigint"))
        .get_result(connection)
        .await
}
