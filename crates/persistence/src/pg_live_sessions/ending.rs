//! Ending sessions: what they came to is counted in the transaction that ends them.

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, QueryDsl as _, QueryResult, dsl::sql, sql_types::BigInt,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    live::{LiveSession, Signs, duration_seconds},
    time::{BusinessCalendar, Period},
};

use super::{COLUMNS, Row, horizons, session};
use crate::{
    error::unreadable,
    schema::{
        host_income as incomes, host_totals as totals, live_session_viewers as viewers, live_sessions as sessions,
    },
};

/// Ends a session whose row is locked.
pub(super) async fn end(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    (id, host, _, started_at, last_sign_at, ..): Row,
    now: DateTime<Utc>,
) -> QueryResult<LiveSession> {
    let ended_at = Signs { started_at, last_sign_at }.last_until(now);
    let seen = diesel::delete(viewers::table.filter(viewers::session_id.eq(id))).execute(connection).await?;
    let income = gift_income(connection, calendar, host, started_at, ended_at).await?;
    let row: Row = diesel::update(sessions::table.find(id))
        .set((
            sessions::end_time.eq(ended_at),
            sessions::duration_seconds.eq(duration_seconds(started_at, ended_at)),
            sessions::total_income.eq(income),
            sessions::total_viewers.eq(i32::try_from(seen).map_err(unreadable)?),
        ))
        .returning(COLUMNS)
        .get_result(connection)
        .await?;
    session(row)
}

/// Ends what is over, and passes over what another server has in its hands.
pub(super) async fn end_abandoned(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    now: DateTime<Utc>,
    limit: u32,
) -> QueryResult<Vec<LiveSession>> {
    let (silent, stale) = horizons(now);
    let rows: Vec<Row> = sessions::table
        .filter(sessions::end_time.is_null())
        .filter(sessions::last_sign_at.le(silent).or(sessions::start_time.le(stale)))
        .order(sessions::id)
        .limit(i64::from(limit))
        .select(COLUMNS)
        .for_no_key_update()
        .skip_locked()
        .load(connection)
        .await?;
    let mut ended = Vec::new();
    for row in rows {
        ended.push(end(connection, calendar, row, now).await?);
    }
    Ok(ended)
}

/// What gifts brought `host` from `start` to `end`: whole hours from the totals, the rest from the incomes themselves, so
/// that no more than two hours of them are ever read.
async fn gift_income(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    host: i64,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> QueryResult<i64> {
    let first_hour = calendar.span(Period::Hourly, start).window.end.unwrap_or(end);
    let last_hour = calendar.span(Period::Hourly, end).starts_at();
    if first_hour >= last_hour {
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
    incomes::table
        .filter(incomes::host_id.eq(host))
        .filter(incomes::gift_id.is_not_null())
        .filter(incomes::created_at.ge(start).and(incomes::created_at.lt(end)))
        .select(sql::<BigInt>("COALESCE(SUM(income), 0)::bigint"))
        .get_result(connection)
        .await
}
