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

/// A room, and the seat in it.
pub(super) type Place = (RoomName, Option<u64>);

/// Who is remembered: an account, or who a guest says that he is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Person {
    User(UserId),
    Declared(i64, String),
}

/// Rooms that people fell out of.
#[derive(Default)]
pub(super) struct Returns(Mutex<HashMap<Person, (Instant, Vec<Place>)>>);

impl Returns {
    /// Remembers where somebody was whose connection broke.
    pub(super) fn remember(&self, identity: &Identity, places: Vec<Place>) {
        let Some(person) = person(identity) else { return };
        let mut people = self.lock();
        if people.len() >= PEOPLE_MAX {
            people.retain(|_, (at, _)| at.elapsed() < RETURN_WITHIN);
        }
        if people.len() < PEOPLE_MAX && !places.is_empty() {
            people.insert(person, (Instant::now(), places));
        }
    }

    /// Where somebody is put back who has come back, once.
    pub(super) fn take(&self, identity: &Identity) -> Vec<Place> {
        let remembered = person(identity).and_then(|person| self.lock().remove(&person));
        remembered.filter(|(at, _)| at.elapsed() < RETURN_WITHIN).map(|(_, places)| places).unwrap_or_default()
    }

    /// Forgets a room that somebody left on purpose.
    pub(super) fn forget(&self, identity: &Identity, room: &RoomName) {
        if let Some(person) = person(identity)
            && let Some((_, places)) = self.lock().get_mut(&person)
        {
            places.retain(|(name, _)| name != room);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Person, (Instant, Vec<Place>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    fn guests_are_nobody_and_are_not_remembered() {
        let returns = Returns::default();
        returns.remember(&Identity::Guest, vec![(room("a"), None)]);
        assert_eq!(returns.take(&Identity::Guest), []);
    }
}
