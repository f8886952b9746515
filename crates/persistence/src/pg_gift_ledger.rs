//! Gifts, settled in groups: whoever waits at the same time shares a transaction (docs/adr/0015-group-commit.md).

mod batch;
mod facts;
mod outcome;
mod posting;
mod writer;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    gift::{GiftDecision, GiftLedger, GiftOrder, GiftReceipt, SendGiftError},
    store::StoreError,
    time::BusinessCalendar,
};
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::{
    outcome::KeptOutcome,
    posting::{Posted, write},
};
use crate::pool::Database;

/// So many orders wait for a writer; who comes then waits for a place among them.
const QUEUE_MAX: usize = 4_096;

/// Settles gifts on PostgreSQL.
pub struct PgGiftLedger {
    queue: mpsc::Sender<Waiting>,
}

/// An order that waits to be settled.
struct Waiting {
    order: GiftOrder,
    at: DateTime<Utc>,
    decide: GiftDecision,
    answer: oneshot::Sender<Result<GiftReceipt, SendGiftError>>,
}

impl PgGiftLedger {
    /// A ledger on this database, whose totals are kept in this calendar. Its writers live on the present runtime, until the
    /// ledger is dropped and what waits is settled.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[must_use]
    pub fn new(database: Database, calendar: BusinessCalendar) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        writer::spawn(database, calendar, waiting);
        Self { queue }
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
        let waiting = Waiting { order, at, decide, answer };
        let closed = |what: &str| StoreError::Unavailable(what.into());
        self.queue.send(waiting).await.map_err(|_| closed("nobody settles gifts any more"))?;
        // A writer that is gone has died amid its work: only the key can tell what became of it.
        answered.await.unwrap_or_else(|_| Err(StoreError::OutcomeUnknown("the writer of gifts is gone".into()).into()))
    }
}
