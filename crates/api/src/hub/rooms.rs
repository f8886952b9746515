//! All rooms.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use domain::dice::Dice;
use tokio::{runtime::Handle, time::interval};

use super::{bus::Bus, name::RoomName, room::Room};

/// How long a room lives that nobody is in.
const EMPTY_LIFE: Duration = Duration::from_mins(10);
/// How often empty rooms are thrown away early when there are too many.
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
    /// When room was made for new ones last.
    evicted_at: Mutex<Option<Instant>>,
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
            evicted_at: Mutex::default(),
        });
        runtime.spawn(sweep(Arc::downgrade(&rooms)));
        rooms
    }

    /// The room with this name, made if there is none; `None` when there are too many.
    pub(crate) fn open(&self, name: &RoomName) -> Option<Arc<Room>> {
        let mut rooms = self.lock();
        if let Some(room) = rooms.get(name) {
            return Some(Arc::clone(room));
        }
        if rooms.len() >= self.rooms_max && !self.evict(&mut rooms) {
            return None;
        }
        let stream = format!("{:016x}", self.dice.draw());
        let room = Room::new(name.clone(), stream, self.bus.topic(name), self.runtime.clone());
        rooms.insert(name.clone(), Arc::clone(&room));
        Some(room)
    }

    /// The room with this name, if there is one.
    pub(crate) fn find(&self, name: &RoomName) -> Option<Arc<Room>> {
        self.lock().get(name).cloned()
    }

    /// Makes room for new ones: no empty room keeps somebody out. Whether there is room now. Not done all the time, since
    /// all rooms are looked at.
    fn evict(&self, rooms: &mut HashMap<RoomName, Arc<Room>>) -> bool {
        let now = Instant::now();
        let mut evicted_at = self.evicted_at.lock().unwrap_or_else(PoisonError::into_inner);
        if evicted_at.is_some_and(|at| now.duration_since(at) < EVICTION_INTERVAL) {
            return false;
        }
        *evicted_at = Some(now);
        retain(rooms, Duration::ZERO);
        rooms.len() < self.rooms_max
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
        retain(&mut rooms.lock(), EMPTY_LIFE);
    }
}

/// Keeps the rooms that somebody is in, or was within `life`.
fn retain(rooms: &mut HashMap<RoomName, Arc<Room>>, life: Duration) {
    let is_used = |room: &Arc<Room>| room.empty_since().is_none_or(|since| since.elapsed() < life);
    // Whoever opened one just now holds it, and is about to join.
    rooms.retain(|_, room| Arc::strong_count(room) > 1 || is_used(room));
}
