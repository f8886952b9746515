//! The record of diamonds.

mod record;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult, dsl::sql, sql_types::BigInt};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    id::UserId,
    income::{DayIncome, GiftIncome, Income, IncomeHistory, OtherIncome, diamonds_left},
    money::Diamonds,
    page::{Cursor, Limit, Page, PageRequest},
    store::StoreError,
    time::{Period, Span, Window},
};

use crate::{
    error::{read_error, unreadable},
    pool::Database,
    schema::{diamond_movements as movements, host_totals as totals},
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

/// The incomes by category: normal, luxury, lucky, s-lucky.
type CategoryRow = (i64, i64, i64, i64);

#[async_trait]
impl IncomeHistory for PgIncomeHistory {
    async fn gift_income(&self, host: UserId, span: Span) -> Result<GiftIncome, StoreError> {
        let mut connection = self.database.with_totals().await?;
        gift_income(&mut connection, host, span).await.map_err(read_error)
    }

    async fn other_income(&self, host: UserId) -> Result<OtherIncome, StoreError> {
        let mut connection = self.database.connection().await?;
        other_income(&mut connection, host).await.map_err(read_error)
    }

    async fn days(&self, host: UserId, window: Window, limit: Limit) -> Result<Vec<DayIncome>, StoreError> {
        let mut connection = self.database.with_totals().await?;
        let mut days = totals::table
            .filter(totals::host_id.eq(host.value()))
            .filter(totals::period.eq(Period::Daily.word()))
            .order(totals::starts_at.desc())
            .limit(i64::from(limit.items()).saturating_add(1))
            .select((
                totals::starts_at,
                (totals::normal_income, totals::luxury_income, totals::lucky_income, totals::s_lucky_income),
            ))
            .into_boxed();
        if let Some(start) = window.start {
            days = days.filter(totals::starts_at.ge(start));
        }
        if let Some(end) = window.end {
            days = days.filter(totals::starts_at.lt(end));
        }
        let rows: Vec<(DateTime<Utc>, CategoryRow)> = days.load(&mut connection).await.map_err(read_error)?;
        let day = |(starts_at, row)| Ok(DayIncome { starts_at, income: by_category(row)? });
        rows.into_iter().map(day).collect::<QueryResult<_>>().map_err(read_error)
    }

    async fn history(&self, host: UserId, page: PageRequest) -> Result<Page<Income>, StoreError> {
        let mut connection = self.database.connection().await?;
        let items = record::incomes(&mut connection, host, page).await.map_err(read_error)?;
        Ok(Page::from_surplus(items, page.limit, |item: &Income| Cursor {
            created_at: item.created_at,
            id: item.id.value(),
        }))
    }
}

/// What gifts brought a host within a span.
async fn gift_income(connection: &mut AsyncPgConnection, host: UserId, span: Span) -> QueryResult<GiftIncome> {
    let row: Option<CategoryRow> = totals::table
        .find((host.value(), span.period.word(), span.starts_at()))
        .select((totals::normal_income, totals::luxury_income, totals::lucky_income, totals::s_lucky_income))
        .first(connection)
        .await
        .optional()?;
    row.map_or(Ok(GiftIncome::NONE), by_category)
}

/// What everything but gifts brought a host and took from him, ever.
async fn other_income(connection: &mut AsyncPgConnection, host: UserId) -> QueryResult<OtherIncome> {
    let sums: Vec<(String, i64)> = movements::table
        .filter(movements::host_id.eq(host.value()))
        .group_by(movements::type_)
        // A sum of bigints is a numeric, which has no place in an amount.
        .select((movements::type_, sql::<BigInt>("SUM(income)::bigint")))
        .load(connection)
        .await?;
    let of = |kind: &str| sums.iter().find(|(of, _)| of == kind).map(|(_, sum)| *sum);
    Ok(OtherIncome { exchanged: of("exchange"), salaries: of("salary") })
}

/// The diamonds that a host has left, without gifts that are still to be rolled up. No row is locked: what is committed meanwhile only adds to them, as long as nobody
/// exchanges hers, which a lock of her row in `users` sees to.
pub(crate) async fn diamonds(connection: &mut AsyncPgConnection, host: UserId) -> QueryResult<Diamonds> {
    let always = Span { period: Period::All, window: Window::ALWAYS };
    let gifts = gift_income(connection, host, always).await?;
    let other = other_income(connection, host).await?;
    diamonds_left(&gifts, &other).ok_or_else(|| unreadable(format!("the diamonds of {host} are no amount")))
}

fn by_category((normal, luxury, lucky, super_lucky): CategoryRow) -> QueryResult<GiftIncome> {
    let diamonds = |amount| Diamonds::new(amount).map_err(unreadable);
    Ok(GiftIncome {
        normal: diamonds(normal)?,
        luxury: diamonds(luxury)?,
        lucky: diamonds(lucky)?,
        super_lucky: diamonds(super_lucky)?,
    })
}
