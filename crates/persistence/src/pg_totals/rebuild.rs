//! Totals made anew from the gifts, and compared with those that are kept.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryDsl as _, QueryResult, QueryableByName,
    dsl::exists,
    sql_query,
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use domain::{
    ranking::GiftTotals,
    store::StoreError,
    time::{BusinessCalendar, Period},
    wallet::Discrepancy,
};

use crate::{
    error::read_error,
    pg_membership_totals,
    pg_totals::rollup,
    pool::Database,
    schema::{fan_totals, host_totals, totals_calendar},
    silence,
};

/// The totals of a database, kept in the zone of one business calendar.
pub struct PgGiftTotals {
    database: Database,
    calendar: BusinessCalendar,
}

impl PgGiftTotals {
    /// The totals of this database.
    #[must_use]
    pub const fn new(database: Database, calendar: BusinessCalendar) -> Self {
        Self { database, calendar }
    }
}

/// What the totals of every host and fan ought to be: sums of all gifts that are not still to be rolled up. The spans are the calendar's own, `$1` to `$4`: PostgreSQL's idea of
/// a zone may be older than the program's.
const EXPECTED: &str = "
expected AS MATERIALIZED (
  SELECT g.receiver_id AS host_id, g.sender_id AS fan_id, span.period, span.starts_at,
         SUM(g.total_cost)::bigint AS coins, COUNT(*) AS gifts,
         COALESCE(SUM(g.host_income) FILTER (WHERE g.category = 'normal'), 0)::bigint AS normal_income,
         COALESCE(SUM(g.host_income) FILTER (WHERE g.category = 'luxury'), 0)::bigint AS luxury_income,
         COALESCE(SUM(g.host_income) FILTER (WHERE g.category = 'lucky'), 0)::bigint AS lucky_income,
         COALESCE(SUM(g.host_income) FILTER (WHERE g.category = 's-lucky'), 0)::bigint AS s_lucky_income,
         MAX(g.created_at) AS reached_at
    FROM (SELECT g.* FROM gifts g LEFT JOIN (SELECT unnest(gift_ids) AS id FROM pending_rollups) pending USING (id)
           WHERE pending.id IS NULL) g CROSS JOIN LATERAL (VALUES
      ('hourly', ($1::timestamptz[])[width_bucket(g.created_at, $1)]),
      ('daily', ($2::timestamptz[])[width_bucket(g.created_at, $2)]),
      ('weekly', ($3::timestamptz[])[width_bucket(g.created_at, $3)]),
      ('monthly', ($4::timestamptz[])[width_bucket(g.created_at, $4)]),
      ('all', 'epoch'::timestamptz)) AS span (period, starts_at)
   GROUP BY 1, 2, 3, 4
), expected_hosts AS (
  SELECT host_id, period, starts_at, SUM(coins)::bigint AS coins, SUM(gifts)::bigint AS gifts,
         SUM(normal_income)::bigint AS normal_income, SUM(luxury_income)::bigint AS luxury_income,
         SUM(lucky_income)::bigint AS lucky_income, SUM(s_lucky_income)::bigint AS s_lucky_income,
         MAX(reached_at) AS reached_at
    FROM expected GROUP BY 1, 2, 3
), last AS (
  SELECT DISTINCT ON (host_id, fan_id, period) host_id, fan_id, period, starts_at, coins, reached_at
    FROM expected ORDER BY host_id, fan_id, period, starts_at DESC
), expected_fans AS (
  SELECT host_id, fan_id,
         MAX(starts_at) FILTER (WHERE period = 'hourly') AS hour_starts_at,
         MAX(coins) FILTER (WHERE period = 'hourly') AS hour_coins,
         MAX(starts_at) FILTER (WHERE period = 'daily') AS day_starts_at,
         MAX(coins) FILTER (WHERE period = 'daily') AS day_coins,
         MAX(starts_at) FILTER (WHERE period = 'weekly') AS week_starts_at,
         MAX(coins) FILTER (WHERE period = 'weekly') AS week_coins,
         MAX(starts_at) FILTER (WHERE period = 'monthly') AS month_starts_at,
         MAX(coins) FILTER (WHERE period = 'monthly') AS month_coins,
         MAX(coins) FILTER (WHERE period = 'all') AS all_coins,
         MAX(reached_at) FILTER (WHERE period = 'all') AS reached_at
    FROM last GROUP BY host_id, fan_id
)";

