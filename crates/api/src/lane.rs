//! Requests that run to their end, whatever becomes of the client that asked.
//!
//! A client that resets its connection makes the HTTP server drop the handler at its next await, in the middle of a
//! transaction if one were open there. So what moves money or replaces a file goes on in a task of its own then, on the
//! runtime that outlives the HTTP workers; and the handler does not wait for ever.

mod attended;

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};

use self::attended::Attended;
use crate::error::ApiError;

/// Where requests run to their end: a bounded number at once.
pub(crate) struct Lane {
    runtime: Handle,
    places: Arc<Semaphore>,
    places_max: u32,
    wait: Duration,
}

impl Lane {
    /// A lane on the runtime that this is called on, with `places_max` requests at once, each waited for at most `wait`.
    #[must_use]
    pub(crate) fn new(places_max: usize, wait: Duration) -> Self {
        let places_max = u32::try_from(places_max).unwrap_or(u32::MAX);
        let places = usize::try_from(places_max).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS);
        Self { runtime: Handle::current(), places: Arc::new(Semaphore::new(places)), places_max, wait }
    }

    /// Runs `request` and answers its result. When the wait is over, or nobody waits any more, it goes on in a task of its own, and
    /// its result goes to the log.
    ///
    /// # Errors
    /// `busy` when the lane is full, `outcome_unknown` when the wait is over, and what `request` failed with.
    pub(crate) async fn run<T, E>(
        &self,
        request: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Into<ApiError> + Send + 'static,
    {
        self.run_after(Duration::ZERO, request).await
    }

    /// The same for a client that has waited already.
    ///
    /// # Errors
    /// Those of [`Lane::run`].
    pub(crate) async fn run_after<T, E>(
        &self,
        waited: Duration,
        request: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Into<ApiError> + Send + 'static,
    {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| ApiError::busy())?;
        let work = async move {
            let result = request.await.map_err(Into::into);
            drop(place);
            result
        };
        match timeout(self.wait.saturating_sub(waited), Attended::new(self.runtime.clone(), work, log_unread)).await {
            Ok(Ok(result)) => result,
            Ok(Err(panicked)) => Err(ApiError::outcome_unknown().because(panicked)),
            Err(_) => Err(ApiError::outcome_unknown()),
        }
    }

    /// Waits until no request runs any more; `false` when that is not so at the `deadline`.
    pub(crate) async fn drained(&self, deadline: Instant) -> bool {
        timeout_at(deadline, self.places.acquire_many(self.places_max)).await.is_ok()
    }
}

/// What became of a request whose client went away, or was told to ask again.
fn log_unread<T>(result: Result<T, ApiError>) {
    match result {
        Ok(_) => tracing::info!("a request that nobody waits for any more has succeeded"),
        Err(error) => {
            error.log_cause();
            tracing::info!(code = %error, "a request that nobody waits for any more was refused or has failed");
        }
    }
}

#[cfg(test)]
mod tests;
