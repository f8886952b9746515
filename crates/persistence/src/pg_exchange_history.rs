//! The record of exchanges.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{BoolExpressionMethods as _, ExpressionMethods as _, QueryDsl as _, QueryResult};
use diesel_async::RunQueryDsl as _;
use domain::{
    id::{ExchangeId, UserId},
    money::{Coins, Diamonds},
    page::{Cursor, Page, PageRequest},
    store::StoreError,
    wallet::{Exchange, ExchangeHistory},
};

use crate::{
    error::{read_error, unreadable},
    pool::Database,
    schema::exchanges,
};

/// Reads the record of exchanges from PostgreSQL.
pub struct PgExchangeHistory {
    database: Database,
}

impl PgExchangeHistory {
    /// The record of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

type Row = (i64, i64, i64, DateTime<Utc>);

#[async_trait]
impl ExchangeHistory for PgExchangeHistory {
    async fn exchanges(&self, host: UserId, page: PageRequest) -> Result<Page<Exchange>, StoreError> {
        let mut connection = self.database.connection().await?;
        let mut rows = exchanges::table
            .filter(exchanges::host_id.eq(host.value()))
            .order((exchanges::created_at.desc(), exchanges::id.desc()))
            .limit(i64::from(page.limit.items()).saturating_add(1))
            .select((exchanges::id, exchanges::diamonds, exchanges::coins, exchanges::created_at))
            .into_boxed();
        if let Some(Cursor { created_at, id }) = page.after {
            // The first half bounds the index scan, the second decides within one instant.
            rows = rows
                .filter(exchanges::created_at.le(created_at))
                .filter(exchanges::created_at.lt(created_at).or(exchanges::id.lt(id)));
        }
        let rows: Vec<Row> = rows.load(&mut connection).await.map_err(read_error)?;
        let items = rows.into_iter().map(exchange).collect::<QueryResult<_>>().map_err(read_error)?;
        Ok(Page::from_surplus(items, page.limit, |item: &Exchange| Cursor {
            created_at: item.created_at,
            id: item.id.value(),
        }))
    }
}

fn exchange((id, diamonds, coins, created_at): Row) -> QueryResult<Exchange> {
    Ok(Exchange {
        id: ExchangeId::new(id),
        diamonds: Diamonds::new(diamonds).map_err(unreadable)?,
        coins: Coins::new(coins).map_err(unreadable)?,
        created_at,
    })
}
