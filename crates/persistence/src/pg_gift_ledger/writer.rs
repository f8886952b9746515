//! Who settles what waits: at once when it is one order, together when more came meanwhile.

use std::{collections::BTreeMap, sync::Arc};

use diesel_async::AsyncPgConnection;
use domain::{gift::SendGiftError, id::UserId, store::StoreError, time::BusinessCalendar};
use tokio::sync::{Mutex, Semaphore, mpsc::Receiver};

use super::{
    Waiting,
    batch::{self, Outcome},
    facts::Held,
};
use crate::pool::Database;

/// So many orders share a transaction at most.
const BATCH_MAX: usize = 500;
/// While one writer waits for its commit, another one prepares the next group.
const WRITERS: usize = 2;
/// So many senders whom somebody else holds are waited for at once beside the writers; more hold the writers up.
const HELD_SENDERS_MAX: usize = 4;

/// Starts the writers on the present runtime.
pub(super) fn spawn(database: Database, calendar: BusinessCalendar, waiting: Receiver<Waiting>) {
    let waiting = Arc::new(Mutex::new(waiting));
    let writer = Writer { database, calendar, places: Arc::new(Semaphore::new(HELD_SENDERS_MAX)) };
    for _ in 0..WRITERS {
        tokio::spawn(write(writer.clone(), Arc::clone(&waiting)));
    }
}

async fn write(writer: Writer, waiting: Arc<Mutex<Receiver<Waiting>>>) {
    let mut group = Vec::new();
    loop {
        let count = waiting.lock().await.recv_many(&mut group, BATCH_MAX).await;
        if count == 0 {
            // The ledger is dropped, and nothing waits any more.
            return;
        }
        writer.settle(std::mem::take(&mut group)).await;
    }
}

#[derive(Clone)]
struct Writer {
    database: Database,
    calendar: BusinessCalendar,
    places: Arc<Semaphore>,
}

impl Writer {
    /// Settles a group, and answers everybody in it. Who shares it with the order of a sender whom somebody else holds does not
    /// wait for him.
    async fn settle(&self, group: Vec<Waiting>) {
        // Alone, nobody else is held up by waiting.
        let held = if group.len() > 1 { Held::LeaveOut } else { Held::Wait };
        let mut left_out: BTreeMap<UserId, Vec<Waiting>> = BTreeMap::new();
        for waiting in self.try_to_settle(group, held).await {
            left_out.entry(waiting.order.sender()).or_default().push(waiting);
        }
        for (_, orders) in left_out {
            let writer = self.clone();
            // Never closed.
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
            tokio::spawn(async move {
                writer.try_to_settle(orders, Held::Wait).await;
                drop(place);
            });
        }
    }

    /// Settles a group and answers it; returns those orders whose sender is held. A group that the database takes offence at
    /// is halved until the one order that is to blame stands alone: the others know nothing of it.
    async fn try_to_settle(&self, group: Vec<Waiting>, held: Held) -> Vec<Waiting> {
        let (mut groups, mut left_out) = (vec![group], Vec::new());
        while let Some(mut group) = groups.pop() {
            let calendar = self.calendar;
            let settled = self
                .database
                .atomically(async |connection: &mut AsyncPgConnection| {
                    batch::settle(connection, calendar, &group, held).await
                })
                .await;
            match settled {
                Ok(outcomes) => left_out.extend(answer(group, outcomes)),
                Err(StoreError::Corrupt(cause)) if group.len() > 1 => {
                    tracing::warn!(%cause, orders = group.len(), "a group of gifts is halved");
                    let later = group.split_off(group.len() / 2);
                    // The earlier ones first: they are on top.
                    groups.push(later);
                    groups.push(group);
                }
                Err(error) => fail(group, &error),
            }
        }
        left_out
    }
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
