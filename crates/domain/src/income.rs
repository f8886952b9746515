//! What hosts earn: diamonds, and the reports on them.

mod ports;

pub use ports::*;

use std::sync::Arc;

use crate::{
    id::UserId,
    page::{Page, PageRequest},
    store::StoreError,
    time::Span,
};

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

    /// The incomes of `host`, newest first; nothing for an unknown host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(&self, host: UserId, page: PageRequest) -> Result<Page<Income>, StoreError> {
        self.incomes.history(host, page).await
    }
}
