//! The pool of connections, and how long anything may take on one.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use bb8::{ErrorSink, QueueStrategy};
use diesel::{QueryResult, dsl::sql, result::Error as DieselError, sql_types::Bool};
use diesel_async::{
    AsyncPgConnection, RunQueryDsl as _,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolError, PoolableConnection as _, RecyclingMethod,
        bb8::{Pool, PooledConnection},
    },
};
use domain::store::StoreError;
use futures_util::FutureExt as _;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use crate::{
    error::pool_error,
    pg_totals::RollUps,
    silence::{self, Lines},
    tls,
};

/// How long a caller waits for a free connection: half of what a money request is waited for, so that one which comes while
/// another one waits in vain is still told that nothing happened.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a transaction that writes waits for a place among the others: each of them may wait for somebody's row.
const PLACE_TIMEOUT: Duration = Duration::from_secs(2);

/// The part of the pool that is kept for reading: a quarter.
const READERS_SHARE: u32 = 4;

/// What the database holds every session to. A statement that waits for a row gives up before one that works does, and
/// a transaction that nobody continues is ended by the server, before its rows are missed (docs/adr/0005-bb8-pool.md).
pub(crate) const SESSION_SETTINGS: &str = "SET lock_timeout = '1s'; SET statement_timeout = '2s'; \
    SET idle_in_transaction_session_timeout = '2s'; SET TimeZone = 'UTC'";

/// How the pool is built.
#[derive(Debug, Clone, Copy)]
pub struct PoolSettings {
    /// The most connections at once.
    pub connections_max: u32,
}

/// The database could not be reached, or its URL could not be read.
#[derive(Debug, thiserror::Error)]
#[error("no connection to the database: {0}")]
pub struct ConnectError(String);

/// The database: a pool of connections that live on the runtime that [`Database::connect`] was called on, so that a
/// transaction outlives the HTTP worker that asked for it.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
    lines: Arc<Lines>,
    writers: Arc<Semaphore>,
    roll_ups: Arc<RollUps>,
}

impl Database {
    /// Opens a pool, and one connection to show that it can.
    ///
    /// # Errors
    /// [`ConnectError`] when the URL is malformed or the database does not answer.
    pub async fn connect(url: &str, settings: PoolSettings) -> Result<Self, ConnectError> {
        tls::establish(url).await.map_err(|error| ConnectError(error.to_string()))?;
        let lines = Lines::watched();
        let pool = Pool::builder()
            .max_size(settings.connections_max)
            .min_idle(1)
            .connection_timeout(ACQUIRE_TIMEOUT)
            // The one that was used last: its session has plans and pages at hand, those that are too many grow idle and go.
            .queue_strategy(QueueStrategy::Lifo)
            // Who waits for a connection is told only that there is none; why is told here.
            .error_sink(Box::new(Complaint))
            .build(manager(url, Handle::current(), Arc::clone(&lines)))
            .await
            .map_err(|error| ConnectError(error.to_string()))?;
        let places = settings.connections_max.saturating_sub(settings.connections_max.div_ceil(READERS_SHARE));
        let writers = Arc::new(Semaphore::new(usize::try_from(places.max(1)).unwrap_or(1)));
        Ok(Self { pool, lines, writers, roll_ups: RollUps::new(Handle::current()) })
    }

    /// Whether the database answers and can be written to, within twice the time that a request waits for a connection.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let asked = diesel::select(sql::<Bool>("current_setting('transaction_read_only')::boolean"));
        match tokio::time::timeout(ACQUIRE_TIMEOUT, asked.get_result(&mut connection)).await {
            Ok(Ok(false)) => Ok(()),
            Ok(Ok(true)) => {
                self.renew();
                Err(StoreError::Unavailable("the database is read-only".into()))
            }
            Ok(Err(error)) => Err(StoreError::Unavailable(error.into())),
            Err(silence) => Err(StoreError::Unavailable(silence.into())),
        }
    }

    /// Opens all connections anew: sessions that may not write stay so when their database is written to again, and after a
    /// failover there is another one behind its name. `false` when that was done just now.
    pub(crate) fn renew(&self) -> bool {
        self.lines.renew()
    }

    /// A place among the transactions that write. They wait for each other's rows, so they never take the whole pool: one
    /// user with many requests at once must not keep everybody else from reading.
    pub(crate) async fn place_to_write(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        match tokio::time::timeout(PLACE_TIMEOUT, Arc::clone(&self.writers).acquire_owned()).await {
            Ok(place) => place.map_err(|closed| StoreError::Unavailable(closed.into())),
            Err(silence) => Err(StoreError::Unavailable(silence.into())),
        }
    }

    /// The roll-ups of this program.
    pub(crate) const fn roll_ups(&self) -> &Arc<RollUps> {
        &self.roll_ups
    }

    /// A connection, free again when it is dropped.
    pub(crate) async fn connection(&self) -> Result<Borrowed<'_>, StoreError> {
        self.pool.get().await.map(Borrowed).map_err(pool_error)
    }
}

/// A connection of the pool, free again when it is dropped; closed, when it is dropped in the middle of a statement.
pub(crate) struct Borrowed<'a>(PooledConnection<'a, AsyncPgConnection>);

impl Deref for Borrowed<'_> {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.0
    }
}

impl DerefMut for Borrowed<'_> {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.0
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        silence::let_go(&mut self.0);
    }
}

/// Logs why a connection could not be opened or was thrown away.
#[derive(Debug, Clone)]
struct Complaint;

impl ErrorSink<PoolError> for Complaint {
    fn sink(&self, error: PoolError) {
        tracing::warn!(%error, "a connection to the database failed");
    }

    fn boxed_clone(&self) -> Box<dyn ErrorSink<PoolError>> {
        Box::new(self.clone())
    }
}

fn manager(url: &str, runtime: Handle, lines: Arc<Lines>) -> AsyncDieselConnectionManager<AsyncPgConnection> {
    let mut config = ManagerConfig::default();
    // A closed connection is recognised without a round trip.
    config.recycling_method = RecyclingMethod::CustomFunction(Box::new(|connection: &mut AsyncPgConnection| {
        let is_good = !connection.is_broken() && silence::is_free(connection);
        let result: QueryResult<()> = if is_good { Ok(()) } else { Err(DieselError::BrokenTransactionManager) };
        async move { result }.boxed()
    }));
    config.custom_setup = Box::new(move |url| {
        let (runtime, url, lines) = (runtime.clone(), url.to_owned(), Arc::clone(&lines));
        async move {
            let opened = runtime.spawn(async move { tls::open(&url, SESSION_SETTINGS, &lines).await });
            opened.await.unwrap_or_else(|error| Err(diesel::ConnectionError::BadConnection(error.to_string())))
        }
        .boxed()
    });
    AsyncDieselConnectionManager::new_with_config(url, config)
}
