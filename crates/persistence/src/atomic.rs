//! One transaction, tried again where that helps, with an honest answer where it does not.

use std::time::Duration;

use diesel::{QueryResult, result::Error as DieselError};
use diesel_async::{AsyncConnection, AsyncPgConnection, TransactionManager};
use domain::store::StoreError;

use crate::{
    error::{Class, classify, read_error},
    pool::Database,
};

/// How often a transaction is tried in all.
const ATTEMPTS_MAX: u32 = 3;

/// The pause before another attempt, times the number of attempts so far.
const PAUSE: Duration = Duration::from_millis(20);

type Manager = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// An async closure over a connection whose future is `Send`: a bound that has no direct spelling yet.
pub(crate) trait Step<'c, R>:
    AsyncFn(&'c mut AsyncPgConnection) -> R + Fn(&'c mut AsyncPgConnection) -> <Self as Step<'c, R>>::Fut
{
    /// The future of one call.
    type Fut: Future<Output = R> + Send;
}

impl<'c, R, F, Fut> Step<'c, R> for F
where
    F: AsyncFn(&'c mut AsyncPgConnection) -> R + Fn(&'c mut AsyncPgConnection) -> Fut,
    Fut: Future<Output = R> + Send,
{
    type Fut = Fut;
}

/// How an attempt failed.
enum Failure {
    /// Before the commit: surely nothing was written.
    Before(DieselError),
    /// In the commit: it may have been.
    InCommit(DieselError),
}

impl Database {
    /// Runs `work` in a transaction and commits it. A refusal that is to be kept is a *value* of `work`; its errors roll
    /// back.
    ///
    /// `work` must be safe to repeat after a commit of unknown outcome: either it finds its own idempotency key, or it
    /// sets what it would set again.
    ///
    /// # Errors
    /// [`StoreError`]: `OutcomeUnknown` only when the last attempt lost its connection in the commit.
    pub(crate) async fn atomically<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Step<'c, QueryResult<T>> + Send + Sync,
        T: Send,
    {
        let mut may_be_committed = false;
        let mut attempt = 1;
        loop {
            let failure = match self.connection().await {
                Ok(mut connection) => match attempt_once(&mut connection, &work).await {
                    Ok(value) => return Ok(value),
                    Err(failure) => failure,
                },
                Err(StoreError::Unavailable(cause)) if may_be_committed => {
                    return Err(StoreError::OutcomeUnknown(cause));
                }
                Err(error) => return Err(error),
            };
            let error = match failure {
                Failure::Before(error) => error,
                Failure::InCommit(error) => {
                    may_be_committed |= classify(&error) == Class::ConnectionLost;
                    error
                }
            };
            let class = classify(&error);
            if matches!(class, Class::ConnectionLost | Class::Conflict) && attempt < ATTEMPTS_MAX {
                tracing::warn!(attempt, %error, ?class, "a transaction is tried again");
                tokio::time::sleep(PAUSE.saturating_mul(attempt)).await;
                attempt = attempt.saturating_add(1);
                continue;
            }
            return Err(if may_be_committed { StoreError::OutcomeUnknown(error.into()) } else { read_error(error) });
        }
    }
}

async fn attempt_once<T, F>(connection: &mut AsyncPgConnection, work: &F) -> Result<T, Failure>
where
    F: for<'c> Step<'c, QueryResult<T>> + Send + Sync,
    T: Send,
{
    Manager::begin_transaction(connection).await.map_err(Failure::Before)?;
    match work(connection).await {
        Ok(value) => {
            Manager::commit_transaction(connection).await.map_err(Failure::InCommit)?;
            Ok(value)
        }
        Err(error) => {
            // Where even this fails, the connection is broken and leaves the pool; the server rolls back.
            if let Err(rollback) = Manager::rollback_transaction(connection).await {
                tracing::debug!(%rollback, "a rollback failed");
            }
            Err(Failure::Before(error))
        }
    }
}
