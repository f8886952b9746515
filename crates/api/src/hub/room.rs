//! One room: who is in it, what it says, in which order.

mod budget;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use domain::id::UserId;
use serde_json::{Map, Value};
use tokio::{runtime::Handle, time::sleep};

use self::budget::LargeBudget;
use super::{
    Socket,
    bus::{Broadcast, Topic},
    name::RoomName,
    who::Who,
};

/// How many messages somebody who joins is shown.
const HISTORY_MAX: usize = 50;
/// A room tells its viewers how many they are at most this often.
const COUNT_INTERVAL: Duration = Duration::from_millis(250);
/// The seats of a party room, from 1.
pub(crate) const SEATS: u64 = 8;

/// A room.
pub(crate) struct Room {
    pub(crate) name: RoomName,
    runtime: Handle,
    /// Where what it says is heard.
    topic: Arc<dyn Topic>,
    state: Mutex<State>,
}

struct State {
    /// Names the life of this room: numbers of another one do not go on.
    stream: String,
    seq: u64,
    /// Whose sockets are here.
    members: HashMap<u64, Who>,
    /// How many sockets everybody has here.
    people: HashMap<Who, u32>,
    /// Who is live here, and so is no viewer.
    hosts: HashSet<UserId>,
    seats: HashMap<u64, Who>,
    history: VecDeque<Value>,
    counted_at: Option<Instant>,
    is_counting: bool,
    emptied_at: Option<Instant>,
    large: LargeBudget,
}

impl State {
    /// The accounts that are here.
    fn users(&self) -> impl Iterator<Item = UserId> {
        self.people.keys().filter_map(|who| match who {
            Who::User(user) => Some(*user),
            Who::Guest(_) => None,
        })
    }

    /// How many watch: everybody but who is live here.
    fn viewers(&self) -> usize {
        let hosts = self.hosts.iter().filter(|host| self.people.contains_key(&Who::User(**host))).count();
        self.people.len().saturating_sub(hosts)
    }
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
    pub(crate) fn new(
        name: RoomName,
        stream: String,
        topic: Arc<dyn Topic>,
        runtime: Handle,
        hosts: HashSet<UserId>,
    ) -> Arc<Self> {
        let state = State {
            stream,
            seq: 0,
            members: HashMap::new(),
            people: HashMap::new(),
            hosts,
            seats: HashMap::new(),
            history: VecDeque::new(),
            counted_at: None,
            is_counting: false,
            emptied_at: Some(Instant::now()),
            large: LargeBudget::default(),
        };
        Arc::new(Self { name, runtime, topic, state: Mutex::new(state) })
    }

    /// Lets a socket in, on a seat if one is wanted and free, and announces it unless its user is here already, on
    /// the same seat.
    pub(crate) fn join(
        self: &Arc<Self>,
        socket: &Arc<Socket>,
        who: Who,
        seat: Option<u64>,
        announcement: (&'static str, Map<String, Value>),
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
        self.topic.subscribe(socket, seq);
        state.emptied_at = None;
        let mut is_new = false;
        if state.members.insert(socket.number(), who).is_none() {
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
            viewers: state.viewers(),
        })
    }

    /// A socket speaks for somebody else from now on: he is announced as gone, and the other one as come, unless they have other
    /// sockets here. It hears everything meanwhile.
    pub(crate) fn rename(
        self: &Arc<Self>,
        number: u64,
        who: Who,
        (left, former_body): (&'static str, Map<String, Value>),
        (joined, body): (&'static str, Map<String, Value>),
    ) {
        let mut state = self.lock();
        let Some(member) = state.members.get_mut(&number) else { return };
        let former = std::mem::replace(member, who);
        let rest = state.people.get(&former).map_or(0, |sockets| sockets.saturating_sub(1));
        if rest == 0 {
            state.people.remove(&former);
            state.seats.retain(|_, holder| *holder != former);
            self.push(&mut state, left, former_body, Some(number));
        } else {
            state.people.insert(former, rest);
        }
        let sockets = state.people.entry(who).or_default();
        *sockets = sockets.saturating_add(1);
        if *sockets == 1 {
            self.push(&mut state, joined, body, Some(number));
        }
        self.count_soon(&mut state);
    }

    /// Lets a socket go, and announces it when its user has no other one here. Answers the seat that became free.
    pub(crate) fn leave(
        self: &Arc<Self>,
        number: u64,
        event: &'static str,
        mut body: Map<String, Value>,
    ) -> Option<u64> {
        let mut state = self.lock();
        let who = state.members.remove(&number)?;
        self.topic.unsubscribe(number);
        let mut freed = None;
        if let Some(sockets) = state.people.get_mut(&who) {
            *sockets = sockets.saturating_sub(1);
            if *sockets == 0 {
                state.people.remove(&who);
                freed = state.seats.iter().find(|(_, holder)| **holder == who).map(|(seat, _)| *seat);
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
    pub(crate) fn say(&self, event: &'static str, body: Map<String, Value>, except: Option<u64>) -> u64 {
        let mut state = self.lock();
        self.push(&mut state, event, body, except)
    }

    /// The same, and keeps it for those who join later.
    pub(crate) fn say_and_keep(&self, event: &'static str, body: Map<String, Value>, except: Option<u64>) -> u64 {
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
        self.lock().large.admit(bytes, bytes_max, window)
    }

    /// Says who is live here; answers the users who are here, when somebody is that was not before.
    pub(crate) fn set_hosts(self: &Arc<Self>, hosts: HashSet<UserId>) -> Vec<UserId> {
        let mut state = self.lock();
        if state.hosts == hosts {
            return Vec::new();
        }
        let has_new = !hosts.is_subset(&state.hosts);
        state.hosts = hosts;
        self.count_soon(&mut state);
        if has_new { state.users().collect() } else { Vec::new() }
    }

    /// Whether somebody is live here.
    pub(crate) fn is_live(&self) -> bool {
        !self.lock().hosts.is_empty()
    }

    /// Which of those who are live here are here.
    pub(crate) fn hosts_present(&self) -> Vec<UserId> {
        let state = self.lock();
        state.users().filter(|user| state.hosts.contains(user)).collect()
    }

    /// Since when nobody is here.
    pub(crate) fn empty_since(&self) -> Option<Instant> {
        self.lock().emptied_at
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers what the room says and lets it be heard.
    fn push(&self, state: &mut State, event: &'static str, mut body: Map<String, Value>, except: Option<u64>) -> u64 {
        state.seq = state.seq.saturating_add(1);
        body.insert("seq".to_owned(), state.seq.into());
        self.topic.publish(Broadcast { seq: state.seq, event, body, except });
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

/// Tells the viewers of a live room how many they are.
async fn count(room: Weak<Room>, wait: Duration) {
    sleep(wait).await;
    let Some(room) = room.upgrade() else { return };
    let mut state = room.lock();
    (state.is_counting, state.counted_at) = (false, Some(Instant::now()));
    let viewers = state.viewers();
    room.push(&mut state, "live:viewer-count", Map::from_iter([("count".to_owned(), viewers.into())]), None);
}
