//! What hosts earn: diamonds, and the reports on them.

mod ports;

pub use ports::*;

use std::sync::Arc;

use crate::{
    id::UserId,
    money::Diamonds,
    page::{Limit, Page, PageRequest},
    store::StoreError,
    time::{Span, Window},
};

/// What gifts and salaries brought, without what was exchanged; `None` when that is no amount.
#[must_use]
pub fn diamonds_left(gifts: &GiftIncome, other: &OtherIncome) -> Option<Diamonds> {
    let others = other.exchanged.unwrap_or(0).checked_add(other.salaries.unwrap_or(0))?;
    Diamonds::new(gifts.total()?.value().checked_add(others)?).ok()
}

/// Reports incomes.
pub struct IncomeService {
    incomes: Arc<dyn IncomeHistory>,
}

impl IncomeService {
    /// A service over this port.
    #[must_use]
    pub fn new(incomes: Arc<dyn IncomeHistory>) -> Self {
        Self { incomes }
    }

    /// The gift income of `host` within `span`; nothing for an unknown host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gift_income(&self, host: UserId, span: Span) -> Result<GiftIncome, StoreError> {
        self.incomes.gift_income(host, span).await
    }

    /// The diamonds of `host`: what gifts and salaries brought, without what was exchanged. Zero for an unknown host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn balance(&self, host: UserId, always: Span) -> Result<Diamonds, StoreError> {
        let (gifts, other) = self.by_kind(host, always).await?;
        let impossible = || StoreError::Corrupt(format!("the diamonds of {host} are no amount").into());
        diamonds_left(&gifts, &other).ok_or_else(impossible)
    }

    /// What everything brought `host` and took from him, by its kind.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn by_kind(&self, host: UserId, always: Span) -> Result<(GiftIncome, OtherIncome), StoreError> {
        Ok((self.incomes.gift_income(host, always).await?, self.incomes.other_income(host).await?))
    }

    /// The gift income of `host` on each day within `window`, newest first, and whether there are more than `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn days(&self, host: UserId, window: Window, limit: Limit) -> Result<(Vec<DayIncome>, bool), StoreError> {
        let mut days = self.incomes.days(host, window, limit).await?;
        let wanted = usize::try_from(limit.items()).unwrap_or(usize::MAX);
        let has_more = days.len() > wanted;
        days.truncate(wanted);
        Ok((days, has_more))
    }

    /// The incomes of `host`, newest first; nothing for an unknown host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(&self, host: UserId, page: PageRequest) -> Result<Page<Income>, StoreError> {
        self.incomes.history(host, page).await
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::time::{BusinessCalendar, Period};

    fn always() -> Span {
        BusinessCalendar::in_zone("Asia/Jakarta").unwrap().span(Period::All, DateTime::UNIX_EPOCH)
    }

    fn gifts(normal: i64, lucky: i64) -> GiftIncome {
        let diamonds = |amount| Diamonds::new(amount).unwrap();
        GiftIncome { normal: diamonds(normal), lucky: diamonds(lucky), ..GiftIncome::NONE }
    }

    #[tokio::test]
    async fn a_balance_is_what_came_without_what_was_exchanged() {
        let other = |exchanged, salaries| OtherIncome { exchanged, salaries };
        for (income, other, expected) in [
            (GiftIncome::NONE, OtherIncome::default(), Some(0)),
            (gifts(70, 5), OtherIncome::default(), Some(75)),
            (gifts(70, 5), other(Some(-75), None), Some(0)),
            (gifts(70, 5), other(Some(-40), Some(1_000)), Some(1_035)),
            (gifts(70, 5), other(Some(-76), None), None),
            (gifts(crate::money::AMOUNT_MAX, 1), OtherIncome::default(), None),
            (gifts(crate::money::AMOUNT_MAX, 0), other(None, Some(1)), None),
        ] {
            let mut port = MockIncomeHistory::new();
            port.expect_gift_income().returning(move |_, _| Ok(income));
            port.expect_other_income().returning(move |_| Ok(other));
            let balance = IncomeService::new(Arc::new(port)).balance(UserId::new(7), always()).await;
            assert_eq!(balance.ok().map(Diamonds::value), expected, "{income:?} {other:?}");
        }
    }

    #[tokio::test]
    async fn a_surplus_day_only_tells_that_there_are_more() {
        let day = |second| DayIncome { starts_at: DateTime::from_timestamp(second, 0).unwrap(), income: gifts(1, 0) };
        for (limit, expected) in [(1, (vec![day(2)], true)), (2, (vec![day(2), day(1)], false))] {
            let mut port = MockIncomeHistory::new();
            port.expect_days().returning(move |_, _, _| Ok(vec![day(2), day(1)]));
            let service = IncomeService::new(Arc::new(port));
            let days = service.days(UserId::new(7), Window::ALWAYS, Limit::parse(limit).unwrap()).await.unwrap();
            assert_eq!(days, expected);
        }
    }
}
