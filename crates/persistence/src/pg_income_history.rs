//! The record of diamonds.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _,
    OptionalExtension as _, QueryDsl as _,
};
use diesel_async::RunQueryDsl as _;
use domain::{
    id::{GiftId, IncomeId, UserId},
    income::{GiftIncome, Income, IncomeGift, IncomeHistory},
    money::Diamonds,
    page::{Cursor, Page, PageRequest},
    store::StoreError,
    time::Span,
};

use crate::{
    error::{read_error, unreadable},
    pool::Database,
    schema::{gifts, host_income as incomes, host_totals as totals},
};

/// Reads the record of diamonds from PostgreSQL.
pub struct PgIncomeHistory {
    database: Database,
}

impl PgIncomeHistory {
    /// The record of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

type Row = (i64, i64, i64, String, DateTime<Utc>, Option<(i64, String, i64, i32)>);

#[async_trait]
impl IncomeHistory for PgIncomeHistory {
    async fn gift_income(&self, host: UserId, span: Span) -> Result<GiftIncome, StoreError> {
        let mut connection = self.database.connection().await?;
        let row: Option<(i64, i64, i64, i64)> = totals::table
            .find((host.value(), span.period.word(), span.starts_at()))
            .select((totals::normal_income, totals::luxury_income, totals::lucky_income, totals::s_lucky_income))
            .first(&mut connection)
            .await
            .optional()
            .map_err(read_error)?;
        let Some((normal, luxury, lucky, super_lucky)) = row else { return Ok(GiftIncome::NONE) };
        let diamonds = |amount| Diamonds::new(amount).map_err(|error| read_error(unreadable(error)));
        Ok(GiftIncome {
            normal: diamonds(normal)?,
            luxury: diamonds(luxury)?,
            lucky: diamonds(lucky)?,
            super_lucky: diamonds(super_lucky)?,
        })
    }

    async fn history(&self, host: UserId, page: PageRequest) -> Result<Page<Income>, StoreError> {
        let mut connection = self.database.connection().await?;
        let mut rows = incomes::table
            .left_join(gifts::table.on(incomes::gift_id.eq(gifts::id.nullable())))
            .filter(incomes::host_id.eq(host.value()))
            .order((incomes::created_at.desc(), incomes::id.desc()))
            .limit(i64::from(page.limit.items()).saturating_add(1))
            .select((
                incomes::id,
                incomes::host_id,
                incomes::income,
                incomes::type_,
                incomes::created_at,
                (gifts::id, gifts::gift_name, gifts::coin_value, gifts::quantity).nullable(),
            ))
            .into_boxed();
        if let Some(Cursor { created_at, id }) = page.after {
            rows = rows
                .filter(incomes::created_at.le(created_at))
                .filter(incomes::created_at.lt(created_at).or(incomes::id.lt(id)));
        }
        let rows: Vec<Row> = rows.load(&mut connection).await.map_err(read_error)?;
        let items = rows.into_iter().map(income).collect();
        Ok(Page::from_surplus(items, page.limit, |item: &Income| Cursor {
            created_at: item.created_at,
            id: item.id.value(),
        }))
    }
}

fn income((id, host_id, diamonds, kind, created_at, gift): Row) -> Income {
    Income {
        id: IncomeId::new(id),
        host_id: UserId::new(host_id),
        diamonds,
        kind,
        created_at,
        gift: gift.map(|(id, name, unit_price, quantity)| IncomeGift {
            id: GiftId::new(id),
            name,
            unit_price,
            quantity,
        }),
    }
}
