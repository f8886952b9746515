//! Money requests run to their end, whatever becomes of the client that asked.
//!
//! A client that resets its connection makes the HTTP server drop the handler at its next await, in the middle of a
//! transaction if one were open there. So a money request runs in a task of its own, on the runtime that outlives the
//! HTTP workers; the handler only waits for it, and not for ever.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::Semaphore,
    time::{error::Elapsed, timeout},
};

use crate::error::ApiError;

/// Where money requests run: a bounded number at once.
pub(crate) struct MoneyLane {
    runtime: Handle,
    places: Arc<Semaphore>,
    places_max: u32,
    wait: Duration,
}

impl MoneyLane {
    /// A lane on the runtime that this is called on, with `places_max` requests at once, each waited for at most `wait`.
    #[must_use]
    pub(crate) fn new(places_max: usize, wait: Duration) -> Self {
        let places_max = u32::try_from(places_max).unwrap_or(u32::MAX);
        let places = usize::try_from(places_max).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS);
        Self { runtime: Handle::current(), places: Arc::new(Semaphore::new(places)), places_max, wait }
    }

    /// Runs `request` in a task of its own and waits for its result. When the wait is over, the task goes on.
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
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| ApiError::busy())?;
        let task = self.runtime.spawn(async move {
            let result = request.await;
            drop(place);
            result
        });
        match timeout(self.wait, task).await {
            Ok(Ok(result)) => result.map_err(Into::into),
            Ok(Err(panicked)) => Err(ApiError::outcome_unknown().because(panicked)),
            Err(Elapsed { .. }) => Err(ApiError::outcome_unknown()),
        }
    }

    /// Waits until no request runs any more; `false` when `patience` was too short.
    pub(crate) async fn drained(&self, patience: Duration) -> bool {
        timeout(patience, self.places.acquire_many(self.places_max)).await.is_ok()
    }
}

#[cfg(test)]
mod tests;
