//! Rooms that people fell out of, and are put back into when they come back soon.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::id::UserId;

use super::{name::RoomName, who::Identity};

/// How long somebody may take to come back.
const RETURN_WITHIN: Duration = Duration::from_mins(2);
/// The most lost connections that are remembered.
const CONNECTIONS_MAX: usize = 100_000;
/// The most lost connections of one person that are remembered.
const CONNECTIONS_PER_PERSON: usize = 8;
/// How often those who did not come back in time are forgotten.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);

/// A room, and the seat in it.
pub(super) type Place = (RoomName, Option<u64>);

/// Who is remembered: an account, or who a guest says that he is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Person {
    User(UserId),
    Declared(i64, String),
}

/// When a connection was lost, and which rooms it was in.
type Lost = (Instant, Vec<Place>);

/// Rooms that people fell out of, for each of their connections. Which device comes back is not known: it gets the rooms of the
/// connection that was lost last, which is the likeliest.
#[derive(Default)]
pub(super) struct Returns(Mutex<State>);

#[derive(Default)]
struct State {
    people: HashMap<Person, Vec<Lost>>,
    /// How many connections are remembered in all.
    connections: usize,
    swept_at: Option<Instant>,
}

impl Returns {
    /// Remembers where somebody was whose connection broke.
    pub(super) fn remember(&self, identity: &Identity, places: Vec<Place>) {
        let Some(person) = person(identity).filter(|_| !places.is_empty()) else { return };
        let mut state = self.lock();
        state.sweep(Instant::now());
        if state.connections >= CONNECTIONS_MAX {
            return;
        }
        let lost = state.people.entry(person).or_default();
        if lost.len() < CONNECTIONS_PER_PERSON {
            lost.push((Instant::now(), places));
            state.connections = state.connections.saturating_add(1);
        }
    }

    /// Where somebody is put back who has come back, once.
    pub(super) fn take(&self, identity: &Identity) -> Vec<Place> {
        let Some(person) = person(identity) else { return Vec::new() };
        let mut state = self.lock();
        let Some(lost) = state.people.get_mut(&person) else { return Vec::new() };
        let last = lost.pop();
        if lost.is_empty() {
            state.people.remove(&person);
        }
        let Some(last) = last else { return Vec::new() };
        state.connections = state.connections.saturating_sub(1);
        if is_recent(&last) { last.1 } else { Vec::new() }
    }

    /// Forgets a room that somebody left on purpose.
    pub(super) fn forget(&self, identity: &Identity, room: &RoomName) {
        let Some(person) = person(identity) else { return };
        let mut state = self.lock();
        let Some(lost) = state.people.get_mut(&person) else { return };
        let before = lost.len();
        lost.iter_mut().for_each(|(_, places)| places.retain(|(name, _)| name != room));
        lost.retain(|(_, places)| !places.is_empty());
        let forgotten = before.saturating_sub(lost.len());
        if lost.is_empty() {
            state.people.remove(&person);
        }
        state.connections = state.connections.saturating_sub(forgotten);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn sweep(&mut self, now: Instant) {
        if self.swept_at.is_some_and(|at| now.duration_since(at) < SWEEP_INTERVAL) {
            return;
        }
        self.swept_at = Some(now);
        self.people.retain(|_, lost| {
            lost.retain(is_recent);
            !lost.is_empty()
        });
        self.connections = self.people.values().map(Vec::len).sum();
    }
}

fn is_recent((at, _): &Lost) -> bool {
    at.elapsed() < RETURN_WITHIN
}

fn person(identity: &Identity) -> Option<Person> {
    match identity {
        Identity::Guest => None,
        Identity::Declared { id, name } => Some(Person::Declared(*id, name.clone())),
        Identity::User { profile, .. } => Some(Person::User(profile.user_id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::name;

    fn room(name: &str) -> RoomName {
        RoomName::Live(name::parse(&name.into()).unwrap())
    }

    fn declared(id: i64) -> Identity {
        Identity::Declared { id, name: "Siti".to_owned() }
    }

    #[test]
    fn somebody_is_put_back_once_into_what_he_did_not_leave() {
        let returns = Returns::default();
        returns.remember(&declared(7), vec![(room("a"), None), (room("b"), Some(3))]);
        returns.forget(&declared(7), &room("a"));
        assert_eq!(returns.take(&declared(8)), []);
        assert_eq!(returns.take(&declared(7)), [(room("b"), Some(3))]);
        assert_eq!(returns.take(&declared(7)), []);
    }

    #[test]
    fn the_connection_that_was_lost_last_comes_back_first() {
        let returns = Returns::default();
        for name in ["a", "b", "c", "d", "e", "f", "g", "h", "too many"] {
            returns.remember(&declared(7), vec![(room(name), None)]);
        }
        // What was left on purpose does not count.
        returns.forget(&declared(7), &room("g"));
        for name in ["h", "f", "e", "d", "c", "b", "a"] {
            assert_eq!(returns.take(&declared(7)), [(room(name), None)]);
        }
        assert_eq!(returns.take(&declared(7)), []);
        let state = returns.lock();
        assert_eq!((state.people.len(), state.connections), (0, 0));
    }

    #[test]
    fn guests_are_nobody_and_are_not_remembered() {
        let returns = Returns::default();
        returns.remember(&Identity::Guest, vec![(room("a"), None)]);
        assert_eq!(returns.take(&Identity::Guest), []);
    }
}
