//! The pool of connections, and how long anything may take on one.

use std::{sync::Arc, time::Duration};

use bb8::ErrorSink;
use diesel::{QueryResult, result::Error as DieselError};
use diesel_async::{
    AsyncPgConnection, SimpleAsyncConnection as _,
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

use crate::{error::pool_error, tls};

/// How long a caller waits for a free connection: half of what a money request is waited for, so that one which comes while
/// another one waits in vain is still told that nothing happened.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a transaction that writes waits for a place among the others: each of them may wait for somebody's row.
const PLACE_TIMEOUT: Duration = Duration::from_secs(2);

/// The part of the pool that is kept for reading: a quarter.
const READERS_SHARE: u32 = 4;

/// What the database holds every session to. A statement that waits for a row gives up before one that works does, and
/// a transaction that nobody continues is ended by the server (docs/adr/0005-bb8-pool.md).
pub(crate) const SESSION_SETTINGS: &str = "SET lock_timeout = '2s'; SET statement_timeout = '5s'; \
    SET idle_in_transaction_session_timeout = '5s'; SET TimeZone = 'UTC'";

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
    writers: Arc<Semaphore>,
}

impl Database {
    /// Opens a pool, and one connection to show that it can.
    ///
    /// # Errors
    /// [`ConnectError`] when the URL is malformed or the database does not answer.
    pub async fn connect(url: &str, settings: PoolSettings) -> Result<Self, ConnectError> {
        tls::establish(url).await.map_err(|error| ConnectError(error.to_string()))?;
        let pool = Pool::builder()
            .max_size(settings.connections_max)
            .min_idle(1)
            .connection_timeout(ACQUIRE_TIMEOUT)
            // Who waits for a connection is told only that there is none; why is told here.
            .error_sink(Box::new(Complaint))
            .build(manager(url, Handle::current()))
            .await
            .map_err(|error| ConnectError(error.to_string()))?;
        let places = settings.connections_max.saturating_sub(settings.connections_max.div_ceil(READERS_SHARE));
        let writers = Arc::new(Semaphore::new(usize::try_from(places.max(1)).unwrap_or(1)));
        Ok(Self { pool, writers })
    }

    /// Whether the database answers, within twice the time that a request waits for a connection.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        match tokio::time::timeout(ACQUIRE_TIMEOUT, connection.batch_execute("SELECT 1")).await {
            Ok(answered) => answered.map_err(|error| StoreError::Unavailable(error.into())),
            Err(silence) => Err(StoreError::Unavailable(silence.into())),
        }
    }

    /// A place among the transactions that write. They wait for each other's rows, so they never take the whole pool: one
    /// user with many requests at once must not keep everybody else from reading.
    pub(crate) async fn place_to_write(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        match tokio::time::timeout(PLACE_TIMEOUT, Arc::clone(&self.writers).acquire_owned()).await {
            Ok(place) => place.map_err(|closed| StoreError::Unavailable(closed.into())),
            Err(silence) => Err(StoreError::Unavailable(silence.into())),
        }
    }

    /// A connection, free again when it is dropped.
    pub(crate) async fn connection(&self) -> Result<PooledConnection<'_, AsyncPgConnection>, StoreError> {
        self.pool.get().await.map_err(pool_error)
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

fn manager(url: &str, runtime: Handle) -> AsyncDieselConnectionManager<AsyncPgConnection> {
    let mut config = ManagerConfig::default();
    // A closed connection is recognised without a round trip.
    config.recycling_method = RecyclingMethod::CustomFunction(Box::new(|connection: &mut AsyncPgConnection| {
        let result: QueryResult<()> =
            if connection.is_broken() { Err(DieselError::BrokenTransactionManager) } else { Ok(()) };
        async move { result }.boxed()
    }));
    config.custom_setup = Box::new(move |url| {
        let (runtime, url) = (runtime.clone(), url.to_owned());
        async move {
            let opened = runtime.spawn(async move {
                let mut connection = tls::establish(&url).await?;
                connection
                    .batch_execute(SESSION_SETTINGS)
                    .await
                    .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(connection)
            });
            opened.await.unwrap_or_else(|error| Err(diesel::ConnectionError::BadConnection(error.to_string())))
        }
        .boxed()
    });
    AsyncDieselConnectionManager::new_with_config(url, config)
}
