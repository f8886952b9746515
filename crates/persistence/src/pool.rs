//! The pool of connections, and how long anything may take on one.

use std::time::Duration;

use diesel::{QueryResult, result::Error as DieselError};
use diesel_async::{
    AsyncPgConnection, SimpleAsyncConnection as _,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, PoolableConnection as _, RecyclingMethod,
        bb8::{Pool, PooledConnection},
    },
};
use domain::store::StoreError;
use futures_util::FutureExt as _;
use tokio::runtime::Handle;

use crate::{error::pool_error, tls};

/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// What the database holds every session to. A statement that waits for a row gives up before one that works does, and
/// a transaction that nobody continues is ended by the server (docs/adr/0005-bb8-pool.md).
const SESSION_SETTINGS: &str = "SET lock_timeout = '2s'; SET statement_timeout = '5s'; \
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
            // A refused connection is answered at once instead of being tried until the timeout.
            .retry_connection(false)
            .build(manager(url, Handle::current()))
            .await
            .map_err(|error| ConnectError(error.to_string()))?;
        Ok(Self { pool })
    }

    /// Whether the database answers, within the time that a request would wait.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        connection.batch_execute("SELECT 1").await.map_err(|error| StoreError::Unavailable(error.into()))
    }

    /// A connection, free again when it is dropped.
    pub(crate) async fn connection(&self) -> Result<PooledConnection<'_, AsyncPgConnection>, StoreError> {
        self.pool.get().await.map_err(pool_error)
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
