//! One engine session with what carries it: its queue, its waiting poll, its websockets.
//!
//! Everything happens under one lock, held shortly and never while another one is taken but that of a [`Wire`].

mod inner;
mod sending;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use domain::user::ClientAddress;
use socketio::{
    engine::{Refusal, Transport},
    session::{Output, Session, WebsocketId},
    websocket::close_code,
};
use tokio::sync::oneshot;

use self::inner::Inner;
use super::{Application, Endpoint, wire::Wire};

/// The body of a poll's answer, or why there is none.
pub(super) type PollAnswer = Result<Vec<u8>, Refusal>;

/// The conversation with one client.
pub struct Connection<A: Application> {
    endpoint: Weak<Endpoint<A>>,
    sid: Box<str>,
    number: u64,
    address: ClientAddress,
    is_guest: AtomicBool,
    /// The token in the header of the first request.
    authorization: Option<Box<str>>,
    /// Held while what a client sent is handled, so that it is handled in order.
    turn: tokio::sync::Mutex<()>,
    /// What the application knows of this client.
    pub data: A::Data,
    inner: Mutex<Inner>,
}

impl<A: Application> Connection<A> {
    pub(super) fn new(
        endpoint: &Arc<Endpoint<A>>,
        sid: &str,
        number: u64,
        address: ClientAddress,
        (transport, wire): (Transport, Option<Arc<Wire>>),
        authorization: Option<Box<str>>,
    ) -> Arc<Self> {
        let session = Session::open(sid, transport, Arc::clone(&endpoint.settings), Instant::now());
        let main = session.websocket().zip(wire);
        let inner = Inner {
            session,
            queue: VecDeque::new(),
            queue_bytes: 0,
            waiting: None,
            released: None,
            holding: 0,
            main,
            probe: None,
            scheduled_at: None,
        };
        Arc::new(Self {
            endpoint: Arc::downgrade(endpoint),
            sid: sid.into(),
            number,
            address,
            is_guest: AtomicBool::new(true),
            authorization,
            turn: tokio::sync::Mutex::new(()),
            data: A::Data::default(),
            inner: Mutex::new(inner),
        })
    }

    /// The secret that names the session.
    pub(super) fn sid(&self) -> &str {
        &self.sid
    }

    /// A number that no other connection of this process has or had.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Where it was opened from.
    #[must_use]
    pub const fn address(&self) -> ClientAddress {
        self.address
    }

    /// The token in the header of the first request.
    #[must_use]
    pub fn authorization(&self) -> Option<String> {
        self.authorization.as_deref().map(str::to_owned)
    }

    /// Somebody is logged in on it: it does not count for its address any more.
    pub fn logged_in(&self) {
        if let Some(endpoint) = self.endpoint.upgrade() {
            endpoint.logged_in(self);
        }
    }

    /// Whether it counts for its address.
    pub(super) fn is_guest(&self) -> bool {
        self.is_guest.load(Ordering::Relaxed)
    }

    /// Whether it was a guest until now, and is none from now on.
    pub(super) fn is_no_guest_any_more(&self) -> bool {
        self.is_guest.swap(false, Ordering::Relaxed)
    }

