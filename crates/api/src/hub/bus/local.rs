//! The bus of one process: a busy room gathers what it says, and writes it to everybody at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;
use socketio::{
    codec::encode_event,
    encoded::Encoded,
    packet::{Args, Namespace},
};
use tokio::{runtime::Handle, sync::Notify};

use super::{Broadcast, Bus, Topic, writing::flush};
use crate::hub::{Socket, name::RoomName};

/// How long a busy room gathers what it says before it writes. A quiet one writes at once.
pub(super) const GATHERING: Duration = Duration::from_millis(20);
/// So many bytes are written without waiting for more.
pub(super) const GATHERED_BYTES_MAX: usize = 64 * 1024;

/// Reaches the sockets of this process.
pub(crate) struct LocalBus(Handle);

impl LocalBus {
    /// A bus whose rooms write on the present runtime.
    pub(crate) fn new() -> Self {
        Self(Handle::current())
    }
}

impl Bus for LocalBus {
    fn topic(&self, _: &RoomName) -> Arc<dyn Topic> {
        Arc::new(LocalTopic(Arc::new(Listeners {
            runtime: self.0.clone(),
            state: Mutex::default(),
            is_full: Notify::new(),
        })))
    }
}

struct LocalTopic(Arc<Listeners>);

/// Who listens, and what is still to be written to them.
pub(super) struct Listeners {
    runtime: Handle,
    state: Mutex<State>,
    /// So much waits that it is written now.
    pub(super) is_full: Notify,
}

#[derive(Default)]
pub(super) struct State {
    listeners: HashMap<u64, Listener>,
    /// The listeners as they are written to; made anew after a change.
    snapshot: Option<Arc<Vec<Listener>>>,
    pub(super) pending: Vec<Pending>,
    pub(super) pending_bytes: usize,
    pub(super) is_flushing: bool,
    pub(super) flushed_at: Option<Instant>,
}

#[derive(Clone)]
pub(super) struct Listener {
    pub(super) socket: Arc<Socket>,
    /// What was said until then is not for it: it was shown the history.
    pub(super) after: u64,
}

/// A broadcast that is still to be written.
pub(super) struct Pending {
    pub(super) seq: u64,
    pub(super) packet: Encoded,
    pub(super) except: Option<u64>,
}

impl Topic for LocalTopic {
    fn subscribe(&self, socket: &Arc<Socket>, after: u64) {
        let mut state = self.0.lock();
        // Who is here already still gets what was said and not written yet.
        if let std::collections::hash_map::Entry::Vacant(place) = state.listeners.entry(socket.number()) {
            place.insert(Listener { socket: Arc::clone(socket), after });
            state.snapshot = None;
        }
    }

    fn unsubscribe(&self, socket: u64) {
        let mut state = self.0.lock();
        if state.listeners.remove(&socket).is_some() {
            state.snapshot = None;
        }
    }

    fn publish(&self, broadcast: Broadcast) {
        let mut state = self.0.lock();
        if state.listeners.is_empty() {
            return;
        }
        let Broadcast { seq, event, body, except } = broadcast;
        let packet = encode_event(&Namespace::ROOT, event, &Args::from(Value::Object(body)), None);
        state.pending_bytes = state.pending_bytes.saturating_add(packet.bytes());
        state.pending.push(Pending { seq, packet, except });
        if !state.is_flushing {
            state.is_flushing = true;
            self.0.runtime.spawn(flush(Arc::clone(&self.0)));
        } else if state.pending_bytes > GATHERED_BYTES_MAX {
            self.0.is_full.notify_one();
        }
    }
}

impl Listeners {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Those who listen now.
    pub(super) fn listeners_now(&mut self) -> Arc<Vec<Listener>> {
        let listeners = &self.listeners;
        Arc::clone(self.snapshot.get_or_insert_with(|| Arc::new(listeners.values().cloned().collect())))
    }
}
