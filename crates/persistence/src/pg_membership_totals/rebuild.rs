//! Totals of memberships made anew from gifts and sessions, and compared with those that are kept.

use chrono::{DateTime, Utc};
use diesel::{
    QueryResult, sql_query,
    sql_types::{Array, BigInt, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    time::{BusinessCalendar, Period},
    wallet::Discrepancy,
};

use crate::{
    pg_salary_policies,
    pg_totals::{Extent, Row, starts},
};

/// What the totals ought to be. The spans are the calendar's own: days `$1`, weeks `$2`, months `$3`. `$4` are the minutes of a
/// valid session in each of the weeks.
const EXPECTED: &str = "
given AS (
  SELECT m.id AS membership_id, span.period, span.starts_at, g.host_income AS income, 0 AS lives, 0 AS viewers,
         0 AS live_seconds, 0 AS valid_micros
    FROM gifts g
    LEFT JOIN (SELECT unnest(gift_ids) AS id FROM pending_rollups) pending ON pending.id = g.id
    JOIN memberships m
      ON m.host_id = g.receiver_id AND m.starts_at <= g.created_at AND (m.ends_at IS NULL OR m.ends_at > g.created_at)
   CROSS JOIN LATERAL (VALUES
      ('daily', ($1::timestamptz[])[width_bucket(g.created_at, $1)]),
      ('weekly', ($2::timestamptz[])[width_bucket(g.created_at, $2)]),
      ('monthly', ($3::timestamptz[])[width_bucket(g.created_at, $3)]),
      ('all', 'epoch'::timestamptz)) AS span (period, starts_at)
   WHERE g.host_income > 0 AND pending.id IS NULL
), lived AS (
  SELECT m.id AS membership_id, s.total_viewers AS viewers, GREATEST(s.start_time, m.starts_at) AS starts_at,
         LEAST(s.end_time, m.ends_at) AS ends_at, s.start_time, s.end_time
    FROM live_sessions s
    JOIN memberships m
      ON m.host_id = s.host_id AND m.starts_at < s.end_time AND (m.ends_at IS NULL OR m.ends_at > s.start_time)
   WHERE GREATEST(s.start_time, m.starts_at) < LEAST(s.end_time, m.ends_at)
), parts AS (
  SELECT l.membership_id, span.period, span.starts_at, 0 AS income, 1 AS lives, l.viewers,
         floor(extract(epoch FROM length)) AS live_seconds,
         CASE WHEN span.period = 'daily'
               AND LEAST(l.end_time, ($2)[week + 1]) - GREATEST(l.start_time, ($2)[week])
                   >= ($4::bigint[])[week] * interval '1 minute'
              THEN extract(epoch FROM length) * 1000000 ELSE 0 END AS valid_micros
    FROM lived l
   CROSS JOIN LATERAL (
      SELECT 'daily' AS period, ($1)[i] AS starts_at, ($1)[i + 1] AS ends_at
        FROM generate_series(width_bucket(l.starts_at, $1), width_bucket(l.ends_at - interval '1 microsecond', $1)) i
      UNION ALL
      SELECT 'weekly', ($2)[i], ($2)[i + 1]
        FROM generate_series(width_bucket(l.starts_at, $2), width_bucket(l.ends_at - interval '1 microsecond', $2)) i
      UNION ALL
      SELECT 'monthly', ($3)[i], ($3)[i + 1]
        FROM generate_series(width_bucket(l.starts_at, $3), width_bucket(l.ends_at - interval '1 microsecond', $3)) i
      UNION ALL
      SELECT 'all', 'epoch', NULL
   ) AS span
   CROSS JOIN LATERAL (
      SELECT LEAST(l.ends_at, span.ends_at) - GREATEST(l.starts_at, span.starts_at) AS length,
             width_bucket(span.starts_at, $2) AS week
   ) AS part
), expected AS MATERIALIZED (
  SELECT membership_id, m.host_id, m.agency_id, period, x.starts_at, SUM(income)::bigint AS income,
         SUM(lives)::bigint AS lives, SUM(viewers)::bigint AS viewers, SUM(live_seconds)::bigint AS live_seconds,
         SUM(valid_micros)::bigint AS valid_micros
    FROM (SELECT * FROM given UNION ALL SELECT * FROM parts) x JOIN memberships m ON m.id = membership_id
   GROUP BY 1, 2, 3, 4, 5
)";

/// What is kept and ought not to be, or the other way round.
const DIFFERENCES: &str = "
SELECT 'totals of memberships equal their gifts and sessions' AS proof,
       'membership ' || membership_id || ' ' || period || ' ' || (starts_at AT TIME ZONE 'UTC') AS subject,
       COALESCE(t.income, 0) - COALESCE(e.income, 0) AS difference
  FROM membership_totals t FULL JOIN expected e USING (membership_id, period, starts_at)
 WHERE (t.host_id, t.agency_id, t.income, t.lives, t.viewers, t.live_seconds, t.valid_micros)
       IS DISTINCT FROM
       (e.host_id, e.agency_id, e.income, e.lives, e.viewers, e.live_seconds, e.valid_micros)
ORDER BY 2";

const FILL: &str = "
INSERT INTO membership_totals
       (membership_id, host_id, agency_id, period, starts_at, income, lives, viewers, live_seconds, valid_micros)
SELECT membership_id, host_id, agency_id, period, starts_at, income, lives, viewers, live_seconds, valid_micros
  FROM expected";

/// The days, weeks and months in which there are gifts or sessions, and the minutes of a valid session in those weeks.
struct Spans([Vec<DateTime<Utc>>; 3], Vec<i64>);

impl Spans {
    /// The spans, from the first of them to the last.
    async fn load(connection: &mut AsyncPgConnection, calendar: BusinessCalendar) -> QueryResult<Self> {
        let extent: Extent = sql_query(
            "SELECT LEAST((SELECT MIN(created_at) FROM gifts), (SELECT MIN(start_time) FROM live_sessions)) AS first,
                    GREATEST((SELECT MAX(created_at) FROM gifts), (SELECT MAX(end_time) FROM live_sessions)) AS last",
        )
        .get_result(connection)
        .await?;
        let starts = |period| match (extent.first, extent.last) {
            (Some(first), Some(last)) => starts(calendar, period, first, last),
            _ => Vec::new(),
        };
        let spans = [Period::Daily, Period::Weekly, Period::Monthly].map(starts);
        let policies = pg_salary_policies::history(connection).await?;
        let minutes = |start: &DateTime<Utc>| policies.for_week(calendar.week(*start)).policy.session_minutes().into();
        let [_, weeks, _] = &spans;
        let minutes = weeks.iter().map(minutes).collect();
        Ok(Self(spans, minutes))
    }
}

/// What is kept and ought not to be.
pub(crate) async fn differences(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
) -> QueryResult<Vec<Discrepancy>> {
    let Spans([days, weeks, months], minutes) = Spans::load(connection, calendar).await?;
    let rows: Vec<Row> = sql_query(format!("WITH {EXPECTED} {DIFFERENCES}"))
        .bind::<Array<Timestamptz>, _>(days)
        .bind::<Array<Timestamptz>, _>(weeks)
        .bind::<Array<Timestamptz>, _>(months)
        .bind::<Array<BigInt>, _>(minutes)
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(Discrepancy::from).collect())
}

/// Makes the totals anew. Gifts, sessions and memberships are locked against changes.
pub(crate) async fn rebuild(connection: &mut AsyncPgConnection, calendar: BusinessCalendar) -> QueryResult<()> {
    sql_query("DELETE FROM membership_totals").execute(connection).await?;
    let Spans([days, weeks, months], minutes) = Spans::load(connection, calendar).await?;
    sql_query(format!("WITH {EXPECTED} {FILL}"))
        .bind::<Array<Timestamptz>, _>(days)
        .bind::<Array<Timestamptz>, _>(weeks)
        .bind::<Array<Timestamptz>, _>(months)
        .bind::<Array<BigInt>, _>(minutes)
        .execute(connection)
        .await
        .map(drop)
}
