//! Gifts that the totals lack, added to them: many at once, beside the transactions that sent them.

mod sql;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, QueryDsl as _, QueryResult,
    dsl::exists,
    sql_types::{Array, BigInt, Bool, Integer, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use domain::{
    gift::GiftPosting,
    store::StoreError,
    time::{BusinessCalendar, Span},
};
use tokio::{
    runtime::Handle,
    sync::{Mutex, mpsc},
};

pub(crate) use self::sql::LOCK;
use self::sql::{IS_PENDING, NOTE, ROLL_UP, SETTINGS};
use crate::{
    error::{Class, classify, read_error, unreadable},
    pool::{Borrowed, Database},
    schema::pending_rollups,
    statement::Statement,
};

/// What notes that the totals lack these gifts, each with its number and its instant: to go out within the statement that writes them.
pub(crate) fn note(
    calendar: BusinessCalendar,
    gifts: &[(i64, GiftPosting, DateTime<Utc>)],
) -> QueryResult<Statement<'static, ()>> {
    let mut spans: Vec<[Span; 4]> = Vec::new();
    let mut places = Vec::with_capacity(gifts.len());
    for (.., at) in gifts {
        // Most groups are of one hour, and the last hour is that of the next gift.
        let place = match spans.iter().rposition(|[hour, ..]| hour.window.contains(*at)) {
            Some(place) => place,
            None => {
                let [hour, day, week, month, _] = calendar.spans(*at);
                spans.push([hour, day, week, month]);
                spans.len().saturating_sub(1)
            }
        };
        // The first place of an array is 1.
        places.push(i32::try_from(place.saturating_add(1)).map_err(unreadable)?);
    }
    let starts = |rank: usize| spans.iter().filter_map(|spans| Some(spans.get(rank)?.starts_at())).collect::<Vec<_>>();
    Ok(Statement::new(NOTE)
        .bind::<Array<Timestamptz>, _>(starts(0))
        .bind::<Array<Timestamptz>, _>(starts(1))
        .bind::<Array<Timestamptz>, _>(starts(2))
        .bind::<Array<Timestamptz>, _>(starts(3))
        .bind::<Array<BigInt>, _>(gifts.iter().map(|(id, ..)| *id).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(places))
}

/// So many notes are rolled up at once, each of them of one group of gifts.
const NOTES_MAX: i64 = 64;
/// With so many gifts there is no further note among them: few enough for the time that a statement has.
const GIFTS_MAX: i64 = 4_000;
/// So many sessions are tried to look whether anything is pending.
const LOOKS_MAX: u32 = 3;
/// So many roll-ups follow each other at most until nothing is pending.
const ROLL_UPS_MAX: u32 = 1_000;
/// How long somebody waits for those that he needs.
const WAIT_MAX: Duration = Duration::from_secs(4);
/// How long the background waits for more gifts: those of one roll-up share the rows of their hosts.
const GATHERING: Duration = Duration::from_millis(250);
/// How long it waits after a roll-up that failed.
const RETRY: Duration = Duration::from_secs(1);

/// The roll-ups of one program: whoever needs one while one runs shares the next one.
pub(crate) struct RollUps {
    /// Where they run: whoever waits for one may go away in the middle.
    runtime: Handle,
    /// How many have begun.
    begun: AtomicU64,
    last: Mutex<Last>,
}

/// The last one that has ended.
struct Last {
    /// Its number.
    number: u64,
    /// Why it failed.
    failure: Option<String>,
    /// So many gifts end the next one: fewer after a failure, and more after each success.
    gifts: i64,
}

impl RollUps {
    /// Roll-ups that run on this runtime.
    pub(crate) fn new(runtime: Handle) -> Arc<Self> {
        let last = Mutex::new(Last { number: 0, failure: None, gifts: GIFTS_MAX });
        Arc::new(Self { runtime, begun: AtomicU64::new(0), last })
    }

    /// Rolls up what was committed before.
    async fn catch_up(&self, database: &Database, needed: u64) -> Result<(), StoreError> {
        let mut last = self.last.lock().await;
        if last.number >= needed {
            // It began meanwhile, for somebody else.
            return last.failure.as_ref().map_or(Ok(()), |cause| Err(StoreError::Unavailable(cause.as_str().into())));
        }
        let number = self.begun.fetch_add(1, Ordering::AcqRel).saturating_add(1);
        let done = roll_up_all(database, &mut last.gifts).await;
        (last.number, last.failure) = (number, done.as_ref().err().map(ToString::to_string));
        done
    }
}

async fn roll_up_all(database: &Database, gifts: &mut i64) -> Result<(), StoreError> {
    for _ in 0..ROLL_UPS_MAX {
        let most = *gifts;
        let rolled_up =
            database.atomically_aside(async |connection: &mut AsyncPgConnection| roll_up(connection, most).await).await;
        *gifts = match rolled_up {
            Ok(_) => most.saturating_mul(2).min(GIFTS_MAX),
            Err(_) => (most / 4).max(1),
        };
        match rolled_up {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            // Whether it was committed or not, there is still something to be done.
            Err(StoreError::OutcomeUnknown(cause)) => return Err(StoreError::Unavailable(cause)),
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Unavailable("gifts come faster than they are rolled up".into()))
}

/// Whether gifts of hours before an instant are still to be rolled up.
pub(crate) async fn are_pending_before(connection: &mut AsyncPgConnection, end: DateTime<Utc>) -> QueryResult<bool> {
    let earlier = pending_rollups::table.filter(pending_rollups::hour_starts_at.lt(end));
    diesel::select(exists(earlier)).get_result(connection).await
}

/// Rolls up notes of one hour until they have so many gifts, at least one; whether more are pending.
async fn roll_up(connection: &mut AsyncPgConnection, gifts: i64) -> QueryResult<bool> {
    connection.batch_execute(SETTINGS).await?;
    connection.batch_execute(LOCK).await?;
    Statement::<Bool>::new(ROLL_UP).bind::<BigInt, _>(NOTES_MAX).bind::<BigInt, _>(gifts).get_result(connection).await
}

impl Database {
    /// A connection to read totals on: every gift that was committed before is in them. Of a database that may only be read they are
    /// as they are: nobody sends gifts then, and what was sent within the moment before is worth less than all reports.
    pub(crate) async fn with_totals(&self) -> Result<Borrowed<'_>, StoreError> {
        for attempt in 1..=LOOKS_MAX {
            let mut connection = self.connection().await?;
            let looked = Statement::<(Bool, Bool)>::new(IS_PENDING).get_result(&mut *connection).await;
            match looked {
                Ok((false, _)) => return Ok(connection),
                Ok((true, false)) => break,
                // Whether it is the session or the database, only a new session tells.
                Ok((true, true)) if attempt == LOOKS_MAX || !self.renew() => return Ok(connection),
                Ok((true, true)) => {}
                // The first statement finds out that the session was ended; a new one knows nothing of that.
                Err(error) if classify(&error) == Class::ConnectionLost && attempt < LOOKS_MAX => {}
                Err(error) => return Err(read_error(error)),
            }
        }
        // No connection is held while others are waited for.
        self.roll_up_pending().await?;
        self.connection().await
    }

    /// The same for a transaction, before it begins: a gift that is committed meanwhile only adds to what it reads.
    pub(crate) async fn catch_up(&self) -> Result<(), StoreError> {
        self.with_totals().await.map(drop)
    }

    /// Rolls up what was committed before, in a task of its own: who goes away leaves no roll-up in the middle.
    async fn roll_up_pending(&self) -> Result<(), StoreError> {
        let (database, roll_ups) = (self.clone(), Arc::clone(self.roll_ups()));
        // One that has begun may not see what the caller knows of.
        let needed = AtomicU64::load(&roll_ups.begun, Ordering::Acquire).saturating_add(1);
        let runtime = roll_ups.runtime.clone();
        let task = runtime.spawn(async move { roll_ups.catch_up(&database, needed).await });
        match tokio::time::timeout(WAIT_MAX, task).await {
            Ok(Ok(done)) => done,
            Ok(Err(died)) => Err(StoreError::Unavailable(died.into())),
            Err(silence) => Err(StoreError::Unavailable(silence.into())),
        }
    }
}

/// Rolls up what writers say that there is, in the background, until all of them are gone: so that nobody who reads finds much to do.
pub(crate) async fn keep_rolling_up(database: Database, mut more: mpsc::Receiver<()>) {
    while more.recv().await.is_some() {
        tokio::time::sleep(GATHERING).await;
        while let Err(error) = database.roll_up_pending().await {
            tracing::warn!(%error, "gifts wait to be rolled up");
            tokio::time::sleep(RETRY).await;
            if more.is_closed() {
                return;
            }
        }
    }
}
