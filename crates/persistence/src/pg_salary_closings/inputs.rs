//! The facts of a host's week: read in one statement, and so in one snapshot, and kept as they were read.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    QueryResult, sql_query,
    sql_types::{Array, BigInt, Date, Jsonb, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::Membership,
    id::{AgencyId, LiveSessionId, MembershipId, UserId},
    live::SESSION_MAX,
    money::Diamonds,
    salary::{CloseOrder, GiftDay, RawWeek, SessionPart},
    time::{BusinessDay, BusinessWeek},
};
use serde::{Deserialize, Serialize};

use crate::error::unreadable;

/// What a statement is made from, as the database keeps it. Its JSON is read for ever: members are added, never renamed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptWeek {
    memberships: Vec<KeptMembership>,
    sessions: Vec<KeptSession>,
    gifts: Vec<KeptGift>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptMembership {
    id: i64,
    agency: i64,
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptSession {
    id: i64,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptGift {
    membership: i64,
    date: NaiveDate,
    diamonds: i64,
}

/// `$1` the host, `$2` and `$3` the bounds of the week, `$4` the beginning before which no session reaches into it, `$5` and
/// `$6` the days. Sessions that run on end with their last sign of life; gifts are the totals of memberships.
const LOAD: &str = "
SELECT jsonb_build_object(
  'memberships', COALESCE((
    SELECT jsonb_agg(jsonb_build_object('id', id, 'agency', agency_id, 'from', starts_at, 'until', ends_at)
                     ORDER BY starts_at, id)
      FROM memberships WHERE host_id = $1 AND starts_at < $3), '[]'),
  'sessions', COALESCE((
    SELECT jsonb_agg(jsonb_build_object('id', id, 'start', start_time, 'end', COALESCE(end_time, last_sign_at))
                     ORDER BY start_time, id)
      FROM live_sessions
     WHERE host_id = $1 AND start_time > $4 AND start_time < $3 AND COALESCE(end_time, last_sign_at) > $2), '[]'),
  'gifts', COALESCE((
    SELECT jsonb_agg(jsonb_build_object('membership', t.membership_id, 'date', day.date, 'diamonds', t.income)
                     ORDER BY day.date, t.membership_id)
      FROM memberships m
      JOIN membership_totals t ON t.membership_id = m.id AND t.period = 'daily' AND t.income > 0
      JOIN unnest($5::date[], $6::timestamptz[]) AS day (date, starts_at) ON day.starts_at = t.starts_at
     WHERE m.host_id = $1), '[]')
) AS inputs";

#[derive(diesel::QueryableByName)]
struct Loaded {
    #[diesel(sql_type = Jsonb)]
    inputs: serde_json::Value,
}

/// Reads the facts.
pub(super) async fn load(connection: &mut AsyncPgConnection, order: &CloseOrder) -> QueryResult<KeptWeek> {
    let [BusinessDay { start, .. }, .., BusinessDay { end, .. }] = order.days;
    let (dates, starts): (Vec<NaiveDate>, Vec<DateTime<Utc>>) =
        order.days.iter().map(|day| (day.date, day.start)).unzip();
    let Loaded { inputs } = sql_query(LOAD)
        .bind::<BigInt, _>(order.host.value())
        .bind::<Timestamptz, _>(start)
        .bind::<Timestamptz, _>(end)
        .bind::<Timestamptz, _>(start.checked_sub_signed(SESSION_MAX).unwrap_or(start))
        .bind::<Array<Date>, _>(dates)
        .bind::<Array<Timestamptz>, _>(starts)
        .get_result(connection)
        .await?;
    serde_json::from_value(inputs).map_err(unreadable)
}

/// The facts that are kept in a column.
pub(crate) fn thaw(host: UserId, week: BusinessWeek, kept: serde_json::Value) -> QueryResult<RawWeek> {
    raw_week(host, week, &serde_json::from_value(kept).map_err(unreadable)?)
}

/// The facts as the domain reads them.
pub(super) fn raw_week(host: UserId, week: BusinessWeek, kept: &KeptWeek) -> QueryResult<RawWeek> {
    let membership = |kept: &KeptMembership| {
        let (id, agency) = (MembershipId::new(kept.id), AgencyId::new(kept.agency));
        Membership::new(id, host, agency, kept.from, kept.until).map_err(unreadable)
    };
    let session =
        |kept: &KeptSession| SessionPart { id: LiveSessionId::new(kept.id), start: kept.start, end: kept.end };
    let gift = |kept: &KeptGift| {
        let diamonds = Diamonds::new(kept.diamonds).map_err(unreadable)?;
        Ok(GiftDay { membership: MembershipId::new(kept.membership), date: kept.date, diamonds })
    };
    Ok(RawWeek {
        host,
        week,
        memberships: kept.memberships.iter().map(membership).collect::<QueryResult<_>>()?,
        sessions: kept.sessions.iter().map(session).collect(),
        gifts: kept.gifts.iter().map(gift).collect::<QueryResult<_>>()?,
    })
}
