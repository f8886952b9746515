//! The record of gifts.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, NullableExpressionMethods as _, OptionalExtension as _,
    QueryDsl as _,
};
use diesel_async::RunQueryDsl as _;
use domain::{
    gift::{Contribution, Contributions, GiftHistory},
    id::{GiftId, UserId},
    money::Coins,
    page::{Cursor, Page, PageRequest},
    store::StoreError,
    time::Span,
};

use crate::{
    error::{read_error, unreadable},
    pool::Database,
    schema::{gifts, host_totals as totals, users},
};

/// Reads the record of gifts from PostgreSQL.
pub struct PgGiftHistory {
    database: Database,
}

impl PgGiftHistory {
    /// The record of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

type Row = (i64, String, i64, String, DateTime<Utc>);

#[async_trait]
impl GiftHistory for PgGiftHistory {
    async fn contributions(&self, host: UserId, span: Span, page: PageRequest) -> Result<Contributions, StoreError> {
        let mut connection = self.database.with_totals().await?;
        let total: Option<i64> = totals::table
            .find((host.value(), span.period.word(), span.starts_at()))
            .select(totals::coins)
            .first(&mut connection)
            .await
            .optional()
            .map_err(read_error)?;
        // By its key, row by row: for a page of gifts nobody reads all users.
        let sender_name = users::table.filter(users::id.eq(gifts::sender_id)).select(users::name).single_value();
        let mut rows = gifts::table
            .filter(gifts::receiver_id.eq(host.value()))
            .order((gifts::created_at.desc(), gifts::id.desc()))
            .limit(i64::from(page.limit.items()).saturating_add(1))
            .select((gifts::id, gifts::gift_name, gifts::total_cost, sender_name.assume_not_null(), gifts::created_at))
            .into_boxed();
        if let Some(start) = span.window.start {
            rows = rows.filter(gifts::created_at.ge(start));
        }
        if let Some(end) = span.window.end {
            rows = rows.filter(gifts::created_at.lt(end));
        }
        if let Some(Cursor { created_at, id }) = page.after {
            // The first half bounds the index scan, the second decides within one instant.
            rows = rows
                .filter(gifts::created_at.le(created_at))
                .filter(gifts::created_at.lt(created_at).or(gifts::id.lt(id)));
        }
        let rows: Vec<Row> = rows.load(&mut connection).await.map_err(read_error)?;
        let items = rows.into_iter().map(contribution).collect::<Result<Vec<_>, _>>()?;
        Ok(Contributions {
            page: Page::from_surplus(items, page.limit, |item| Cursor {
                created_at: item.created_at,
                id: item.gift_id.value(),
            }),
            total: coins(total.unwrap_or(0))?,
        })
    }
}

fn contribution((id, gift_name, total, sender_name, created_at): Row) -> Result<Contribution, StoreError> {
    Ok(Contribution { gift_id: GiftId::new(id), gift_name, total: coins(total)?, sender_name, created_at })
}

/// An amount as the database keeps it.
pub(crate) fn coins(amount: i64) -> Result<Coins, StoreError> {
    Coins::new(amount).map_err(|error| read_error(unreadable(error)))
}