/// What is kept and ought not to be, or the other way round.
const DIFFERENCES: &str = "
SELECT 'totals of hosts equal their gifts' AS proof,
       'host ' || COALESCE(t.host_id, e.host_id) || ' ' || COALESCE(t.period, e.period) || ' '
         || (COALESCE(t.starts_at, e.starts_at) AT TIME ZONE 'UTC') AS subject,
       COALESCE(t.coins, 0) - COALESCE(e.coins, 0) AS difference
  FROM host_totals t FULL JOIN expected_hosts e USING (host_id, period, starts_at)
 WHERE (t.coins, t.gifts, t.normal_income, t.luxury_income, t.lucky_income, t.s_lucky_income, t.reached_at)
       IS DISTINCT FROM
       (e.coins, e.gifts, e.normal_income, e.luxury_income, e.lucky_income, e.s_lucky_income, e.reached_at)
UNION ALL
SELECT 'totals of fans equal their gifts',
       'fan ' || COALESCE(t.fan_id, e.fan_id) || ' of host ' || COALESCE(t.host_id, e.host_id),
       COALESCE(t.all_coins, 0) - COALESCE(e.all_coins, 0)
  FROM fan_totals t FULL JOIN expected_fans e USING (host_id, fan_id)
 WHERE (t.hour_starts_at, t.hour_coins, t.day_starts_at, t.day_coins, t.week_starts_at, t.week_coins,
        t.month_starts_at, t.month_coins, t.all_coins, t.reached_at)
       IS DISTINCT FROM
       (e.hour_starts_at, e.hour_coins, e.day_starts_at, e.day_coins, e.week_starts_at, e.week_coins,
        e.month_starts_at, e.month_coins, e.all_coins, e.reached_at)
ORDER BY 1, 2";

/// Writes the totals of fans, and answers those of hosts into the other table.
const FILL: &str = ", fans AS (
  INSERT INTO fan_totals SELECT * FROM expected_fans
)
INSERT INTO host_totals (host_id, period, starts_at, coins, gifts, normal_income, luxury_income, lucky_income,
                         s_lucky_income, reached_at)
SELECT host_id, period, starts_at, coins, gifts, normal_income, luxury_income, lucky_income, s_lucky_income, reached_at
  FROM expected_hosts";

/// Lets the rest of a transaction take its time: it reads everything, while requests may not.
pub(crate) async fn take_time(connection: &mut AsyncPgConnection) -> QueryResult<()> {
    silence::be_patient(connection);
    connection
        .batch_execute("SET LOCAL statement_timeout = '2h'; SET LOCAL idle_in_transaction_session_timeout = '1min'")
        .await
}

/// Something that must not be.
#[derive(QueryableByName)]
pub(crate) struct Row {
    #[diesel(sql_type = Text)]
    proof: String,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = BigInt)]
    difference: i64,
}

impl From<Row> for Discrepancy {
    fn from(Row { proof, subject, difference }: Row) -> Self {
        Self { proof, subject, difference }
    }
}

/// The first and the last instant of something.
#[derive(QueryableByName)]
pub(crate) struct Extent {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub(crate) first: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub(crate) last: Option<DateTime<Utc>>,
}

/// The first instants of all spans in which there are gifts, of each period but all time.
struct Starts([Vec<DateTime<Utc>>; 4]);

impl Starts {
    async fn load(connection: &mut AsyncPgConnection, calendar: BusinessCalendar) -> QueryResult<Self> {
        let extent: Extent = sql_query("SELECT MIN(created_at) AS first, MAX(created_at) AS last FROM gifts")
            .get_result(connection)
            .await?;
        let starts = |period| match (extent.first, extent.last) {
            (Some(first), Some(last)) => starts(calendar, period, first, last),
            _ => Vec::new(),
        };
        Ok(Self([Period::Hourly, Period::Daily, Period::Weekly, Period::Monthly].map(starts)))
    }
}

