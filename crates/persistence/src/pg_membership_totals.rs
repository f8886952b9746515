//! What hosts did within their memberships, for each day, week and month of the business calendar and all time
//! (docs/adr/0014-agency-figures.md): live sessions are added when they end, gifts when they are rolled up.

mod rebuild;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, QueryDsl as _, QueryResult, sql_query,
    sql_types::{Array, BigInt, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::Membership,
    salary::PolicyHistory,
    time::{BusinessCalendar, Period, Window},
};

pub(crate) use self::rebuild::{differences, rebuild};
use crate::{
    pg_memberships::{COLUMNS, Row, membership},
    pg_salary_policies,
    schema::memberships,
};

/// The spans that totals are kept for. Their rows are locked in this order, those of a lower membership first.
const PERIODS: [Period; 4] = [Period::Daily, Period::Weekly, Period::Monthly, Period::All];

/// A live session that has ended.
#[derive(Clone, Copy)]
pub(crate) struct EndedLive {
    pub(crate) host: i64,
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
    pub(crate) viewers: i64,
}

/// Adds a session to one span of one membership.
struct Part {
    membership: Membership,
    period: Period,
    starts_at: DateTime<Utc>,
    seconds: i64,
    /// Of a day: how much of it counts for the policy.
    valid_micros: i64,
}

const ADD_PARTS: &str = "
INSERT INTO membership_totals AS t
       (membership_id, host_id, agency_id, period, starts_at, lives, viewers, live_seconds, valid_micros)
SELECT part.membership_id, $1, part.agency_id, part.period, part.starts_at, 1, $2, part.seconds, part.valid_micros
  FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::timestamptz[], $7::bigint[], $8::bigint[]) WITH ORDINALITY
    AS part (membership_id, agency_id, period, starts_at, seconds, valid_micros, place)
 ORDER BY part.place
ON CONFLICT ON CONSTRAINT membership_totals_pkey DO UPDATE SET
  lives = t.lives + EXCLUDED.lives,
  viewers = t.viewers + EXCLUDED.viewers,
  live_seconds = t.live_seconds + EXCLUDED.live_seconds,
  valid_micros = t.valid_micros + EXCLUDED.valid_micros";

/// Adds a session to the totals of the memberships that it touches, its time split over them and over their spans. The
/// host's row is locked, so that no membership begins or ends meanwhile.
pub(crate) async fn add_live(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    live: EndedLive,
) -> QueryResult<()> {
    let touched: Vec<Row> = memberships::table
        .filter(memberships::host_id.eq(live.host))
        .filter(memberships::starts_at.lt(live.end))
        .filter(memberships::ends_at.is_null().or(memberships::ends_at.gt(live.start)))
        .order(memberships::id)
        .select(COLUMNS)
        .load(connection)
        .await?;
    if touched.is_empty() {
        return Ok(());
    }
    let weeks = Weeks { calendar, policies: pg_salary_policies::history(connection).await?, live };
    let mut parts = Vec::new();
    for row in touched {
        add_parts(&mut parts, &weeks, membership(row)?);
    }
    sql_query(ADD_PARTS)
        .bind::<BigInt, _>(live.host)
        .bind::<BigInt, _>(live.viewers)
        .bind::<Array<BigInt>, _>(parts.iter().map(|part| part.membership.id().value()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(parts.iter().map(|part| part.membership.agency().value()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(parts.iter().map(|part| part.period.word()).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(parts.iter().map(|part| part.starts_at).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(parts.iter().map(|part| part.seconds).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(parts.iter().map(|part| part.valid_micros).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(drop)
}

/// A session, and the weeks that it lies in.
struct Weeks {
    calendar: BusinessCalendar,
    policies: PolicyHistory,
    live: EndedLive,
}

impl Weeks {
    /// Whether enough of the session lies in the week of an instant, in whatever membership, for the policy of that week.
    fn is_valid(&self, at: DateTime<Utc>) -> bool {
        let (week, live) = (self.calendar.week(at), self.live);
        let Window { start, end } = self.calendar.window_of(week);
        let (start, end) = (start.unwrap_or(live.start).max(live.start), end.unwrap_or(live.end).min(live.end));
        let least = self.policies.for_week(week).policy.session_minutes();
        end.signed_duration_since(start) >= TimeDelta::minutes(i64::from(least))
    }
}

fn add_parts(parts: &mut Vec<Part>, weeks: &Weeks, membership: Membership) {
    let Some((start, end)) = membership.clip(weeks.live.start, weeks.live.end) else { return };
    for period in PERIODS {
        let mut next = Some(start);
        // A session lasts half a day at most, and a span lies behind the one before, so this ends.
        while let Some(at) = next.filter(|at| *at < end) {
            let span = weeks.calendar.span(period, at);
            let until = span.window.end.map_or(end, |until| until.min(end));
            let length = until.signed_duration_since(at);
            let counts = period == Period::Daily && weeks.is_valid(at);
            let valid_micros = length.num_microseconds().filter(|_| counts).unwrap_or_default();
            parts.push(Part {
                membership,
                period,
                starts_at: span.starts_at(),
                seconds: length.num_seconds(),
                valid_micros,
            });
            next = span.window.end;
        }
    }
}
