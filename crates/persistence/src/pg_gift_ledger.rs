//! Gifts, settled in groups: whoever waits at the same time shares a transaction (docs/adr/0015-group-commit.md).

mod batch;
mod facts;
mod outcome;
mod posting;
mod queue;
mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    gift::{GiftDecision, GiftLedger, GiftOrder, GiftReceipt, SendGiftError},
    store::StoreError,
    time::BusinessCalendar,
};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

pub(crate) use self::{
    facts::KeptRow,
    outcome::KeptOutcome,
    posting::{Posted, write},
};
use self::{
    queue::Queue,
    writer::{WRITERS, Writer},
};
use crate::{pg_totals, pool::Database};

/// Settles gifts on PostgreSQL.
pub struct PgGiftLedger {
    queue: Arc<Queue>,
}

/// An order that waits to be settled.
struct Waiting {
    order: GiftOrder,
    at: DateTime<Utc>,
    decide: GiftDecision,
    answer: oneshot::Sender<Result<GiftReceipt, SendGiftError>>,
    /// How many groups left it out because somebody else held its sender.
    left_out: u32,
    /// Its place among those that wait.
    _place: Option<OwnedSemaphorePermit>,
}

impl PgGiftLedger {
    /// A ledger on this database, whose totals are kept in this calendar. Its writers live on the present runtime, until the
    /// ledger is dropped and what waits is settled.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[must_use]
    pub fn new(database: Database, calendar: BusinessCalendar) -> Self {
        let (pending, more) = mpsc::channel(1);
        tokio::spawn(pg_totals::keep_rolling_up(database.clone(), more));
        let writer = Writer::new(database, calendar, pending);
        let queue = Queue::new();
        for _ in 0..WRITERS {
            tokio::spawn(writer.clone().write(Arc::clone(&queue)));
        }
        Self { queue }
    }
}

impl Drop for PgGiftLedger {
    fn drop(&mut self) {
        self.queue.close();
    }
}

#[async_trait]
impl GiftLedger for PgGiftLedger {
    async fn settle(
        &self,
        order: GiftOrder,
        at: DateTime<Utc>,
        decide: GiftDecision,
    ) -> Result<GiftReceipt, SendGiftError> {
        let (answer, answered) = oneshot::channel();
        self.queue.push(Waiting { order, at, decide, answer, left_out: 0, _place: None }).await;
        // Who was to answer has died amid his work: only the key can tell what became of it.
        answered.await.unwrap_or_else(|_| Err(StoreError::OutcomeUnknown("a group of gifts was left".into()).into()))
    }
}
