//! All rooms.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use domain::dice::Dice;
use tokio::{runtime::Handle, time::interval};

use super::{name::RoomName, room::Room};

/// How long a room lives that nobody is in.
const EMPTY_LIFE: Duration = Duration::from_mins(10);
/// How often rooms are looked at for it.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);

/// All rooms, by name.
pub(crate) struct Rooms {
    rooms_max: usize,
    runtime: Handle,
    dice: Arc<dyn Dice>,
    rooms: Mutex<HashMap<RoomName, Arc<Room>>>,
}

impl Rooms {
    /// No rooms yet; empty ones are swept on the present runtime.
    pub(crate) fn new(rooms_max: usize, dice: Arc<dyn Dice>) -> Arc<Self> {
        let runtime = Handle::current();
        let rooms = Arc::new(Self { rooms_max, runtime: runtime.clone(), dice, rooms: Mutex::default() });
        runtime.spawn(sweep(Arc::downgrade(&rooms)));
        rooms
    }

    /// The room with this name, made if there is none; `None` when there are too many.
    pub(crate) fn open(&self, name: &RoomName) -> Option<Arc<Room>> {
        let mut rooms = self.lock();
        if let Some(room) = rooms.get(name) {
            return Some(Arc::clone(room));
        }
        if rooms.len() >= self.rooms_max {
            return None;
        }
        let stream = format!("{:016x}", self.dice.draw());
        let room = Room::new(name.clone(), stream, self.runtime.clone());
        rooms.insert(name.clone(), Arc::clone(&room));
        Some(room)
    }

    /// The room with this name, if there is one.
    pub(crate) fn find(&self, name: &RoomName) -> Option<Arc<Room>> {
        self.lock().get(name).cloned()
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
