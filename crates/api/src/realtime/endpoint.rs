//! All sessions of one endpoint.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::HttpRequest;
use async_trait::async_trait;
use domain::{dice::Dice, user::ClientAddress};
use serde_json::{Map, Value};
use socketio::{
    engine::Transport,
    packet::{Args, Namespace},
    session::{AckTicket, Close, Message, Reason},
    settings::Settings,
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{
    connection::Connection,
    timers::{Timers, run_timers},
    wire::Wire,
};
use crate::auth::{bearer_token, client_address_of};

/// So many clients' events are handled at once; the others wait.
const HANDLING_MAX: u32 = 1_000_000;

/// What is behind an endpoint.
///
/// What one client sends is handled in order; the calls for one connection do not overlap.
#[async_trait]
pub trait Application: Send + Sync + Sized + 'static {
    /// What it knows of a client.
    type Data: Default + Send + Sync + 'static;

    /// A client wants to join a namespace: accept or refuse it.
    async fn connect(&self, connection: &Arc<Connection<Self>>, namespace: Namespace, auth: Map<String, Value>);

    /// An event of a client that has joined.
    async fn event(
        &self,
        connection: &Arc<Connection<Self>>,
        namespace: Namespace,
        name: String,
        args: Args,
        ack: Option<AckTicket>,
    );

    /// A message of a session without Socket.IO.
    async fn message(&self, connection: &Arc<Connection<Self>>, message: Message);

    /// A client has left a namespace that it had joined.
    fn left(&self, connection: &Arc<Connection<Self>>, namespace: &Namespace, reason: Reason);

    /// The conversation is over.
    fn closed(&self, connection: &Arc<Connection<Self>>);
}

/// What an endpoint is held to, beside the protocol's own settings.
#[derive(Debug, Clone)]
pub struct EndpointLimits {
    /// The most bytes that wait for a client behind the message that is being written.
    pub queue_bytes: usize,
    /// The most sessions.
    pub sessions: usize,
    /// The most sessions of one address that nobody is logged in on.
    pub guests_per_address: usize,
    /// Whether only a gift may be larger than 64 KiB.
    pub only_gifts_are_large: bool,
    /// How long the body of a push may take.
    pub body_timeout: Duration,
    /// Which web pages may connect beside those of the server's own host; `None` lets all.
    pub origins: Option<Vec<String>>,
    /// How many proxies in front are believed.
    pub trusted_proxy_hops: usize,
}

/// All sessions of one endpoint.
pub struct Endpoint<A: Application> {
    pub(super) settings: Arc<Settings>,
    pub(super) limits: EndpointLimits,
    /// What is behind it.
    pub application: A,
    pub(super) timers: Timers<A>,
    pub(super) runtime: Handle,
    dice: Arc<dyn Dice>,
    sessions: Mutex<Sessions<A>>,
    opened: AtomicU64,
    is_stopping: AtomicBool,
    handling: Semaphore,
}

struct Sessions<A: Application> {
    by_sid: HashMap<Box<str>, Arc<Connection<A>>>,
    guests: HashMap<ClientAddress, usize>,
}

/// Why no session is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Full {
    #[error("Server is stopping")]
    Stopping,
    #[error("Too many connections")]
    Sessions,
    #[error("Too many connections from this address")]
    Address,
}

impl<A: Application> Endpoint<A> {
    /// An endpoint whose timers run on the present runtime.
    #[must_use]
    pub fn new(settings: Settings, limits: EndpointLimits, application: A, dice: Arc<dyn Dice>) -> Arc<Self> {
        let endpoint = Arc::new(Self {
            settings: Arc::new(settings),
            limits,
            application,
            timers: Timers::default(),
            runtime: Handle::current(),
            dice,
            sessions: Mutex::new(Sessions { by_sid: HashMap::new(), guests: HashMap::new() }),
            opened: AtomicU64::new(0),
            is_stopping: AtomicBool::new(false),
            handling: Semaphore::new(usize::try_from(HANDLING_MAX).unwrap_or(Semaphore::MAX_PERMITS)),
        });
        endpoint.runtime.spawn(run_timers(Arc::downgrade(&endpoint)));
        endpoint
    }

    /// Opens a session.
    pub(super) fn open(
        self: &Arc<Self>,
        request: &HttpRequest,
        transport: Transport,
        wire: Option<Arc<Wire>>,
    ) -> Result<Arc<Connection<A>>, Full> {
        let address = client_address_of(request, self.limits.trusted_proxy_hops);
        let authorization = bearer_token(request).map(Box::from);
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        // 128 bits: the session's key stands in URLs.
        let sid = format!("{:016x}{:016x}", self.dice.draw(), self.dice.draw());
        let mut sessions = self.lock();
        // Under the lock: a stop that has begun closes what it finds there.
        if self.is_stopping.load(Ordering::SeqCst) {
            return Err(Full::Stopping);
        }
        if sessions.by_sid.len() >= self.limits.sessions {
            return Err(Full::Sessions);
        }
        let guests = sessions.guests.entry(address).or_default();
        if *guests >= self.limits.guests_per_address {
            return Err(Full::Address);
        }
        *guests = guests.saturating_add(1);
        let connection = Connection::new(self, &sid, number, address, (transport, wire), authorization);
        sessions.by_sid.insert(sid.into(), Arc::clone(&connection));
        Ok(connection)
    }

    /// The session with this id.
    pub(super) fn find(&self, sid: &str) -> Option<Arc<Connection<A>>> {
        self.lock().by_sid.get(sid).cloned()
    }

    /// Forgets a session that nothing can come of any more.
    pub(super) fn forget(&self, connection: &Connection<A>) {
        let mut sessions = self.lock();
        if sessions.by_sid.remove(connection.sid()).is_some() && connection.is_guest() {
            sessions.let_guest_go(connection.address());
        }
    }

    /// A client has logged in: it does not count for its address any more.
    pub(super) fn logged_in(&self, connection: &Connection<A>) {
        let mut sessions = self.lock();
        if connection.is_no_guest_any_more() && sessions.by_sid.contains_key(connection.sid()) {
            sessions.let_guest_go(connection.address());
        }
    }

    /// Runs something beside the sessions.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// Every session, now.
    #[must_use]
    pub fn connections(&self) -> Vec<Arc<Connection<A>>> {
        self.lock().by_sid.values().cloned().collect()
    }

    /// Opens no more sessions and handles no more events; waits so long for those that are being handled, then closes every
    /// session without a word to the clients, so that they come back by themselves.
    pub async fn stop(&self, patience: Duration) {
        self.is_stopping.store(true, Ordering::SeqCst);
        // What is handled for longer is cut off from its client, and not undone.
        let finished = timeout(patience, self.handling.acquire_many(HANDLING_MAX)).await;
        self.handling.close();
        drop(finished);
        for connection in self.connections() {
            connection.close(Close::Shutdown);
        }
    }

    /// A place to handle events in; `None` when no more are handled.
    pub(super) async fn handling(&self) -> Option<SemaphorePermit<'_>> {
        if self.is_stopping.load(Ordering::SeqCst) {
            return None;
        }
        self.handling.acquire().await.ok()
    }

    fn lock(&self) -> MutexGuard<'_, Sessions<A>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: Application> Sessions<A> {
    fn let_guest_go(&mut self, address: ClientAddress) {
        if let Some(guests) = self.guests.get_mut(&address) {
            *guests = guests.saturating_sub(1);
            if *guests == 0 {
                self.guests.remove(&address);
            }
        }
    }
}
