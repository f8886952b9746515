//! What fans gave their hosts: one row for each pair, with the last hour, day, week and month in which there was anything.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    gift::GiftPosting,
    time::{Period, Span},
};

use crate::{error::unreadable, statement::Statement};

/// What the columns of a period begin with.
pub(crate) const fn span(period: Period) -> &'static str {
    match period {
        Period::Hourly => "hour",
        Period::Daily => "day",
        Period::Weekly => "week",
        Period::Monthly => "month",
        Period::All => "all",
    }
}

/// A later span takes the place of an earlier one, and a gift of an earlier one that comes late is passed over. The last coins of
/// a later span are reached later, so the instants need no such distinction.
const ADD: &str = "
INSERT INTO fan_totals AS t (host_id, fan_id, hour_starts_at, hour_coins, hour_reached_at
    , day_starts_at
    , day_coins
    , day_reached_at
    , week_starts_at
    , week_coins
    , week_reached_at
    , month_starts_at
    , month_coins
    , month_reached_at
    , all_coins, all_reached_at)
SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::timestamptz[], ?::bigint[], ?::timestamptz[],
                     ?::timestamptz[], ?::bigint[], ?::timestamptz[], ?::timestamptz[], ?::bigint[], ?::timestamptz[],
                     ?::timestamptz[], ?::bigint[], ?::timestamptz[], ?::bigint[], ?::timestamptz[])
ON CONFLICT ON CONSTRAINT fan_totals_pkey DO UPDATE SET
  hour_starts_at = GREATEST(t.hour_starts_at, EXCLUDED.hour_starts_at),
  hour_coins = CASE WHEN t.hour_starts_at = EXCLUDED.hour_starts_at THEN t.hour_coins + EXCLUDED.hour_coins
                  WHEN t.hour_starts_at < EXCLUDED.hour_starts_at THEN EXCLUDED.hour_coins ELSE t.hour_coins END,
  hour_reached_at = GREATEST(t.hour_reached_at, EXCLUDED.hour_reached_at),
  day_starts_at = GREATEST(t.day_starts_at, EXCLUDED.day_starts_at),
  day_coins = CASE WHEN t.day_starts_at = EXCLUDED.day_starts_at THEN t.day_coins + EXCLUDED.day_coins
                  WHEN t.day_starts_at < EXCLUDED.day_starts_at THEN EXCLUDED.day_coins ELSE t.day_coins END,
  day_reached_at = GREATEST(t.day_reached_at, EXCLUDED.day_reached_at),
  week_starts_at = GREATEST(t.week_starts_at, EXCLUDED.week_starts_at),
  week_coins = CASE WHEN t.week_starts_at = EXCLUDED.week_starts_at THEN t.week_coins + EXCLUDED.week_coins
                  WHEN t.week_starts_at < EXCLUDED.week_starts_at THEN EXCLUDED.week_coins ELSE t.week_coins END,
  week_reached_at = GREATEST(t.week_reached_at, EXCLUDED.week_reached_at),
  month_starts_at = GREATEST(t.month_starts_at, EXCLUDED.month_starts_at),
  month_coins = CASE WHEN t.month_starts_at = EXCLUDED.month_starts_at THEN t.month_coins + EXCLUDED.month_coins
                  WHEN t.month_starts_at < EXCLUDED.month_starts_at THEN EXCLUDED.month_coins ELSE t.month_coins END,
  month_reached_at = GREATEST(t.month_reached_at, EXCLUDED.month_reached_at),
  all_coins = t.all_coins + EXCLUDED.all_coins,
  all_reached_at = GREATEST(t.all_reached_at, EXCLUDED.all_reached_at)";

/// What somebody gave in one span.
#[derive(Clone, Copy)]
struct Last {
    starts_at: DateTime<Utc>,
    coins: i64,
    reached_at: DateTime<Utc>,
}

/// What fans gave their hosts, by host and fan; of each period the last span.
#[derive(Default)]
pub(super) struct Fans(BTreeMap<(i64, i64), [Option<Last>; 5]>);

impl Fans {
    pub(super) fn add(&mut self, posting: &GiftPosting, spans: &[Span; 5], at: DateTime<Utc>) -> QueryResult<()> {
        let lasts = self.0.entry((posting.receiver.value(), posting.sender.value())).or_default();
        let gift = posting.total.value();
        for (last, span) in lasts.iter_mut().zip(spans) {
            let starts_at = span.starts_at();
            *last = Some(match *last {
                Some(last) if last.starts_at == starts_at => Last {
                    starts_at,
                    coins: last.coins.checked_add(gift).ok_or_else(|| unreadable("a total out of range"))?,
                    reached_at: last.reached_at.max(at),
                },
                Some(last) if last.starts_at > starts_at => last,
                Some(_) | None => Last { starts_at, coins: gift, reached_at: at },
            });
        }
        Ok(())
    }

    pub(super) async fn write(&self, connection: &AsyncPgConnection) -> QueryResult<()> {
        let mut statement = Statement::<()>::new(ADD)
            .bind::<Array<BigInt>, _>(self.0.keys().map(|(host, _)| *host).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(self.0.keys().map(|(_, fan)| *fan).collect::<Vec<_>>());
        for (rank, period) in Period::EVERY.into_iter().enumerate() {
            let lasts: Vec<Last> = self.0.values().filter_map(|lasts| lasts.get(rank).copied().flatten()).collect();
            // Of all time there is but one span, whose start is no column.
            if period != Period::All {
                let starts: Vec<_> = lasts.iter().map(|last| last.starts_at).collect();
                statement = statement.bind::<Array<Timestamptz>, _>(starts);
            }
            statement = statement
                .bind::<Array<BigInt>, _>(lasts.iter().map(|last| last.coins).collect::<Vec<_>>())
                .bind::<Array<Timestamptz>, _>(lasts.iter().map(|last| last.reached_at).collect::<Vec<_>>());
        }
        statement.execute(&mut &*connection).await.map(drop)
    }
}
