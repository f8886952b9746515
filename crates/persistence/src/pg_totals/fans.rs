//! What fans gave their hosts: one row for each pair, with the last hour, day, week and month in which there was anything.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Timestamptz},
};
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
/// every span came with the same gift, so all of them have one instant.
const ADD: &str = "
INSERT INTO fan_totals AS t (host_id, fan_id, hour_starts_at, hour_coins, day_starts_at, day_coins, week_starts_at, week_coins,
                             month_starts_at, month_coins, all_coins, reached_at)
SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::timestamptz[], ?::bigint[], ?::timestamptz[], ?::bigint[],
                     ?::timestamptz[], ?::bigint[], ?::timestamptz[], ?::bigint[], ?::bigint[], ?::timestamptz[])
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
  reached_at = GREATEST(t.reached_at, EXCLUDED.reached_at)";

/// What somebody gave in one span.
#[derive(Clone, Copy)]
struct Last {
    starts_at: DateTime<Utc>,
    coins: i64,
}

/// What a fan gave a host.
#[derive(Clone, Copy)]
struct Gave {
    /// Of each period the last span.
    lasts: [Option<Last>; 5],
    reached_at: DateTime<Utc>,
}

impl Gave {
    const NOTHING: Self = Self { lasts: [None; 5], reached_at: DateTime::<Utc>::MIN_UTC };
}

/// What fans gave their hosts, by host and fan.
#[derive(Default)]
pub(super) struct Fans(BTreeMap<(i64, i64), Gave>);

impl Fans {
    pub(super) fn add(&mut self, posting: &GiftPosting, spans: &[Span; 5], at: DateTime<Utc>) -> QueryResult<()> {
        let gave = self.0.entry((posting.receiver.value(), posting.sender.value())).or_insert(Gave::NOTHING);
        let gift = posting.total.value();
        for (last, span) in gave.lasts.iter_mut().zip(spans) {
            let starts_at = span.starts_at();
            *last = Some(match *last {
                Some(last) if last.starts_at == starts_at => Last {
                    starts_at,
                    coins: last.coins.checked_add(gift).ok_or_else(|| unreadable("a total out of range"))?,
                },
                Some(last) if last.starts_at > starts_at => last,
                Some(_) | None => Last { starts_at, coins: gift },
            });
        }
        gave.reached_at = gave.reached_at.max(at);
        Ok(())
    }

    pub(super) fn statement(&self) -> Statement<'static, ()> {
        let mut statement = Statement::new(ADD)
            .bind::<Array<BigInt>, _>(self.0.keys().map(|(host, _)| *host).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(self.0.keys().map(|(_, fan)| *fan).collect::<Vec<_>>());
        for (rank, period) in Period::EVERY.into_iter().enumerate() {
            let lasts: Vec<Last> = self.0.values().filter_map(|gave| gave.lasts.get(rank).copied().flatten()).collect();
            // Of all time there is but one span, whose start is no column.
            if period != Period::All {
                let starts: Vec<_> = lasts.iter().map(|last| last.starts_at).collect();
                statement = statement.bind::<Array<Timestamptz>, _>(starts);
            }
            statement = statement.bind::<Array<BigInt>, _>(lasts.iter().map(|last| last.coins).collect::<Vec<_>>());
        }
        let instants: Vec<_> = self.0.values().map(|gave| gave.reached_at).collect();
        statement.bind::<Array<Timestamptz>, _>(instants)
    }
}
