//! Sending gifts, and showing what can be sent and what was.

use std::sync::Arc;

use super::{
    CatalogueGift, Contributions, GiftCatalogue, GiftHistory, GiftLedger, GiftOrder, GiftReceipt, SendGiftError, settle,
};
use crate::{
    id::UserId,
    page::PageRequest,
    store::StoreError,
    time::{Clock, Window},
};

/// Sends gifts.
pub struct GiftService {
    ledger: Arc<dyn GiftLedger>,
    clock: Arc<dyn Clock>,
}

impl GiftService {
    /// A service over these ports.
    #[must_use]
    pub fn new(ledger: Arc<dyn GiftLedger>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock }
    }

    /// Sends a gift, at most once for its key.
    ///
    /// # Errors
    /// [`SendGiftError`].
    pub async fn send(&self, order: GiftOrder) -> Result<GiftReceipt, SendGiftError> {
        let (now, wish) = (self.clock.now(), order.clone());
        self.ledger.settle(order, now, Box::new(move |facts| settle(&wish, facts))).await
    }
}

/// Shows the catalogue and the record.
pub struct CatalogueService {
    catalogue: Arc<dyn GiftCatalogue>,
    history: Arc<dyn GiftHistory>,
}

impl CatalogueService {
    /// A service over these ports.
    #[must_use]
    pub fn new(catalogue: Arc<dyn GiftCatalogue>, history: Arc<dyn GiftHistory>) -> Self {
        Self { catalogue, history }
    }

    /// What can be sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gifts(&self) -> Result<Vec<CatalogueGift>, StoreError> {
        self.catalogue.active().await
    }

    /// What `host` received within `window`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contributions(
        &self,
        host: UserId,
        window: Window,
        page: PageRequest,
    ) -> Result<Contributions, StoreError> {
        self.history.contributions(host, window, page).await
    }
}

#[cfg(test)]
mod tests;
