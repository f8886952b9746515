//! Gifts that the totals lack, added to them: many at once, beside the transactions that sent them.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use chrono::{DateTime, Utc};
use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Bool, Integer, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use domain::{
    gift::GiftPosting,
    store::StoreError,
    time::{BusinessCalendar, Span},
};
use tokio::sync::{Mutex, mpsc};

use crate::{
    error::{Class, classify, read_error, unreadable},
    pool::{Borrowed, Database},
    statement::Statement,
};

/// Notes gifts, by the spans that they lie in.
const NOTE: &str = "
INSERT INTO pending_rollups (hour_starts_at, day_starts_at, week_starts_at, month_starts_at, gift_ids)
SELECT (?::timestamptz[])[place], (?::timestamptz[])[place], (?::timestamptz[])[place], (?::timestamptz[])[place],
       array_agg(id)
  FROM unnest(?::bigint[], ?::integer[]) AS gift (id, place) GROUP BY place ORDER BY place";

/// What notes that the totals lack these gifts, each with its number and its instant: to go out within the statement that writes them.
pub(crate) fn note(
    calendar: BusinessCalendar,
    gifts: &[(i64, GiftPosting, DateTime<Utc>)],
) -> QueryResult<Statement<'static, ()>> {
    let mut spans: Vec<[Span; 4]> = Vec::new();
    let mut places = Vec::with_capacity(gifts.len());
    for (.., at) in gifts {
        // Most groups are of one hour, and the last hour is that of the next gift.
        let place = match spans.iter().rposition(|[hour, ..]| hour.window.contains(*at)) {
            Some(place) => place,
            None => {
                let [hour, day, week, month, _] = calendar.spans(*at);
                spans.push([hour, day, week, month]);
                spans.len().saturating_sub(1)
            }
        };
        // The first place of an array is 1.
        places.push(i32::try_from(place.saturating_add(1)).map_err(unreadable)?);
    }
    let starts = |rank: usize| spans.iter().filter_map(|spans| Some(spans.get(rank)?.starts_at())).collect::<Vec<_>>();
    Ok(Statement::new(NOTE)
        .bind::<Array<Timestamptz>, _>(starts(0))
        .bind::<Array<Timestamptz>, _>(starts(1))
        .bind::<Array<Timestamptz>, _>(starts(2))
        .bind::<Array<Timestamptz>, _>(starts(3))
        .bind::<Array<BigInt>, _>(gifts.iter().map(|(id, ..)| *id).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(places))
}

/// Whether the totals lack anything that can be added to them. While a database may only be read, nobody sends gifts, and what was sent
/// within the moment before is worth less than all the reports.
const IS_PENDING: &str = "
SELECT NOT current_setting('transaction_read_only')::boolean AND EXISTS (SELECT FROM pending_rollups)";

/// One roll-up at a time, of all servers: "roll" in ASCII.
pub(crate) const LOCK: &str = "SELECT pg_advisory_xact_lock(1919904876)";

