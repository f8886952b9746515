//! A transaction in two round trips: BEGIN goes out with the statements that read, and COMMIT with the one that writes.

use diesel::{
    QueryResult,
    result::{DatabaseErrorKind, Error as DieselError},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::future::{join, try_join};

use super::{Attempt, Failure, Step, failure};
use crate::{
    error::{Class, classify},
    silence,
    statement::Statement,
};

/// A transaction that is about to begin. The connection sends statements in the order in which they are first polled, without
/// waiting for the answers to those before, and the server runs them in that order.
pub(crate) struct Pipeline<'c> {
    connection: &'c AsyncPgConnection,
    is_in_doubt: bool,
}

/// The value of a transaction that is committed.
pub(crate) struct Committed<T>(T);

/// How a transaction failed.
pub(crate) enum Interrupted {
    /// Nobody has asked for its commit.
    Open(DieselError),
    /// The server said that it did not write, and so that it did not commit what came behind.
    Refused {
        /// What it said.
        error: DieselError,
        /// Whether it has answered the COMMIT, too, with which the transaction ended.
        is_over: bool,
    },
    /// In the commit, or before it for all that is known.
    Committing(DieselError),
}

impl From<DieselError> for Interrupted {
    fn from(error: DieselError) -> Self {
        Self::Open(error)
    }
}

impl<'c> Pipeline<'c> {
    /// The connection of the first statements, which are made when [`Pipeline::begin`] first polls what makes them: one that was made
    /// before would count as asked before the BEGIN.
    pub(crate) const fn connection(&self) -> &'c AsyncPgConnection {
        self.connection
    }

    /// Whether an earlier attempt may have been committed, or may be yet: its session may still be at work, and hold its rows.
    pub(crate) const fn is_in_doubt(&self) -> bool {
        self.is_in_doubt
    }

    /// Begins the transaction with this text, `BEGIN` and what is set for it alone, and runs within it what is `first`.
    pub(crate) async fn begin<T>(
        &self,
        begin: &'static str,
        first: impl Future<Output = QueryResult<T>>,
    ) -> QueryResult<T> {
        let mut connection = self.connection;
        let ((), value) = try_join(connection.batch_execute(begin), first).await?;
        Ok(value)
    }

    /// Writes what is `last`, if anything is, and commits. An error of the one rolls back at the other. Whoever is told when it is
    /// `written` knows that the commit is under way, not that it will be.
    pub(crate) async fn commit<T>(
        self,
        last: Option<Statement<'_, ()>>,
        value: T,
        written: &(dyn Fn() + Sync),
    ) -> Result<Committed<T>, Interrupted> {
        let (mut writing, mut committing) = (self.connection, self.connection);
        let write = async {
            if let Some(last) = last {
                last.execute(&mut writing).await?;
            }
            written();
            Ok(())
        };
        // Prepared like the other one, not sent as it is: where a session meets them for the first time, the connection asks for
        // their plans one after the other, so that this one cannot overtake the write, whose plan is waited for.
        let commit = async { Statement::<()>::new("COMMIT").execute(&mut committing).await };
        match join(write, commit).await {
            (Ok(()), Ok(_)) => Ok(Committed(value)),
            (Err(error), ended) if is_answer(&error) => Err(Interrupted::Refused { error, is_over: ended.is_ok() }),
            (Err(error), _) | (Ok(()), Err(error)) => Err(Interrupted::Committing(error)),
        }
    }
}

/// Whether it is the server that says so, and not the end of the connection or this program.
const fn is_answer(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(kind, _) => !matches!(kind, DatabaseErrorKind::UnableToSendCommand),
        _ => false,
    }
}

/// Runs `work` in a transaction that it commits itself.
pub(super) async fn attempt<T, F>(attempt: Attempt<'_>, work: &F) -> Result<T, Failure>
where
    F: for<'c> Step<Pipeline<'c>, Result<Committed<T>, Interrupted>> + Send + Sync,
    T: Send,
{
    let Attempt { connection, is_in_doubt } = attempt;
    silence::open(connection);
    let interrupted = match work(Pipeline { connection: &*connection, is_in_doubt }).await {
        Ok(Committed(value)) => {
            silence::close(connection);
            return Ok(value);
        }
        Err(interrupted) => interrupted,
    };
    let (error, is_over, may_be_committed) = match interrupted {
        Interrupted::Open(error) => (error, false, false),
        // What stands between may say something of its own when it loses the server, which alone tells that it was ended.
        Interrupted::Refused { error, is_over } => {
            let is_told = is_over || classify(&error) == Class::ConnectionLost;
            (error, is_over, !is_told)
        }
        Interrupted::Committing(error) => (error, false, true),
    };
    // Where even this fails, the connection is broken and leaves the pool; the server rolls back. Where no transaction is open any
    // more, it does nothing.
    let is_over = is_over || connection.batch_execute("ROLLBACK").await.is_ok();
    let failure = failure(connection, error).await;
    let is_lost = failure.class == Class::ConnectionLost;
    if is_over && !is_lost {
        silence::close(connection);
    }
    Err(Failure { may_be_committed: may_be_committed && is_lost, ..failure })
}

#[cfg(test)]
mod tests;
