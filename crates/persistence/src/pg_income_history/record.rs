//! The record itself, page by page.

use chrono::{DateTime, Utc};
use diesel::{
    QueryResult,
    sql_types::{BigInt, Integer, Nullable, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    id::{GiftId, IncomeId, UserId},
    income::{Income, IncomeGift},
    page::{Limit, PageRequest},
};

use crate::statement::Statement;

/// The inner limit of the statement below.
const _: () = assert!(Limit::MAX.items() == 100, "the statement reads the longest page and one more");

/// The incomes of a host behind an instant and an id, newest first.
///
/// The inner limit, the longest page and one more, is there for the planner. It takes a limit that it does not see for a tenth
/// of the rows: of a host with a million incomes it would therefore plan anew at each request, which takes longer than the
/// page. The inner query is read only as far as the outer one asks.
///
/// The first half of the cursor bounds the index scan, the second decides within one instant.
const INCOMES: &str = "
SELECT i.id, i.host_id, i.income, i.type, i.created_at, g.id, g.gift_name, g.coin_value, g.quantity
  FROM (SELECT * FROM host_income
         WHERE host_id = ? AND created_at <= ? AND (created_at < ? OR id < ?)
         ORDER BY created_at DESC, id DESC LIMIT 101) i
  LEFT JOIN gifts g ON g.id = i.gift_id
 ORDER BY i.created_at DESC, i.id DESC LIMIT ?";

type IncomeType = (
    (BigInt, BigInt, BigInt, Text, Timestamptz),
    (Nullable<BigInt>, Nullable<Text>, Nullable<BigInt>, Nullable<Integer>),
);
type GiftRow = (Option<i64>, Option<String>, Option<i64>, Option<i32>);
type Row = ((i64, i64, i64, String, DateTime<Utc>), GiftRow);

/// The incomes of `host` behind the cursor, newest first; one more than the limit where there are more.
pub(super) async fn incomes(
    connection: &mut AsyncPgConnection,
    host: UserId,
    page: PageRequest,
) -> QueryResult<Vec<Income>> {
    // Before the first page nothing is newer.
    let (before, id) = page.after.map_or((DateTime::<Utc>::MAX_UTC, i64::MAX), |after| (after.created_at, after.id));
    let rows: Vec<Row> = Statement::<IncomeType>::new(INCOMES)
        .bind::<BigInt, _>(host.value())
        .bind::<Timestamptz, _>(before)
        .bind::<Timestamptz, _>(before)
        .bind::<BigInt, _>(id)
        .bind::<BigInt, _>(i64::from(page.limit.items()).saturating_add(1))
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(income).collect())
}

fn income(((id, host_id, diamonds, kind, created_at), (gift_id, name, unit_price, quantity)): Row) -> Income {
    let gift = gift_id.zip(name).zip(unit_price).zip(quantity);
    Income {
        id: IncomeId::new(id),
        host_id: UserId::new(host_id),
        diamonds,
        kind,
        created_at,
        gift: gift.map(|(((id, name), unit_price), quantity)| IncomeGift {
            id: GiftId::new(id),
            name,
            unit_price,
            quantity,
        }),
    }
}
