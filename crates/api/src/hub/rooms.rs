//! All rooms.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use domain::{dice::Dice, id::UserId, room::RoomId};
use tokio::{runtime::Handle, time::interval};

use super::{bus::Bus, name::RoomName, room::Room};

/// How long a room lives that nobody is in.
const EMPTY_LIFE: Duration = Duration::from_mins(10);
/// How long no empty room is looked for after a look in vain.
const EVICTION_INTERVAL: Duration = Duration::from_secs(1);
/// How often rooms are looked at for it.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);

/// All rooms, by name.
pub(crate) struct Rooms {
    rooms_max: usize,
    runtime: Handle,
    bus: Arc<dyn Bus>,
    dice: Arc<dyn Dice>,
    rooms: Mutex<HashMap<RoomName, Arc<Room>>>,
    live: Mutex<Live>,
    /// When no empty room was found last.
    looked_at: Mutex<Option<Instant>>,
}

/// Who is live, in which room.
#[derive(Default)]
struct Live {
    hosts: HashMap<RoomId, HashSet<UserId>>,
    /// Grows with every change that was heard of at once.
    version: u64,
}

impl Live {
    fn of(&self, name: &RoomName) -> HashSet<UserId> {
        match name {
            RoomName::Live(room) => self.hosts.get(room).cloned().unwrap_or_default(),
            RoomName::Party(_) => HashSet::new(),
        }
    }
}

impl Rooms {
    /// No rooms yet; empty ones are swept on the present runtime.
    pub(crate) fn new(rooms_max: usize, bus: Arc<dyn Bus>, dice: Arc<dyn Dice>) -> Arc<Self> {
        let runtime = Handle::current();
        let rooms = Arc::new(Self {
            rooms_max,
            runtime: runtime.clone(),
            bus,
            dice,
            rooms: Mutex::default(),
            live: Mutex::default(),
            looked_at: Mutex::default(),
        });
        runtime.spawn(sweep(Arc::downgrade(&rooms)));
        rooms
    }

    /// The room with this name, made if there is none; `None` when there are too many.
    pub(crate) fn open(&self, name: &RoomName) -> Option<Arc<Room>> {
        // Always locked in this order.
        let live = self.live();
        let mut rooms = self.lock();
        if let Some(room) = rooms.get(name) {
            return Some(Arc::clone(room));
        }
        if rooms.len() >= self.rooms_max && !self.evict(&mut rooms) {
            return None;
        }
        let stream = format!("{:016x}", self.dice.draw());
        let room = Room::new(name.clone(), stream, self.bus.topic(name), self.runtime.clone(), live.of(name));
        rooms.insert(name.clone(), Arc::clone(&room));
        Some(room)
    }

    /// The room with this name, if there is one.
    pub(crate) fn find(&self, name: &RoomName) -> Option<Arc<Room>> {
        self.lock().get(name).cloned()
    }

    /// A host is live in a room from now on, or is not any more; answers the room, if there is one, and the users in it who see
    /// somebody live now.
    pub(crate) fn set_live(&self, room: &RoomId, host: UserId, is_live: bool) -> Option<(Arc<Room>, Vec<UserId>)> {
        let name = RoomName::Live(room.clone());
        // Held while the room is told, so that what is known and what rooms know is the same.
        let mut live = self.live();
        live.version = live.version.wrapping_add(1);
        let hosts = live.hosts.entry(room.clone()).or_default();
        if is_live {
            hosts.insert(host);
        } else {
            hosts.remove(&host);
        }
        if hosts.is_empty() {
            live.hosts.remove(room);
        }
        let found = self.find(&name)?;
        let watching = found.set_hosts(live.of(&name));
        Some((found, watching))
    }

    /// Changes with every [`Self::set_live`].
    pub(crate) fn live_version(&self) -> u64 {
        self.live().version
    }

    /// Who is live, as the database knows it, unless something was heard of since `version`. Answers who sees somebody live
    /// that did not before.
    pub(crate) fn replace_live(
        &self,
        hosts: HashMap<RoomId, HashSet<UserId>>,
        version: u64,
    ) -> Vec<(Arc<Room>, Vec<UserId>)> {
        let mut live = self.live();
        if live.version != version {
            return Vec::new();
        }
        live.hosts = hosts;
        let rooms: Vec<_> = self.lock().values().cloned().collect();
        rooms.into_iter().map(|room| (Arc::clone(&room), room.set_hosts(live.of(&room.name)))).collect()
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for new ones: the tenth that nobody was in for the longest goes. Whether there is room now. After a look in
    /// vain it takes a moment until there is another one, since all rooms are looked at.
    fn evict(&self, rooms: &mut HashMap<RoomName, Arc<Room>>) -> bool {
        let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        if looked_at.is_some_and(|at| at.elapsed() < EVICTION_INTERVAL) {
            return false;
        }
        // Whoever opened one just now holds it, and is about to join.
        let is_free = |room: &Arc<Room>| Arc::strong_count(room) == 1;
        let mut empty: Vec<_> = rooms
            .iter()
            .filter(|(_, room)| is_free(room))
            .filter_map(|(name, room)| Some((room.empty_since()?, name.clone())))
            .collect();
        empty.sort_unstable_by_key(|(since, _)| *since);
        for (_, name) in empty.iter().take(self.rooms_max.div_ceil(10)) {
            rooms.remove(name);
        }
        *looked_at = empty.is_empty().then(Instant::now);
        !empty.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoomName, Arc<Room>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn sweep(rooms: Weak<Rooms>) {
    let mut ticks = interval(SWEEP_INTERVAL);
    loop {
        ticks.tick().await;
        let Some(rooms) = rooms.upgrade() else { return };
        let is_used = |room: &Arc<Room>| room.empty_since().is_none_or(|since| since.elapsed() < EMPTY_LIFE);
        // Whoever opened one just now holds it, and is about to join.
        rooms.lock().retain(|_, room| Arc::strong_count(room) > 1 || is_used(room));
    }
}
