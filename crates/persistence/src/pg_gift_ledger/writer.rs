//! Who settles what waits: at once when it is one order, together when more came meanwhile.

use std::{collections::BTreeMap, sync::Arc};

use diesel::result::Error as DieselError;
use domain::{gift::SendGiftError, id::UserId, store::StoreError, time::BusinessCalendar};
use tokio::sync::{Semaphore, mpsc::Sender};

use super::{
    Waiting,
    batch::{self, Outcome},
    facts::Held,
    queue::{Group, Queue},
};
use crate::{
    atomic::Pipeline,
    error::{Class, classify},
    pool::Database,
};

/// While one writer waits for its commit, another one settles.
pub(super) const WRITERS: usize = 2;
/// So many groups leave out an order whose sender somebody else holds before he is waited for: another server soon lets him go.
const LEFT_OUT_MAX: u32 = 2;
/// So many senders whom somebody else holds are waited for at once beside the writers; more hold the writers up.
const HELD_SENDERS_MAX: usize = 4;

#[derive(Clone)]
pub(super) struct Writer {
    database: Database,
    calendar: BusinessCalendar,
    places: Arc<Semaphore>,
    /// Who rolls up is told that there is something.
    pending: Sender<()>,
}

impl Writer {
    /// A writer on this database. Its clones share the places of those who wait for held senders.
    pub(super) fn new(database: Database, calendar: BusinessCalendar, pending: Sender<()>) -> Self {
        Self { database, calendar, places: Arc::new(Semaphore::new(HELD_SENDERS_MAX)), pending }
    }

    /// Settles what comes, until the queue is closed and empty.
    pub(super) async fn write(self, queue: Arc<Queue>) {
        while let Some(group) = queue.next().await {
            // In a task of its own: a rule with a bug takes no writer with it.
            if let Err(error) = tokio::spawn(self.clone().settle(group)).await {
                tracing::error!(%error, "a group of gifts was left in the middle");
            }
        }
    }

    async fn settle(self, mut group: Group) {
        let orders = std::mem::take(&mut group.orders);
        let (left_out, is_away) = self.try_to_settle(orders, Held::LeaveOut, &|| group.written()).await;
        if is_away {
            // Who waited behind it would find the same, and by then be told that his outcome is unknown.
            let behind = group.take_those_behind();
            fail(behind, &StoreError::Unavailable("the orders before found the database away".into()));
        }
        let (again, held): (Vec<_>, Vec<_>) = left_out
            .into_iter()
            .map(|order| Waiting { left_out: order.left_out.saturating_add(1), ..order })
            .partition(|order| order.left_out < LEFT_OUT_MAX);
        group.put_back(again);
        // Others of its senders may go on, while this one waits for a place to wait in.
        drop(group);
        self.wait_for(held).await;
    }

    /// Settles orders whose senders somebody else holds, each sender's beside the writers.
    async fn wait_for(&self, held: Vec<Waiting>) {
        let mut senders: BTreeMap<UserId, Vec<Waiting>> = BTreeMap::new();
        for waiting in held {
            senders.entry(waiting.order.sender()).or_default().push(waiting);
        }
        for (_, orders) in senders {
            let writer = self.clone();
            // Never closed.
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
            tokio::spawn(async move {
                writer.try_to_settle(orders, Held::Wait, &|| {}).await;
                drop(place);
            });
        }
    }

    /// Settles a group and answers it, and says when it is `written`; returns those orders whose sender is held, and whether others
    /// could not be settled because the database is away. A group that the database takes offence at is halved until the one order
    /// that is to blame stands alone: the others know nothing of it.
    async fn try_to_settle(
        &self,
        group: Vec<Waiting>,
        held: Held,
        written: &(dyn Fn() + Sync),
    ) -> (Vec<Waiting>, bool) {
        let (mut groups, mut left_out, mut is_away) = (vec![group], Vec::new(), false);
        while let Some(mut group) = groups.pop() {
            let calendar = self.calendar;
            let settled = self
                .database
                .atomically_pipelined(async |transaction: Pipeline<'_>| {
                    batch::settle(transaction, calendar, &group, held, written).await
                })
                .await;
            match settled {
                Ok(outcomes) => {
                    left_out.extend(answer(group, outcomes));
                    // Where it is full, he has been told.
                    let _ = self.pending.try_send(());
                }
                Err(StoreError::Corrupt(cause)) if group.len() > 1 => {
                    tracing::warn!(%cause, orders = group.len(), "a group of gifts is halved");
                    let later = group.split_off(group.len() / 2);
                    // The earlier ones first: they are on top.
                    groups.push(later);
                    groups.push(group);
                }
                Err(error) => {
                    is_away |= is_away_for_all(&error);
                    fail(group, &error);
                }
            }
        }
        (left_out, is_away)
    }
}

/// Whether an error says that nobody else fares better: not where a group lost against somebody who holds its rows.
fn is_away_for_all(error: &StoreError) -> bool {
    let StoreError::Unavailable(cause) = error else { return false };
    cause.downcast_ref::<DieselError>().is_none_or(|error| classify(error) != Class::Conflict)
}

/// Answers those who have an outcome; returns the others.
fn answer(group: Vec<Waiting>, outcomes: Vec<Option<Outcome>>) -> Vec<Waiting> {
    let mut left_out = Vec::new();
    for (waiting, outcome) in group.into_iter().zip(outcomes) {
        match outcome {
            // Nobody may be waiting any more.
            Some(outcome) => drop(waiting.answer.send(outcome.map_err(SendGiftError::Refused))),
            None => left_out.push(waiting),
        }
    }
    left_out
}

fn fail(group: Vec<Waiting>, error: &StoreError) {
    for waiting in group {
        let cause = error.to_string();
        let source = std::error::Error::source(error).map_or(cause, ToString::to_string);
        let own = match error {
            StoreError::Unavailable(_) => StoreError::Unavailable(source.into()),
            StoreError::OutcomeUnknown(_) => StoreError::OutcomeUnknown(source.into()),
            StoreError::Corrupt(_) => StoreError::Corrupt(source.into()),
        };
        let _ = waiting.answer.send(Err(own.into()));
    }
}
