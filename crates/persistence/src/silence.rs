//! Connections on which the database says nothing any more.
//!
//! Where something stands between that acknowledges every packet (a proxy, a balancer, a machine whose PostgreSQL hangs), the
//! system's own limits on silence see nothing, and a statement would be waited for without end. So each statement is watched:
//! one that is not answered for longer than the database itself lets it run has nobody at the other end.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use diesel::{
    ConnectionResult,
    connection::{Instrumentation, InstrumentationEvent},
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_postgres::{Client, Connection, Socket, tls::TlsStream};

/// How often it is looked. What stops this process for a while counts as one look, and takes nobody's connection.
const TICK: Duration = Duration::from_millis(100);

/// So many looks may find the same statement without an answer: half a second more than a statement may take
/// ([`crate::pool::SESSION_SETTINGS`]).
const LOOKS_MAX: u32 = 25;

/// After so many looks, later than a lock is given up, the connections that nobody uses are no longer trusted: whoever comes
/// next should not meet the same silence on another one. A BEGIN, which waits for nothing, is not answered at all then.
const LOOKS_SUSPICIOUS: u32 = 12;

/// So many looks a connection is idle that was not trusted any more while somebody used it: then nobody is amid his work.
const LOOKS_UNUSED: u32 = 2;

/// How often all connections are opened anew at most.
const RENEWAL: Duration = Duration::from_secs(1);

/// All connections of a pool.
pub(crate) struct Lines(Mutex<State>);

#[derive(Default)]
struct State {
    lines: Vec<Weak<Line>>,
    renewed: Option<Instant>,
}

impl Lines {
    /// Watches on the present runtime, until it is dropped.
    pub(crate) fn watched() -> Arc<Self> {
        let lines = Arc::new(Self(Mutex::default()));
        tokio::spawn(watch(Arc::downgrade(&lines)));
        lines
    }

