//! Who is behind a socket.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use domain::{id::UserId, rate::Bucket};
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
    pub(crate) epoch: i32,
    pub(crate) expires_at: DateTime<Utc>,
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
    /// An account, by its token.
    User(Profile),
}

impl Identity {
    /// As rooms tell people apart.
    pub(crate) fn who(&self, socket: u64) -> Who {
        match self {
            Self::Guest | Self::Declared { .. } => Who::Guest(socket),
            Self::User(profile) => Who::User(profile.user_id),
        }
    }

    /// The account, if there is one.
    pub(crate) fn user(&self) -> Option<&Profile> {
        match self {
            Self::User(profile) => Some(profile),
            Self::Guest | Self::Declared { .. } => None,
        }
    }

    /// How others are told of him.
    pub(crate) fn introduction(&self) -> Map<String, Value> {
        let (id, name, level, vip, is_guest) = match self {
            Self::Guest => (Value::Null, "Guest", 1, 0, true),
            Self::Declared { id, name } => ((*id).into(), name.as_str(), 1, 0, true),
            Self::User(profile) => {
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