/// What a roll-up sets for itself: plans that look everything up by its key, made when the tables may be empty and kept (facts.rs of the
/// gift ledger tells more). Its commit is as durable as any other: an exchange may have read what it wrote, and be tried again on a
/// database that has forgotten it.
const SETTINGS: &str = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off;
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/// Adds the gifts of one hour to the totals of their hosts and fans, and answers whether others are pending. The rows come, and so are
/// locked, in the order of hosts, and of periods or fans.
///
/// Of a fan, a later span takes the place of an earlier one, and gifts of an earlier one that come late are passed over. The last
/// coins of every span came with the same gift, so all of them have one instant.
const ROLL_UP: &str = "
WITH batch AS (
  DELETE FROM pending_rollups
   WHERE id = ANY (ARRAY(SELECT id FROM pending_rollups
                          WHERE hour_starts_at = (SELECT hour_starts_at FROM pending_rollups ORDER BY id LIMIT 1)
                          ORDER BY id LIMIT ?))
  RETURNING *
), span AS (
  SELECT DISTINCT hour_starts_at, day_starts_at, week_starts_at, month_starts_at FROM batch
), gift AS MATERIALIZED (
  SELECT g.receiver_id AS host_id, g.sender_id AS fan_id, g.total_cost AS coins, g.host_income AS income, g.category, g.created_at
    FROM batch CROSS JOIN LATERAL unnest(batch.gift_ids) AS noted (id) JOIN gifts g ON g.id = noted.id
), hosts AS (
  INSERT INTO host_totals AS t (host_id, period, starts_at, coins, gifts, normal_income, luxury_income, lucky_income,
                                s_lucky_income, reached_at)
  SELECT host_id, period, starts_at, coins, gifts, normal_income, luxury_income, lucky_income, s_lucky_income, reached_at
    FROM (SELECT host_id, SUM(coins)::bigint AS coins, COUNT(*) AS gifts,
                 COALESCE(SUM(income) FILTER (WHERE category = 'normal'), 0)::bigint AS normal_income,
                 COALESCE(SUM(income) FILTER (WHERE category = 'luxury'), 0)::bigint AS luxury_income,
                 COALESCE(SUM(income) FILTER (WHERE category = 'lucky'), 0)::bigint AS lucky_income,
                 COALESCE(SUM(income) FILTER (WHERE category = 's-lucky'), 0)::bigint AS s_lucky_income,
                 MAX(created_at) AS reached_at
            FROM gift GROUP BY host_id) AS host
   CROSS JOIN (SELECT place, period, starts_at
                 FROM span CROSS JOIN LATERAL
                      (VALUES (1, 'hourly', hour_starts_at), (2, 'daily', day_starts_at), (3, 'weekly', week_starts_at),
                              (4, 'monthly', month_starts_at), (5, 'all', 'epoch')) AS each (place, period, starts_at)) AS period
   ORDER BY host_id, place
  ON CONFLICT ON CONSTRAINT host_totals_pkey DO UPDATE SET
    coins = t.coins + EXCLUDED.coins,
    gifts = t.gifts + EXCLUDED.gifts,
    normal_income = t.normal_income + EXCLUDED.normal_income,
    luxury_income = t.luxury_income + EXCLUDED.luxury_income,
    lucky_income = t.lucky_income + EXCLUDED.lucky_income,
    s_lucky_income = t.s_lucky_income + EXCLUDED.s_lucky_income,
    reached_at = GREATEST(t.reached_at, EXCLUDED.reached_at)
), fans AS (
  INSERT INTO fan_totals AS t (host_id, fan_id, hour_starts_at, hour_coins, day_starts_at, day_coins, week_starts_at, week_coins,
                               month_starts_at, month_coins, all_coins, reached_at)
  SELECT host_id, fan_id, hour_starts_at, coins, day_starts_at, coins, week_starts_at, coins, month_starts_at, coins, coins,
         reached_at
    FROM (SELECT host_id, fan_id, SUM(coins)::bigint AS coins, MAX(created_at) AS reached_at
            FROM gift GROUP BY host_id, fan_id) AS fan
   CROSS JOIN span
   ORDER BY host_id, fan_id
  ON CONFLICT ON CONSTRAINT fan_totals_pkey DO UPDATE SET
    hour_starts_at = GREATEST(t.hour_starts_at, EXCLUDED.hour_starts_at),
    hour_coins = CASE WHEN t.hour_starts_at = EXCLUDED.hour_starts_at THEN t.hour_coins + EXCLUDED.hour_coins
                    WHEN t.hour_starts_at < EXCLUDED.hour_starts_at THEN EXCLUDED.hour_coins ELSE t.hour_coins END,
    day_starts_at = GREATEST(t.day_starts_at, EXCLUDED.day_starts_at),
    day_coins = CASE WHEN t.day_starts_at = EXCLUDED.day_starts_at THEN t.day_coins + EXCLUDED.day_coins
                    WHEN t.day_starts_at < EXCLUDED.day_starts_at THEN EXCLUDED.day_coins ELSE t.day_coins END,
    week_starts_at = GREATEST(t.week_starts_at, EXCLUDED.week_starts_at),
    week_coins = CASE WHEN t.week_starts_at = EXCLUDED.week_starts_at THEN t.week_coins + EXCLUDED.week_coins
                    WHEN t.week_starts_at < EXCLUDED.week_starts_at THEN EXCLUDED.week_coins ELSE t.week_coins END,
    month_starts_at = GREATEST(t.month_starts_at, EXCLUDED.month_starts_at),
    month_coins = CASE WHEN t.month_starts_at = EXCLUDED.month_starts_at THEN t.month_coins + EXCLUDED.month_coins
                    WHEN t.month_starts_at < EXCLUDED.month_starts_at THEN EXCLUDED.month_coins ELSE t.month_coins END,
    all_coins = t.all_coins + EXCLUDED.all_coins,
    reached_at = GREATEST(t.reached_at, EXCLUDED.reached_at)
)
SELECT EXISTS (SELECT FROM pending_rollups WHERE id NOT IN (SELECT id FROM batch))";

