//! One transaction, tried again where that helps, with an honest answer where it does not.

mod pipeline;

use std::time::Duration;

use diesel::{QueryResult, result::Error as DieselError};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection as _, TransactionManager};
use domain::store::StoreError;

pub(crate) use self::pipeline::{Committed, Interrupted, Pipeline};
use crate::{
    error::{Class, classify, is_read_only, read_error},
    pool::Database,
};

/// How often a transaction is tried in all.
const ATTEMPTS_MAX: u32 = 3;

/// The pause before another attempt, times the number of attempts so far.
const PAUSE: Duration = Duration::from_millis(20);

type Manager = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// An async closure over a connection, a pipeline or an attempt, whose future is `Send`: a bound that has no direct spelling yet.
pub(crate) trait Step<C, R>: AsyncFn(C) -> R + Fn(C) -> <Self as Step<C, R>>::Fut {
    /// The future of one call.
    type Fut: Future<Output = R> + Send;
}

impl<C, R, F, Fut> Step<C, R> for F
where
    F: AsyncFn(C) -> R + Fn(C) -> Fut,
    Fut: Future<Output = R> + Send,
{
    type Fut = Fut;
}

/// How an attempt failed.
struct Failure {
    error: DieselError,
    /// What can be done about it.
    class: Class,
    /// Whether it may have been committed all the same.
    may_be_committed: bool,
}

/// One attempt at a transaction.
struct Attempt<'c> {
    connection: &'c mut AsyncPgConnection,
    /// Whether an earlier one may have been committed.
    is_in_doubt: bool,
}

/// Whether a transaction is tried again whose commit was answered to nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    TryAgain,
    GiveUp,
}

impl Database {
    /// Runs `work` in a transaction and commits it. A refusal that is to be kept is a *value* of `work`; its errors roll
    /// back.
    ///
    /// `work` must be safe to repeat after a commit of unknown outcome: it finds its own idempotency key.
    ///
    /// # Errors
    /// [`StoreError`]: `OutcomeUnknown` when an attempt lost its connection in the commit and no later one succeeded.
    pub(crate) async fn atomically<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Step<&'c mut AsyncPgConnection, QueryResult<T>> + Send + Sync,
        T: Send,
    {
        let _place = self.place_to_write().await?;
        self.atomically_aside(work).await
    }

    /// The same without a place among those who write: for the one roll-up of the program, which those who read wait for.
    ///
    /// # Errors
    /// As [`Database::atomically`].
    pub(crate) async fn atomically_aside<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Step<&'c mut AsyncPgConnection, QueryResult<T>> + Send + Sync,
        T: Send,
    {
        let attempt = async |attempt: Attempt<'_>| attempt_once(attempt.connection, &work).await;
        self.try_to_commit(attempt, Unknown::TryAgain).await
    }

    /// [`Database::atomically`] for `work` that is not safe to repeat after a commit of unknown outcome.
    ///
    /// # Errors
    /// [`StoreError`]: `OutcomeUnknown` when an attempt lost its connection in the commit.
    pub(crate) async fn atomically_once<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Step<&'c mut AsyncPgConnection, QueryResult<T>> + Send + Sync,
        T: Send,
    {
        let _place = self.place_to_write().await?;
        let attempt = async |attempt: Attempt<'_>| attempt_once(attempt.connection, &work).await;
        self.try_to_commit(attempt, Unknown::GiveUp).await
    }

    /// [`Database::atomically`] in two round trips, for `work` that reads first, then decides, and writes with its last statement.
    ///
    /// # Errors
    /// As [`Database::atomically`]; a connection that is lost between the last statement and its answer may have committed too.
    pub(crate) async fn atomically_pipelined<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> Step<Pipeline<'c>, Result<Committed<T>, Interrupted>> + Send + Sync,
        T: Send,
    {
        let _place = self.place_to_write().await?;
        let attempt = async |attempt: Attempt<'_>| pipeline::attempt(attempt, &work).await;
        self.try_to_commit(attempt, Unknown::TryAgain).await
    }

    async fn try_to_commit<T, F>(&self, try_once: F, unknown: Unknown) -> Result<T, StoreError>
    where
        F: for<'c> Step<Attempt<'c>, Result<T, Failure>> + Send + Sync,
        T: Send,
    {
        let mut may_be_committed = false;
        let mut attempt = 1;
        loop {
            let failure = match self.connection().await {
                Ok(mut connection) => {
                    let one = Attempt { connection: &mut connection, is_in_doubt: may_be_committed };
                    match try_once(one).await {
                        Ok(value) => return Ok(value),
                        Err(failure) => failure,
                    }
                }
                Err(StoreError::Unavailable(cause)) if may_be_committed => {
                    return Err(StoreError::OutcomeUnknown(cause));
                }
                Err(error) => return Err(error),
            };
            let Failure { error, class, may_be_committed: in_commit } = failure;
            may_be_committed |= in_commit;
            let is_safe = !may_be_committed || unknown == Unknown::TryAgain;
            // Whether the session may not write, or the database, only a new session tells.
            let helps =
                matches!(class, Class::ConnectionLost | Class::Conflict) || (is_read_only(&error) && self.renew());
            if is_safe && helps && attempt < ATTEMPTS_MAX {
                tracing::warn!(attempt, %error, ?class, "a transaction is tried again");
                tokio::time::sleep(PAUSE.saturating_mul(attempt)).await;
                attempt = attempt.saturating_add(1);
                continue;
            }
            return Err(match class {
                _ if may_be_committed => StoreError::OutcomeUnknown(error.into()),
                Class::ConnectionLost => StoreError::Unavailable(error.into()),
                Class::Conflict | Class::Overloaded | Class::Bug => read_error(error),
            });
        }
    }
}

async fn attempt_once<T, F>(connection: &mut AsyncPgConnection, work: &F) -> Result<T, Failure>
where
    F: for<'c> Step<&'c mut AsyncPgConnection, QueryResult<T>> + Send + Sync,
    T: Send,
{
    if let Err(error) = Manager::begin_transaction(connection).await {
        return Err(failure(connection, error).await);
    }
    match work(connection).await {
        Ok(value) => match Manager::commit_transaction(connection).await {
            Ok(()) => Ok(value),
            Err(error) => {
                let failure = failure(connection, error).await;
                Err(Failure { may_be_committed: failure.class == Class::ConnectionLost, ..failure })
            }
        },
        Err(error) => {
            // Where even this fails, the connection is broken and leaves the pool; the server rolls back.
            if let Err(rollback) = Manager::rollback_transaction(connection).await {
                tracing::debug!(%rollback, "a rollback failed");
            }
            Err(failure(connection, error).await)
        }
    }
}

/// What can be done about an error, by the error itself or, where that says nothing, by whether the connection still
/// answers: the last words of a server that stops are in its own language.
async fn failure(connection: &mut AsyncPgConnection, error: DieselError) -> Failure {
    let class = match classify(&error) {
        Class::Bug if connection.batch_execute("SELECT 1").await.is_err() => Class::ConnectionLost,
        class => class,
    };
    Failure { error, class, may_be_committed: false }
}
