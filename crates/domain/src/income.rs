//! What hosts earn: diamonds, and the reports on them.

mod ports;

pub use ports::*;

use std::sync::Arc;

use crate::{
    id::UserId,
    page::{Page, PageRequest},
    store::StoreError,
    time::Window,
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

    /// The gift income of `host` within `window`, in diamonds; zero for an unknown host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn total(&self, host: UserId, window: Window) -> Result<crate::money::Diamonds, StoreError> {
        self.incomes.gift_income(host, window).await
    }

    /// The incomes of `host`, newest first; nothing for an unknown host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(&self, host: UserId, page: PageRequest) -> Result<Page<Income>, StoreError> {
        self.incomes.history(host, page).await
    }
}