    /// Drives a connection and watches it.
    pub(crate) async fn take<S>(
        &self,
        client: Client,
        connection: Connection<Socket, S>,
    ) -> ConnectionResult<AsyncPgConnection>
    where
        S: TlsStream + Unpin + Send + 'static,
    {
        let line = Arc::new(Line::default());
        self.lock().lines.push(Arc::downgrade(&line));
        let ear = Ear(Arc::clone(&line));
        tokio::spawn(async move {
            tokio::select! {
                biased;
                ended = connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection to the database has ended");
                    }
                }
                () = line.cut.notified() => {}
            }
        });
        let mut connection = AsyncPgConnection::try_from(client).await?;
        connection.set_instrumentation(ear);
        Ok(connection)
    }

    /// Closes every connection, those that somebody uses when he does not any more, so that new ones are opened: where one is
    /// bad, the others that were opened before are no better. `false` when that was done just now.
    pub(crate) fn renew(&self) -> bool {
        let mut state = self.lock();
        if state.renewed.is_some_and(|at| at.elapsed() < RENEWAL) {
            return false;
        }
        state.renewed = Some(Instant::now());
        for line in state.lines.iter().filter_map(Weak::upgrade) {
            let mut asked = line.lock();
            asked.is_stale = true;
            if asked.is_idle() {
                line.cut.notify_one();
            }
        }
        true
    }

    fn tick(&self) {
        let mut is_suspicious = false;
        self.lock().lines.retain(|line| {
            let Some(line) = line.upgrade() else { return false };
            let look = line.lock().look();
            is_suspicious |= look == Look::Suspicious;
            if look == Look::Silent {
                tracing::warn!("the database does not answer on a connection, which is closed");
            }
            if matches!(look, Look::Silent | Look::Stale) {
                line.cut.notify_one();
            }
            true
        });
        if is_suspicious {
            self.renew();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn watch(lines: Weak<Lines>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(lines) = lines.upgrade() else { return };
        lines.tick();
    }
}

/// Somebody lets go of a connection. Where he did not wait for an answer, or left a transaction open, it is closed: nobody shall
/// wait for it in his place.
pub(crate) fn let_go(connection: &mut AsyncPgConnection) {
    if let Some(ear) = connection.instrumentation().downcast_mut::<Ear>()
        && !ear.0.lock().is_free()
    {
        ear.0.cut.notify_one();
    }
}

/// Whether a connection may be handed out: nobody has let go of it too early.
pub(crate) fn is_free(connection: &mut AsyncPgConnection) -> bool {
    connection.instrumentation().downcast_mut::<Ear>().is_none_or(|ear| ear.0.lock().is_free())
}

/// The next statement begins a transaction that Diesel does not know of.
pub(crate) fn open(connection: &mut AsyncPgConnection) {
    listen(connection, |asked| (asked.is_beginning, asked.is_open) = (true, true));
}

/// It is over, and all that was asked is answered, also what nobody waited for: answers come in order.
pub(crate) fn close(connection: &mut AsyncPgConnection) {
    listen(connection, |asked| (asked.is_open, asked.unanswered) = (false, 0));
}

/// From now on the transaction that is open on this connection may take its time.
pub(crate) fn be_patient(connection: &mut AsyncPgConnection) {
    listen(connection, |asked| asked.is_patient = true);
}

/// Takes that back, where it was not in a transaction.
pub(crate) fn be_impatient(connection: &mut AsyncPgConnection) {
    listen(connection, |asked| asked.is_patient = false);
}

fn listen(connection: &mut AsyncPgConnection, change: fn(&mut Asked)) {
    if let Some(ear) = connection.instrumentation().downcast_mut::<Ear>() {
        change(&mut ear.0.lock());
    }
}

/// One connection.
#[derive(Default)]
struct Line {
    asked: Mutex<Asked>,
    /// Closes it at once, whatever was asked.
    cut: Notify,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was asked on a connection.
#[derive(Default)]
struct Asked {
    /// So many statements are not answered yet.
    unanswered: u32,
    /// How often it was looked since something was asked or answered last.
    looks: u32,
    /// Whether what is to be answered next is a BEGIN.
    is_begin: bool,
    /// Whether a transaction begins with the next statement.
    is_beginning: bool,
    /// Whether the present transaction may take its time.
    is_patient: bool,
    /// Whether the present transaction ends with the next answer.
    is_ending: bool,
    /// Whether a transaction is open that Diesel does not know of.
    is_open: bool,
    /// Whether it is not trusted any more.
    is_stale: bool,
}

/// What a look came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Well,
    /// An answer is late.
    Suspicious,
    /// It is not trusted, and not used.
    Stale,
    /// Nobody is at the other end.
    Silent,
}

impl Asked {
    fn begin(&mut self) {
        // Statements that go out behind a BEGIN, before it is answered, do not make it anything else.
        self.is_begin |= std::mem::take(&mut self.is_beginning);
        if self.is_answered() {
            self.looks = 0;
        }
        self.unanswered = self.unanswered.saturating_add(1);
    }

    fn finish(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.looks = 0;
        self.is_begin = false;
        if std::mem::take(&mut self.is_ending) {
            self.is_patient = false;
        }
    }

    const fn is_answered(&self) -> bool {
        self.unanswered == 0
    }

    const fn is_free(&self) -> bool {
        self.is_answered() && !self.is_open
    }

    const fn is_idle(&self) -> bool {
        self.is_free() && !self.is_patient
    }

    /// Looks once more.
    const fn look(&mut self) -> Look {
        if self.is_patient {
            return Look::Well;
        }
        self.looks = self.looks.saturating_add(1);
        if self.is_answered() {
            return if self.is_stale && self.looks > LOOKS_UNUSED { Look::Stale } else { Look::Well };
        }
        match self.looks {
            LOOKS_SUSPICIOUS => Look::Suspicious,
            looks if looks > LOOKS_MAX || (self.is_begin && looks > LOOKS_SUSPICIOUS) => Look::Silent,
            _ => Look::Well,
        }
    }
}

/// Hears what is asked on a connection, and that it is dropped.
struct Ear(Arc<Line>);

impl Instrumentation for Ear {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let mut asked = self.0.lock();
        match event {
            InstrumentationEvent::StartQuery { .. } => asked.begin(),
            InstrumentationEvent::FinishQuery { .. } => asked.finish(),
            InstrumentationEvent::BeginTransaction { depth, .. } => asked.is_beginning = depth.get() == 1,
            InstrumentationEvent::CommitTransaction { depth, .. }
            | InstrumentationEvent::RollbackTransaction { depth, .. } => asked.is_ending = depth.get() == 1,
            _ => {}
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.0.cut.notify_one();
    }
}

#[cfg(test)]
mod tests;
