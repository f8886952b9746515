//! Sending gifts, showing what can be sent and what was, and changing what can be sent.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    CatalogueError, CatalogueGift, CatalogueOrder, CataloguePosting, Contributions, GiftCatalogue, GiftContext,
    GiftHistory, GiftLedger, GiftOrder, GiftReceipt, SendGiftError, edit, settle,
};
use crate::{
    event::{EventPublisher, LiveEvent},
    id::UserId,
    page::PageRequest,
    room::RoomId,
    store::StoreError,
    time::{Clock, Span},
};

/// Sends gifts.
pub struct GiftService {
    ledger: Arc<dyn GiftLedger>,
    clock: Arc<dyn Clock>,
    publisher: Arc<dyn EventPublisher>,
}

impl GiftService {
    /// A service over these ports.
    #[must_use]
    pub fn new(ledger: Arc<dyn GiftLedger>, clock: Arc<dyn Clock>, publisher: Arc<dyn EventPublisher>) -> Self {
        Self { ledger, clock, publisher }
    }

    /// Sends a gift, at most once for its key, and tells of it after it is committed: in `room`, if one is named. An
    /// answer that is given again is not told again.
    ///
    /// # Errors
    /// [`SendGiftError`].
    pub async fn send(&self, order: GiftOrder, room: Option<RoomId>) -> Result<GiftReceipt, SendGiftError> {
        let (now, wish) = (self.clock.now(), order.clone());
        let decided = Arc::new(Mutex::new(None));
        let decision = Arc::clone(&decided);
        let decide = move |facts: &GiftContext| {
            let posting = settle(&wish, facts);
            *decision.lock().unwrap_or_else(PoisonError::into_inner) = posting.clone().ok();
            posting
        };
        let receipt = self.ledger.settle(order, now, Box::new(decide)).await?;
        let posting = decided.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Of an earlier request with this key: that one has told.
        if let Some(posting) = posting.filter(|_| receipt.created_at == now) {
            self.publisher.publish(LiveEvent::GiftSent { room, posting: Box::new(posting), receipt });
        }
        Ok(receipt)
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

    /// What `host` received within `span`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contributions(
        &self,
        host: UserId,
        span: Span,
        page: PageRequest,
    ) -> Result<Contributions, StoreError> {
        self.history.contributions(host, span, page).await
    }
}

/// Shows the whole catalogue, and changes it.
pub struct CatalogueEditor {
    catalogue: Arc<dyn GiftCatalogue>,
    clock: Arc<dyn Clock>,
}

impl CatalogueEditor {
    /// A service over these ports.
    #[must_use]
    pub fn new(catalogue: Arc<dyn GiftCatalogue>, clock: Arc<dyn Clock>) -> Self {
        Self { catalogue, clock }
    }

    /// Every entry, on sale or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gifts(&self) -> Result<Vec<CatalogueGift>, StoreError> {
        self.catalogue.all().await
    }

    /// Adds or changes an entry. What was done before is done no second time.
    ///
    /// # Errors
    /// [`CatalogueError`].
    pub async fn edit(&self, order: CatalogueOrder) -> Result<CataloguePosting, CatalogueError> {
        let (now, wish) = (self.clock.now(), order.clone());
        self.catalogue.edit(order, now, Box::new(move |facts| edit(&wish, facts))).await
    }
}

#[cfg(test)]
mod tests;
