//! One room: who is in it, what it says, in which order.

mod writing;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Map, Value};
use socketio::{
    codec::encode_event,
    encoded::Encoded,
    packet::{Args, Namespace},
};
use tokio::{runtime::Handle, sync::Notify};

use self::writing::{count, flush};
use super::{Socket, name::RoomName, who::Who};

/// How many messages somebody who joins is shown.
const HISTORY_MAX: usize = 50;
/// How long a busy room gathers what it says before it writes. A quiet one writes at once.
const GATHERING: Duration = Duration::from_millis(20);
/// So many bytes are written without waiting for more.
const GATHERED_BYTES_MAX: usize = 64 * 1024;
/// A room tells its viewers how many they are at most this often.
const COUNT_INTERVAL: Duration = Duration::from_millis(250);
/// The seats of a party room, from 1.
pub(crate) const SEATS: u64 = 8;

/// A room.
pub(crate) struct Room {
    pub(crate) name: RoomName,
    runtime: Handle,
    state: Mutex<State>,
    is_full: Notify,
}

struct State {
    /// Names the life of this room: numbers of another one do not go on.
    stream: String,
    seq: u64,
    members: HashMap<u64, Member>,
    /// The members as they are written to; made anew after a change.
    snapshot: Option<Arc<Vec<Member>>>,
    /// How many sockets everybody has here.
    people: HashMap<Who, u32>,
    seats: HashMap<u64, Who>,
    history: VecDeque<Value>,
    pending: Vec<Pending>,
    pending_bytes: usize,
    is_flushing: bool,
    flushed_at: Option<Instant>,
    counted_at: Option<Instant>,
    is_counting: bool,
    emptied_at: Option<Instant>,
    large: LargeBudget,
}

#[derive(Clone)]
struct Member {
    socket: Arc<Socket>,
    who: Who,
    /// What was said until then is not for it: it was shown the history.
    joined_at: u64,
}

struct Pending {
    seq: u64,
    packet: Encoded,
    /// The socket that it is not for.
    except: Option<u64>,
}

/// How many bytes of large gifts a room has passed on lately.
#[derive(Default)]
struct LargeBudget {
    since: Option<Instant>,
    bytes: usize,
}

/// What somebody who joins is told.
pub(crate) struct Joined {
    /// What was said lately.
    pub(crate) history: Vec<Value>,
    /// The number of the last broadcast before.
    pub(crate) seq: u64,
    /// Which life of the room the number belongs to.
    pub(crate) stream: String,
    /// How many are here.
    pub(crate) viewers: usize,
}

/// The seat is somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SeatTaken;

impl Room {
    /// An empty room.
    pub(crate) fn new(name: RoomName, stream: String, runtime: Handle) -> Arc<Self> {
        let state = State {
            stream,
            seq: 0,
            members: HashMap::new(),
            snapshot: None,
            people: HashMap::new(),
            seats: HashMap::new(),
            history: VecDeque::new(),
            pending: Vec::new(),
            pending_bytes: 0,
            is_flushing: false,
            flushed_at: None,
            counted_at: None,
            is_counting: false,
            emptied_at: Some(Instant::now()),
            large: LargeBudget::default(),
        };
        Arc::new(Self { name, runtime, state: Mutex::new(state), is_full: Notify::new() })
    }

    /// Lets a socket in, on a seat if one is wanted and free, and announces it unless its user is here already, on
    /// the same seat.
    pub(crate) fn join(
        self: &Arc<Self>,
        socket: &Arc<Socket>,
        who: Who,
        seat: Option<u64>,
        announcement: (&str, Map<String, Value>),
    ) -> Result<Joined, SeatTaken> {
        let mut state = self.lock();
        let is_moving = seat.is_some_and(|seat| state.seats.get(&seat) != Some(&who));
        if let Some(seat) = seat {
            if state.seats.get(&seat).is_some_and(|holder| *holder != who) {
                return Err(SeatTaken);
            }
            state.seats.retain(|_, holder| *holder != who);
            state.seats.insert(seat, who);
        }
        let seq = state.seq;
        // Who is here already still gets what was said and not written yet.
        let joined_at = state.members.get(&socket.number()).map_or(seq, |member| member.joined_at);
        let member = Member { socket: Arc::clone(socket), who, joined_at };
        state.emptied_at = None;
        state.snapshot = None;
        let mut is_new = false;
        if state.members.insert(socket.number(), member).is_none() {
            let sockets = state.people.entry(who).or_default();
            *sockets = sockets.saturating_add(1);
            is_new = *sockets == 1;
        }
        if is_new || is_moving {
            let (event, body) = announcement;
            self.push(&mut state, event, body, Some(socket.number()));
        }
        if is_new {
            self.count_soon(&mut state);
        }
        Ok(Joined {
            history: state.history.iter().cloned().collect(),
            seq,
            stream: state.stream.clone(),
            viewers: state.people.len(),
        })
    }