/// So many notes are rolled up at once, each of them of one group of gifts: few enough for the time that a statement has.
const NOTES_MAX: i64 = 64;
/// So many sessions are tried to look whether anything is pending.
const LOOKS_MAX: u32 = 3;
/// So many roll-ups follow each other at most until nothing is pending.
const ROLL_UPS_MAX: u32 = 1_000;
/// How long the background waits for more gifts: those of one roll-up share the rows of their hosts.
const GATHERING: Duration = Duration::from_millis(100);
/// How long it waits after a roll-up that failed.
const RETRY: Duration = Duration::from_secs(1);

/// The roll-ups of one program: whoever needs one while one runs shares the next one.
#[derive(Default)]
pub(crate) struct RollUps {
    /// How many have begun.
    begun: AtomicU64,
    last: Mutex<Last>,
}

/// The last one that has ended.
#[derive(Default)]
struct Last {
    /// Its number.
    number: u64,
    /// Why it failed.
    failure: Option<String>,
}

impl RollUps {
    /// Rolls up what was committed before.
    async fn catch_up(&self, database: &Database) -> Result<(), StoreError> {
        // One that has begun may not see what the caller knows of.
        let needed = AtomicU64::load(&self.begun, Ordering::Acquire).saturating_add(1);
        let mut last = self.last.lock().await;
        if last.number >= needed {
            // It began meanwhile, for somebody else.
            return last.failure.as_ref().map_or(Ok(()), |cause| Err(StoreError::Unavailable(cause.as_str().into())));
        }
        let number = self.begun.fetch_add(1, Ordering::AcqRel).saturating_add(1);
        let done = roll_up_all(database).await;
        *last = Last { number, failure: done.as_ref().err().map(ToString::to_string) };
        done
    }
}

async fn roll_up_all(database: &Database) -> Result<(), StoreError> {
    for _ in 0..ROLL_UPS_MAX {
        let rolled_up = database.atomically_aside(async |connection: &mut AsyncPgConnection| roll_up(connection).await);
        match rolled_up.await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            // Whether it was committed or not, there is still something to be done.
            Err(StoreError::OutcomeUnknown(cause)) => return Err(StoreError::Unavailable(cause)),
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Unavailable("gifts come faster than they are rolled up".into()))
}

/// Rolls up what fits into one transaction; whether more is pending.
async fn roll_up(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    connection.batch_execute(SETTINGS).await?;
    connection.batch_execute(LOCK).await?;
    Statement::<Bool>::new(ROLL_UP).bind::<BigInt, _>(NOTES_MAX).get_result(connection).await
}

impl Database {
    /// A connection to read totals on: every gift that was committed before is in them.
    pub(crate) async fn with_totals(&self) -> Result<Borrowed<'_>, StoreError> {
        let mut attempt = 1;
        loop {
            let mut connection = self.connection().await?;
            match Statement::<Bool>::new(IS_PENDING).get_result(&mut *connection).await {
                Ok(false) => return Ok(connection),
                Ok(true) => break,
                // The first statement finds out that the session was ended; a new one knows nothing of that.
                Err(error) if classify(&error) == Class::ConnectionLost && attempt < LOOKS_MAX => attempt += 1,
                Err(error) => return Err(read_error(error)),
            }
        }
        // No connection is held while others are waited for.
        self.roll_ups().catch_up(self).await?;
        self.connection().await
    }

    /// The same for a transaction, before it begins: a gift that is committed meanwhile only adds to what it reads.
    pub(crate) async fn catch_up(&self) -> Result<(), StoreError> {
        self.with_totals().await.map(drop)
    }
}

/// Rolls up what writers say that there is, in the background, until all of them are gone: so that nobody who reads finds much to do.
pub(crate) async fn keep_rolling_up(database: Database, mut more: mpsc::Receiver<()>) {
    while more.recv().await.is_some() {
        tokio::time::sleep(GATHERING).await;
        while let Err(error) = database.roll_ups().catch_up(&database).await {
            tracing::warn!(%error, "gifts wait to be rolled up");
            tokio::time::sleep(RETRY).await;
            if more.is_closed() {
                return;
            }
        }
    }
}