    /// What carries it now.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.lock().session.transport()
    }

    /// The most bytes that its next message may have.
    pub(super) fn message_bytes(&self) -> usize {
        self.lock().session.message_bytes()
    }

    /// Does something with the session and everything that follows from it but what waits for the application; only for
    /// what a client cannot have caused.
    fn act<R>(self: &Arc<Self>, action: impl FnOnce(&mut Session, Instant) -> R) -> R {
        let (result, outputs) = self.step(action);
        for output in outputs {
            self.tell(output);
        }
        result
    }

    /// The time has come that the session asked for.
    pub(super) fn on_deadline(self: &Arc<Self>, at: Instant) {
        let mut inner = self.lock();
        // An earlier one was scheduled meanwhile, and has taken its place: there is one chain of them.
        if inner.scheduled_at != Some(at) {
            return;
        }
        inner.scheduled_at = None;
        drop(inner);
        self.act(Session::on_deadline);
    }

    /// Tells the application what it need not answer.
    fn tell(self: &Arc<Self>, output: Output) {
        let Some(endpoint) = self.endpoint.upgrade() else { return };
        match output {
            Output::Disconnected { namespace, reason } => endpoint.application.left(self, &namespace, reason),
            Output::Closed { .. } => endpoint.application.closed(self),
            // The application asks for no acknowledgements, and the others are the driver's.
            _ => {}
        }
    }

    /// Lets the application handle what a client sent, in order.
    pub(super) async fn handle(self: &Arc<Self>, outputs: Vec<Output>) {
        let Some(endpoint) = self.endpoint.upgrade() else { return };
        let _turn = self.turn.lock().await;
        let Some(_place) = endpoint.handling().await else { return };
        for output in outputs {
            match output {
                Output::Connect { namespace, auth } => endpoint.application.connect(self, namespace, auth).await,
                Output::Event { namespace, name, args, ack } => {
                    endpoint.application.event(self, namespace, name, args, ack).await;
                }
                Output::Message(message) => endpoint.application.message(self, message).await,
                output => self.tell(output),
            }
        }
    }

    /// Does something with the session; answers what the application is to be told, in order.
    pub(super) fn step<R>(self: &Arc<Self>, action: impl FnOnce(&mut Session, Instant) -> R) -> (R, Vec<Output>) {
        let mut told = Vec::new();
        let mut inner = self.lock();
        let result = action(&mut inner.session, Instant::now());
        inner.apply(self.queue_max(), &mut told);
        if inner.holding == 0 {
            inner.answer_poll(self.settings());
            inner.apply(self.queue_max(), &mut told);
        }
        let (deadline, is_gone) = (inner.session.next_deadline(), inner.session.is_gone());
        let is_earlier = deadline.is_some_and(|at| inner.scheduled_at.is_none_or(|scheduled| at < scheduled));
        if is_earlier {
            inner.scheduled_at = deadline;
        }
        drop(inner);
        if let Some(endpoint) = self.endpoint.upgrade() {
            if is_gone {
                endpoint.forget(self);
            } else if let Some(at) = deadline.filter(|_| is_earlier) {
                endpoint.timers.schedule(at, self);
            }
        }
        (result, told)
    }

    /// Does what the session asked for when it was opened.
    pub(super) fn settle(self: &Arc<Self>) {
        self.act(|_, _| ());
    }

    /// A push has come; answers how many bytes its body may have.
    pub(super) fn begin_push(self: &Arc<Self>, is_binary: bool) -> Result<usize, Refusal> {
        self.act(|session, now| session.push_begin(is_binary, now))
    }

    /// The body of a push is too large; answers with what.
    pub(super) fn too_large(self: &Arc<Self>) -> Refusal {
        self.act(Session::push_too_large)
    }

    /// The body of a push has broken off.
    pub(super) fn push_broken(self: &Arc<Self>) {
        self.act(|session, _| session.push_broken());
    }

    /// A websocket has ended.
    pub(super) fn websocket_closed(self: &Arc<Self>, id: WebsocketId) {
        // What nobody reads from is not kept: it would keep its file open.
        self.lock().probe.take_if(|(probe, _)| *probe == id);
        self.act(|session, now| session.websocket_closed(id, now));
    }

    /// Whether a part of a message has arrived.
    pub(super) fn set_receiving(&self, is_receiving: bool) {
        self.lock().session.set_receiving(is_receiving);
    }

    /// Begins or ends to hold what is sent back: a push's answers are fetched together.
    pub(super) fn hold(self: &Arc<Self>, is_beginning: bool) {
        let mut inner = self.lock();
        inner.holding = if is_beginning { inner.holding.saturating_add(1) } else { inner.holding.saturating_sub(1) };
        drop(inner);
        if !is_beginning {
            self.act(|_, _| ());
        }
    }

    /// A poll has come; its answer will come through the channel.
    pub(super) fn poll(self: &Arc<Self>) -> Result<oneshot::Receiver<PollAnswer>, Refusal> {
        let (sender, receiver) = oneshot::channel();
        let result = {
            let mut inner = self.lock();
            let result = inner.session.poll(Instant::now());
            if result.is_ok() {
                inner.waiting = Some(sender);
            }
            result
        };
        // What the poll it replaced is answered with, or what waits for this one.
        self.act(|_, _| ());
        result.map(|()| receiver)
    }

    /// A websocket has come to try the session.
    pub(super) fn probe(self: &Arc<Self>, wire: &Arc<Wire>) -> Result<WebsocketId, Refusal> {
        let mut inner = self.lock();
        let id = inner.session.probe_opened(Instant::now())?;
        // The one before has run out of time.
        let former = inner.probe.replace((id, Arc::clone(wire)));
        drop(inner);
        if let Some((_, former)) = former {
            former.close(close_code::NORMAL);
        }
        self.act(|_, _| ());
        Ok(id)
    }

    /// The websocket that carries it.
    pub(super) fn websocket(&self) -> Option<WebsocketId> {
        self.lock().main.as_ref().map(|(id, _)| *id)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue_max(&self) -> usize {
        self.endpoint.upgrade().map_or(0, |endpoint| endpoint.limits.queue_bytes)
    }

    fn settings(&self) -> Option<Arc<socketio::settings::Settings>> {
        self.endpoint.upgrade().map(|endpoint| Arc::clone(&endpoint.settings))
    }
}