    /// Lets a socket go, and announces it when its user has no other one here. Answers the seat that became free.
    pub(crate) fn leave(self: &Arc<Self>, number: u64, event: &str, mut body: Map<String, Value>) -> Option<u64> {
        let mut state = self.lock();
        let member = state.members.remove(&number)?;
        state.snapshot = None;
        let mut freed = None;
        if let Some(sockets) = state.people.get_mut(&member.who) {
            *sockets = sockets.saturating_sub(1);
            if *sockets == 0 {
                state.people.remove(&member.who);
                freed = state.seats.iter().find(|(_, holder)| **holder == member.who).map(|(seat, _)| *seat);
                if let Some(seat) = freed {
                    state.seats.remove(&seat);
                    body.insert("seat".to_owned(), seat.into());
                }
                self.push(&mut state, event, body, None);
                self.count_soon(&mut state);
            }
        }
        if state.members.is_empty() {
            state.emptied_at = Some(Instant::now());
        }
        freed
    }

    /// Says something to everybody here but one socket; answers its number.
    pub(crate) fn say(self: &Arc<Self>, event: &str, body: Map<String, Value>, except: Option<u64>) -> u64 {
        let mut state = self.lock();
        self.push(&mut state, event, body, except)
    }

    /// The same, and keeps it for those who join later.
    pub(crate) fn say_and_keep(self: &Arc<Self>, event: &str, body: Map<String, Value>, except: Option<u64>) -> u64 {
        let mut state = self.lock();
        let mut kept = body.clone();
        let seq = self.push(&mut state, event, body, except);
        kept.insert("seq".to_owned(), seq.into());
        state.history.push_back(Value::Object(kept));
        if state.history.len() > HISTORY_MAX {
            state.history.pop_front();
        }
        seq
    }

    /// Takes so many bytes from the room's budget of large gifts; whether they fit.
    pub(crate) fn admit_large(&self, bytes: usize, bytes_max: usize, window: Duration) -> bool {
        let mut state = self.lock();
        let now = Instant::now();
        if state.large.since.is_none_or(|since| now.duration_since(since) > window) {
            state.large = LargeBudget { since: Some(now), bytes: 0 };
        }
        let sum = state.large.bytes.saturating_add(bytes);
        if sum > bytes_max {
            return false;
        }
        state.large.bytes = sum;
        true
    }

    /// Since when nobody is here.
    pub(crate) fn empty_since(&self) -> Option<Instant> {
        self.lock().emptied_at
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers a broadcast and lets it be written soon, in order.
    fn push(
        self: &Arc<Self>,
        state: &mut State,
        event: &str,
        mut body: Map<String, Value>,
        except: Option<u64>,
    ) -> u64 {
        state.seq = state.seq.saturating_add(1);
        body.insert("seq".to_owned(), state.seq.into());
        if state.members.is_empty() {
            return state.seq;
        }
        let packet = encode_event(&Namespace::ROOT, event, &Args::from(Value::Object(body)), None);
        state.pending_bytes = state.pending_bytes.saturating_add(packet.bytes());
        state.pending.push(Pending { seq: state.seq, packet, except });
        if !state.is_flushing {
            state.is_flushing = true;
            self.runtime.spawn(flush(Arc::clone(self)));
        } else if state.pending_bytes > GATHERED_BYTES_MAX {
            self.is_full.notify_one();
        }
        state.seq
    }

    /// Tells the viewers of a live room how many they are, now or when the last time is long enough ago.
    fn count_soon(self: &Arc<Self>, state: &mut State) {
        if !state.is_counting && !self.name.is_party() {
            state.is_counting = true;
            let wait = state.counted_at.map_or(Duration::ZERO, |at| COUNT_INTERVAL.saturating_sub(at.elapsed()));
            self.runtime.spawn(count(Arc::downgrade(self), wait));
        }
    }
}

impl State {
    fn members_now(&mut self) -> Arc<Vec<Member>> {
        let members = &self.members;
        Arc::clone(self.snapshot.get_or_insert_with(|| Arc::new(members.values().cloned().collect())))
    }
}
