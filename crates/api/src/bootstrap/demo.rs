//! What fills a database with a demo world.

use std::sync::Arc;

use domain::{
    gift::{CatalogueGift, GiftCatalogue as _, GiftService},
    store::StoreError,
    wallet::CoinService,
};
use persistence::{PgBulkBooks, PgCoinLedger, PgGiftCatalogue, PgGiftLedger};

use super::{Deployment, StartError};
use crate::{
    adapters::LivePublisher,
    demo::{DemoServices, MovedClock},
};

impl Deployment {
    /// What can be sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn catalogue(&self) -> Result<Vec<CatalogueGift>, StoreError> {
        PgGiftCatalogue::new(self.database.clone()).active().await
    }

    /// The real services on a clock of their own, and what writes in bulk. Nobody is told of anything.
    ///
    /// # Errors
    /// [`StartError::Hasher`].
    pub(crate) fn demo(&self) -> Result<DemoServices, StartError> {
        let (database, clock) = (|| self.database.clone(), Arc::new(MovedClock::default()));
        let ledger = Arc::new(PgGiftLedger::new(database(), self.settings.calendar));
        Ok(DemoServices {
            books: Box::new(PgBulkBooks::new(database())),
            users: self.users(),
            hasher: Arc::new(self.hasher()?),
            coins: CoinService::new(Arc::new(PgCoinLedger::new(database())), clock.clone()),
            gifts: GiftService::new(ledger, clock.clone(), Arc::new(LivePublisher::default())),
            totals: self.totals(),
            clock,
        })
    }
}
