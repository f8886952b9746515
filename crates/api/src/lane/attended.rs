//! Work that somebody attends to, and that goes on without him.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;
use tracing::{Instrument as _, Span};

/// Work that whoever waits for it does himself. When he goes away in the middle, it goes on in a task of its own: a task for each
/// request, when hardly any is abandoned, was a tenth of what a gift took this program.
pub(super) struct Attended<W>
where
    W: Future<Output: Send> + Send + 'static,
{
    /// Until it is done.
    work: Option<Pin<Box<W>>>,
    /// What becomes of a result that nobody waits for.
    unread: fn(W::Output),
    /// Where it goes on.
    runtime: Handle,
    /// The request's: what is logged later belongs to the id that its client was told.
    span: Span,
}

/// Work with a bug.
#[derive(Debug, thiserror::Error)]
#[error("it panicked: {0}")]
pub(super) struct Panicked(String);

impl<W> Attended<W>
where
    W: Future<Output: Send> + Send + 'static,
{
    /// Work of the present span, which goes on in this runtime.
    pub(super) fn new(runtime: Handle, work: W, unread: fn(W::Output)) -> Self {
        Self { work: Some(Box::pin(work)), unread, runtime, span: Span::current() }
    }
}

impl<W> Future for Attended<W>
where
    W: Future<Output: Send> + Send + 'static,
{
    type Output = Result<W::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        // Polled again after its end, which nobody does.
        let Some(work) = &mut this.work else { return Poll::Ready(Err(Panicked("it is over".to_owned()))) };
        let polled = {
            // Its timers and connections belong to where it may go on, not to the worker that it begins in.
            let _inside = this.runtime.enter();
            catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)))
        };
        let done = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(value)) => Ok(value),
            Err(cause) => Err(Panicked(words(&*cause))),
        };
        this.work = None;
        Poll::Ready(done)
    }
}

impl<W> Drop for Attended<W>
where
    W: Future<Output: Send> + Send + 'static,
{
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            let unread = self.unread;
            self.runtime.spawn(async move { unread(work.await) }.instrument(self.span.clone()));
        }
    }
}

/// What a panic said.
fn words(cause: &(dyn Any + Send)) -> String {
    let text = cause.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default()
}
