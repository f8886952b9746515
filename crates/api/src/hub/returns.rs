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
/// The most people that are remembered.
const PEOPLE_MAX: usize = 100_000;
/// The most lost connections of one person that are remembered.
const CONNECTIONS_MAX: usize = 8;

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

/// Rooms that people fell out of: for each of their connections, so that each of their devices comes back into its own.
#[derive(Default)]
pub(super) struct Returns(Mutex<HashMap<Person, Vec<Lost>>>);

impl Returns {
    /// Remembers where somebody was whose connection broke.
    pub(super) fn remember(&self, identity: &Identity, places: Vec<Place>) {
        let Some(person) = person(identity) else { return };
        let mut people = self.lock();
        if people.len() >= PEOPLE_MAX {
            people.retain(|_, lost| lost.iter().any(is_recent));
        }
        if people.len() < PEOPLE_MAX && !places.is_empty() {
            let lost = people.entry(person).or_default();
            lost.retain(is_recent);
            if lost.len() < CONNECTIONS_MAX {
                lost.push((Instant::now(), places));
            }
        }
    }

    /// Where somebody is put back who has come back, once: the rooms of the connection that was lost first.
    pub(super) fn take(&self, identity: &Identity) -> Vec<Place> {
        let Some(person) = person(identity) else { return Vec::new() };
        let mut people = self.lock();
        let Some(mut lost) = people.remove(&person) else { return Vec::new() };
        lost.retain(is_recent);
        if lost.is_empty() {
            return Vec::new();
        }
        let (_, places) = lost.remove(0);
        if !lost.is_empty() {
            people.insert(person, lost);
        }
        places
    }

    /// Forgets a room that somebody left on purpose.
    pub(super) fn forget(&self, identity: &Identity, room: &RoomName) {
        if let Some(person) = person(identity)
            && let Some(lost) = self.lock().get_mut(&person)
        {
            lost.iter_mut().for_each(|(_, places)| places.retain(|(name, _)| name != room));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Person, Vec<Lost>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn each_lost_connection_comes_back_into_its_own_rooms() {
        let returns = Returns::default();
        for name in ["a", "b", "c", "d", "e", "f", "g", "h", "too many"] {
            returns.remember(&declared(7), vec![(room(name), None)]);
        }
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            assert_eq!(returns.take(&declared(7)), [(room(name), None)]);
        }
        assert_eq!(returns.take(&declared(7)), []);
    }

    #[test]
    fn guests_are_nobody_and_are_not_remembered() {
        let returns = Returns::default();
        returns.remember(&Identity::Guest, vec![(room("a"), None)]);
        assert_eq!(returns.take(&Identity::Guest), []);
    }
}
