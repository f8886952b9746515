//! Who is behind a socket.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use domain::{id::UserId, rate::Bucket, user::User};
use serde_json::{Map, Value, json};

use super::name::RoomName;

/// Somebody, as rooms tell people apart: a guest is one for each socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// An account.
    User(UserId),
    /// Nobody known, by the number of the socket.
    Guest(u64),
}

/// An account, as others see it.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) user_id: UserId,
    pub(crate) name: String,
    pub(crate) level: i32,
    pub(crate) vip: i32,
    pub(crate) avatar: Option<String>,
}

impl Profile {
    /// What others see of a user.
    pub(crate) fn of(user: User) -> Self {
        Self {
            user_id: user.id,
            name: user.name,
            level: user.level,
            vip: user.vip_level,
            avatar: user.avatar.map(|avatar| avatar.as_str().to_owned()),
        }
    }
}

/// Whom a socket speaks for.
#[derive(Debug, Clone, Default)]
pub(crate) enum Identity {
    /// Nobody.
    #[default]
    Guest,
    /// A guest who says who he is, where that is allowed. Others are told that it is only said.
    Declared {
        /// The id that he states.
        id: i64,
        /// The name that he states.
        name: String,
    },
    /// An account, by its token, which is good until the one changes or the other comes.
    User { profile: Profile, epoch: i32, expires_at: DateTime<Utc> },
}

impl Identity {
    /// As rooms tell people apart.
    pub(crate) fn who(&self, socket: u64) -> Who {
        match self {
            Self::Guest | Self::Declared { .. } => Who::Guest(socket),
            Self::User { profile, .. } => Who::User(profile.user_id),
        }
    }

    /// The account, if there is one.
    pub(crate) fn user(&self) -> Option<&Profile> {
        match self {
            Self::User { profile, .. } => Some(profile),
            Self::Guest | Self::Declared { .. } => None,
        }
    }

    /// Whether the token is still good: its time is not over, and its epoch is among those in force, where they are known.
    pub(crate) fn is_good(&self, epochs: Option<&HashMap<UserId, i32>>, now: DateTime<Utc>) -> bool {
        match self {
            Self::Guest | Self::Declared { .. } => true,
            Self::User { profile, epoch, expires_at } => {
                now < *expires_at && epochs.is_none_or(|epochs| epochs.get(&profile.user_id) == Some(epoch))
            }
        }
    }

    /// How others are told of him.
    pub(crate) fn introduction(&self) -> Map<String, Value> {
        let (id, name, level, vip, is_guest) = match self {
            Self::Guest => (Value::Null, "Guest", 1, 0, true),
            Self::Declared { id, name } => ((*id).into(), name.as_str(), 1, 0, true),
            Self::User { profile, .. } => {
                (profile.user_id.value().into(), profile.name.as_str(), profile.level, profile.vip, false)
            }
        };
        let mut body = Map::new();
        body.insert("userId".to_owned(), id);
        body.insert("username".to_owned(), name.into());
        body.insert("level".to_owned(), level.into());
        body.insert("vip".to_owned(), vip.into());
        if is_guest {
            body.insert("guest".to_owned(), json!(true));
        }
        body
    }
}

/// What the hub knows of a socket.
#[derive(Default)]
pub(crate) struct Presence(Mutex<State>);

#[derive(Default)]
pub(crate) struct State {
    pub(crate) identity: Identity,
    pub(crate) rooms: Vec<RoomName>,
    /// Whether it has said that its user is here, and so is put back into his rooms.
    pub(crate) is_present: bool,
    /// Whether it has joined a room by itself, so that it is not put back into one.
    pub(crate) has_joined: bool,
    /// Whether the conversation is over: it joins nothing any more.
    pub(crate) is_over: bool,
    pub(crate) events: Bucket,
}

impl Presence {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_its_time_is_over_or_its_epoch_is() {
        let (id, at) = (UserId::new(7), |seconds| DateTime::from_timestamp(1_795_000_000_i64 + seconds, 0).unwrap());
        let profile = Profile { user_id: id, name: "Siti".to_owned(), level: 1, vip: 0, avatar: None };
        let user = Identity::User { profile, epoch: 2, expires_at: at(10) };
        let (same, other, nobody) = (HashMap::from([(id, 2)]), HashMap::from([(id, 3)]), HashMap::new());
        for (epochs, now, expected) in [
            (Some(&same), 9, true),
            (Some(&same), 10, false),
            (Some(&other), 0, false),
            (Some(&nobody), 0, false),
            (None, 9, true),
            (None, 10, false),
        ] {
            assert_eq!(user.is_good(epochs, at(now)), expected, "{epochs:?} {now}");
        }
        assert!(Identity::Guest.is_good(Some(&nobody), at(99)));
    }
}
