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
    id::UserId,
    store::StoreError,
    time::BusinessCalendar,
};
use tokio::sync::{mpsc, oneshot};

use self::writer::{WRITERS, Writer};
pub(crate) use self::{
    facts::KeptRow,
    outcome::KeptOutcome,
    posting::{Posted, write},
};
use crate::{pg_totals, pool::Database};

/// So many orders wait for each writer, all of one host's if need be; who comes then waits for a place among them.
const QUEUE_MAX: usize = 4_096;

/// Settles gifts on PostgreSQL.
pub struct PgGiftLedger {
    /// Those of the writers.
    queues: [mpsc::Sender<Waiting>; WRITERS],
}

/// An order that waits to be settled.
struct Waiting {
    order: GiftOrder,
    at: DateTime<Utc>,
    decide: GiftDecision,
    answer: oneshot::Sender<Result<GiftReceipt, SendGiftError>>,
    /// How many groups left it out because somebody else held its sender.
    left_out: u32,
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
        let queues = std::array::from_fn(|_| {
            let (queue, waiting) = mpsc::channel(QUEUE_MAX);
            tokio::spawn(writer.clone().write(waiting));
            queue
        });
        Self { queues }
    }

    /// The queue of a sender's writer: no writer waits for a sender because of another one.
    fn queue(&self, sender: UserId) -> Option<&mpsc::Sender<Waiting>> {
        let writers = i64::try_from(WRITERS).ok()?;
        self.queues.get(usize::try_from(sender.value().checked_rem_euclid(writers)?).ok()?)
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
        let closed = || StoreError::Unavailable("nobody settles gifts any more".into());
        let queue = self.queue(order.sender()).ok_or_else(closed)?;
        let waiting = Waiting { order, at, decide, answer, left_out: 0 };
        queue.send(waiting).await.map_err(|_| closed())?;
        // A writer that is gone has died amid its work: only the key can tell what became of it.
        answered.await.unwrap_or_else(|_| Err(StoreError::OutcomeUnknown("the writer of gifts is gone".into()).into()))
    }
}
