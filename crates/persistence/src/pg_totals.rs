//! What is kept beside every gift so that reports cost the same however many there are: totals of hosts and of their fans,
//! for each span of the business calendar.

mod fans;
mod rebuild;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Text, Timestamptz},
};
use domain::{
    gift::{Category, GiftPosting},
    time::{BusinessCalendar, Period},
};

use self::fans::Fans;
use crate::{
    error::unreadable,
    statement::{Part, Statement},
};

pub(crate) use fans::span as fan_span;
pub use rebuild::PgGiftTotals;
pub(crate) use rebuild::{Extent, Row, differences, starts, take_time};

/// Adds gifts to the totals of their hosts.
///
/// The rows come, and so are locked, in the order of hosts and, for each of them, of periods: the same for every transaction.
/// Those of fans come in the order of hosts and fans.
const ADD_TO_HOSTS: &str = "
INSERT INTO host_totals AS t (host_id, period, starts_at, coins, gifts, normal_income, luxury_income, lucky_income,
                              s_lucky_income, reached_at)
SELECT * FROM unnest(?::bigint[], ?::text[], ?::timestamptz[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],
                     ?::bigint[], ?::bigint[], ?::timestamptz[])
ON CONFLICT ON CONSTRAINT host_totals_pkey DO UPDATE SET
  coins = t.coins + EXCLUDED.coins,
  gifts = t.gifts + EXCLUDED.gifts,
  normal_income = t.normal_income + EXCLUDED.normal_income,
  luxury_income = t.luxury_income + EXCLUDED.luxury_income,
  lucky_income = t.lucky_income + EXCLUDED.lucky_income,
  s_lucky_income = t.s_lucky_income + EXCLUDED.s_lucky_income,
  reached_at = GREATEST(t.reached_at, EXCLUDED.reached_at)";

/// What some gifts add to a total.
#[derive(Clone, Copy)]
struct Sum {
    coins: i64,
    gifts: i64,
    /// Of normal, luxury, lucky and super lucky gifts.
    incomes: [i64; 4],
    reached_at: DateTime<Utc>,
}

impl Sum {
    const NOTHING: Self = Self { coins: 0, gifts: 0, incomes: [0; 4], reached_at: DateTime::<Utc>::MIN_UTC };

    fn add(&mut self, posting: &GiftPosting, at: DateTime<Utc>) -> QueryResult<()> {
        let sum = |one: i64, other: i64| one.checked_add(other).ok_or_else(|| unreadable("a total out of range"));
        self.coins = sum(self.coins, posting.total.value())?;
        self.gifts = sum(self.gifts, 1)?;
        for (income, category) in self.incomes.iter_mut().zip(CATEGORIES) {
            if posting.category == category {
                *income = sum(*income, posting.host_income.value())?;
            }
        }
        self.reached_at = self.reached_at.max(at);
        Ok(())
    }
}

const CATEGORIES: [Category; 4] = [Category::Normal, Category::Luxury, Category::Lucky, Category::SuperLucky];

/// Sums by host, rank of the period, and start of the span.
type Sums = BTreeMap<(i64, usize, DateTime<Utc>), Sum>;

/// What adds gifts, each with its number and its instant, to the totals: to go out within the statement that writes them.
pub(crate) fn additions(
    calendar: BusinessCalendar,
    gifts: &[(i64, GiftPosting, DateTime<Utc>)],
) -> QueryResult<Vec<Part<'static>>> {
    let (mut hosts, mut fans) = (Sums::new(), Fans::default());
    let mut spans = None;
    for (_, posting, at) in gifts {
        // Most gifts of a group are of one hour.
        let spans = spans.get_or_insert_with(|| calendar.spans(*at));
        if !spans.iter().all(|span| span.window.contains(*at)) {
            *spans = calendar.spans(*at);
        }
        for (rank, span) in spans.iter().enumerate() {
            let key = (posting.receiver.value(), rank, span.starts_at());
            hosts.entry(key).or_insert(Sum::NOTHING).add(posting, *at)?;
        }
        fans.add(posting, spans, *at)?;
    }
    Ok(vec![("hosts", add_to_hosts(&hosts)), ("fans", fans.statement())])
}

fn add_to_hosts(hosts: &Sums) -> Statement<'static, ()> {
    let word = |rank: usize| Period::EVERY.get(rank).map_or("", |period| period.word());
    let income = |place: usize| move |sum: &Sum| sum.incomes.get(place).copied().unwrap_or(0);
    Statement::new(ADD_TO_HOSTS)
        .bind::<Array<BigInt>, _>(hosts.keys().map(|(host, ..)| *host).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(hosts.keys().map(|(_, rank, _)| word(*rank)).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(hosts.keys().map(|(.., start)| *start).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(hosts.values().map(|sum| sum.coins).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(hosts.values().map(|sum| sum.gifts).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(hosts.values().map(income(0)).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(hosts.values().map(income(1)).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(hosts.values().map(income(2)).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(hosts.values().map(income(3)).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(hosts.values().map(|sum| sum.reached_at).collect::<Vec<_>>())
}