/// The first instants of all spans of `period` from `first` to `last`.
pub(crate) fn starts(
    calendar: BusinessCalendar,
    period: Period,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
) -> Vec<DateTime<Utc>> {
    let mut starts = Vec::new();
    let mut next = Some(first);
    while let Some(at) = next.filter(|at| *at <= last) {
        let span = calendar.span(period, at);
        starts.push(span.starts_at());
        // It lies behind `at`, so this ends.
        next = span.window.end;
    }
    starts
}

/// What is kept and ought not to be, in one snapshot.
pub(crate) async fn differences(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
) -> QueryResult<Vec<Discrepancy>> {
    let Starts([hours, days, weeks, months]) = Starts::load(connection, calendar).await?;
    let rows: Vec<Row> = sql_query(format!("WITH {EXPECTED} {DIFFERENCES}"))
        .bind::<Array<Timestamptz>, _>(hours)
        .bind::<Array<Timestamptz>, _>(days)
        .bind::<Array<Timestamptz>, _>(weeks)
        .bind::<Array<Timestamptz>, _>(months)
        .load(connection)
        .await?;
    let memberships = pg_membership_totals::differences(connection, calendar).await?;
    Ok(rows.into_iter().map(Discrepancy::from).chain(memberships).collect())
}

async fn are_kept(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let of_hosts =
        diesel::select(exists(host_totals::table.select(host_totals::host_id))).get_result(connection).await?;
    Ok(of_hosts || diesel::select(exists(fan_totals::table.select(fan_totals::host_id))).get_result(connection).await?)
}

async fn rebuild(connection: &mut AsyncPgConnection, calendar: BusinessCalendar) -> QueryResult<Vec<Discrepancy>> {
    take_time(connection).await?;
    sql_query("SET LOCAL lock_timeout = '1min'").execute(connection).await?;
    // Before the tables: whoever rolls up waits for none of them while he holds this.
    connection.batch_execute(rollup::LOCK).await?;
    // Waits for gifts that are being sent, and keeps new ones waiting: they would be in one of the two only. So with ends of
    // sessions and changes of memberships.
    sql_query("LOCK TABLE gifts, live_sessions, memberships IN SHARE MODE").execute(connection).await?;
    // Where none are kept yet, every one would be a difference: millions of lines that say one thing.
    let found = if are_kept(connection).await? { differences(connection, calendar).await? } else { Vec::new() };
    // None is to be rolled up, since all are summed up.
    sql_query("DELETE FROM pending_rollups").execute(connection).await?;
    sql_query("DELETE FROM fan_totals").execute(connection).await?;
    sql_query("DELETE FROM host_totals").execute(connection).await?;
    let Starts([hours, days, weeks, months]) = Starts::load(connection, calendar).await?;
    sql_query(format!("WITH {EXPECTED} {FILL}"))
        .bind::<Array<Timestamptz>, _>(hours)
        .bind::<Array<Timestamptz>, _>(days)
        .bind::<Array<Timestamptz>, _>(weeks)
        .bind::<Array<Timestamptz>, _>(months)
        .execute(connection)
        .await?;
    pg_membership_totals::rebuild(connection, calendar).await?;
    sql_query(
        "INSERT INTO totals_calendar (zone) VALUES ($1) ON CONFLICT (is_only) DO UPDATE SET zone = EXCLUDED.zone",
    )
    .bind::<Text, _>(calendar.zone_name())
    .execute(connection)
    .await?;
    Ok(found)
}

#[async_trait]
impl GiftTotals for PgGiftTotals {
    async fn zone(&self) -> Result<Option<String>, StoreError> {
        let mut connection = self.database.connection().await?;
        let zone = totals_calendar::table.select(totals_calendar::zone).first(&mut connection).await.optional();
        zone.map_err(read_error)
    }

    async fn roll_up(&self) -> Result<(), StoreError> {
        self.database.catch_up().await
    }

    async fn rebuild(&self) -> Result<Vec<Discrepancy>, StoreError> {
        let calendar = self.calendar;
        // Made anew twice is made anew once.
        self.database.atomically(async |connection: &mut AsyncPgConnection| rebuild(connection, calendar).await).await
    }
}
