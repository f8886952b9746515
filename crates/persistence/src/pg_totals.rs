//! What is kept beside every gift so that reports cost the same however many there are: totals of hosts and of their fans,
//! for each span of the business calendar.

mod rebuild;

use chrono::{DateTime, Utc};
use diesel::{
    QueryResult, sql_query,
    sql_types::{Array, BigInt, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    gift::{Category, GiftPosting},
    time::{BusinessCalendar, Span},
};

pub use rebuild::PgGiftTotals;
pub(crate) use rebuild::{Row, TIME_LIMIT, differences};

/// Adds a gift to the totals of its host.
///
/// The rows are locked in the order of the periods, the same for every gift. Equal orders of all gifts of a host keep them
/// from waiting for each other in a circle; a row of one host is never taken by a gift to another.
const ADD_TO_HOST: &str = "
INSERT INTO host_totals AS t (host_id, period, starts_at, coins, gifts, normal_income, luxury_income, lucky_income,
                              s_lucky_income, reached_at)
SELECT $1, span.period, span.starts_at, $2, 1, $3, $4, $5, $6, $7
  FROM unnest($8::text[], $9::timestamptz[]) AS span (period, starts_at)
ON CONFLICT ON CONSTRAINT host_totals_pkey DO UPDATE SET
  coins = t.coins + EXCLUDED.coins,
  gifts = t.gifts + 1,
  normal_income = t.normal_income + EXCLUDED.normal_income,
  luxury_income = t.luxury_income + EXCLUDED.luxury_income,
  lucky_income = t.lucky_income + EXCLUDED.lucky_income,
  s_lucky_income = t.s_lucky_income + EXCLUDED.s_lucky_income,
  reached_at = GREATEST(t.reached_at, EXCLUDED.reached_at)";

/// Adds a gift to the totals of its sender as a fan of its host.
const ADD_TO_FAN: &str = "
INSERT INTO fan_totals AS t (host_id, fan_id, period, starts_at, coins, reached_at)
SELECT $1, $2, span.period, span.starts_at, $3, $4
  FROM unnest($5::text[], $6::timestamptz[]) AS span (period, starts_at)
ON CONFLICT ON CONSTRAINT fan_totals_pkey DO UPDATE SET
  coins = t.coins + EXCLUDED.coins,
  reached_at = GREATEST(t.reached_at, EXCLUDED.reached_at)";

/// Adds a gift that was sent at `at` to the totals, in the transaction of the gift.
pub(crate) async fn add(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    posting: &GiftPosting,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let spans = calendar.spans(at);
    let periods: Vec<&str> = spans.iter().map(|span| span.period.word()).collect();
    let starts: Vec<DateTime<Utc>> = spans.iter().map(Span::starts_at).collect();
    let income = |category| if posting.category == category { posting.host_income.value() } else { 0 };
    sql_query(ADD_TO_HOST)
        .bind::<BigInt, _>(posting.receiver.value())
        .bind::<BigInt, _>(posting.total.value())
        .bind::<BigInt, _>(income(Category::Normal))
        .bind::<BigInt, _>(income(Category::Luxury))
        .bind::<BigInt, _>(income(Category::Lucky))
        .bind::<BigInt, _>(income(Category::SuperLucky))
        .bind::<Timestamptz, _>(at)
        .bind::<Array<Text>, _>(&periods)
        .bind::<Array<Timestamptz>, _>(&starts)
        .execute(connection)
        .await?;
    sql_query(ADD_TO_FAN)
        .bind::<BigInt, _>(posting.receiver.value())
        .bind::<BigInt, _>(posting.sender.value())
        .bind::<BigInt, _>(posting.total.value())
        .bind::<Timestamptz, _>(at)
        .bind::<Array<Text>, _>(&periods)
        .bind::<Array<Timestamptz>, _>(&starts)
        .execute(connection)
        .await?;
    Ok(())
}
