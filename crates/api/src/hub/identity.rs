//! Finding out who is behind a socket, and letting him go.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use socketio::session::Reason;

use super::{
    Hub, Socket,
    answer::{Answer, members, user_id},
    live::{Entered, arrival, departure},
    name::RoomName,
    who::{Identity, Profile, State, Who},
};
use crate::{config::SocketIdentity, error::ApiError};

/// The longest name that a guest may state, in characters.
const NAME_CHARS_MAX: usize = 50;

impl Hub {
    /// Believes a token; from now on the socket speaks for its user.
    pub(super) async fn identify(&self, socket: &Arc<Socket>, token: &str) -> Result<(), ApiError> {
        let session = self.accounts.session(token).await?;
        let user_id = session.user_id;
        if socket.data.lock().identity.user().is_some_and(|user| user.user_id != user_id) {
            return Err(ApiError::identity_taken());
        }
        let user = self.profiles.profile(user_id).await?;
        let (epoch, expires_at) = (session.epoch, session.expires_at);
        let identity = Identity::User { profile: Profile::of(user), epoch, expires_at };
        let mut presence = socket.data.lock();
        if presence.is_over {
            return Err(ApiError::disconnected());
        }
        {
            let mut users = self.users();
            let sockets = users.entry(user_id).or_default();
            if sockets.iter().all(|other| other.number() != socket.number()) {
                if sockets.len() >= self.limits.per_user {
                    return Err(ApiError::too_many_sockets());
                }
                sockets.push(Arc::clone(socket));
            }
        }
        let former = std::mem::replace(&mut presence.identity, identity);
        if former.user().is_none() {
            // Rooms that it joined as a guest know it as one. A guest has no seat.
            for name in &presence.rooms {
                let Some(room) = self.rooms.find(name) else { continue };
                let (come, gone) = (arrival(name), departure(name));
                let (was, is) = (former.introduction(), presence.identity.introduction());
                room.rename(socket.number(), Who::User(user_id), (gone, was), (come, is));
                self.note(&room, &presence.identity, socket.number());
            }
        }
        drop(presence);
        socket.logged_in();
        Ok(())
    }

    /// Notes who a guest says he is, where that is allowed and the name is nobody's that matters.
    pub(super) fn declare(&self, presence: &mut State, payload: &Map<String, Value>) {
        if self.limits.identity != SocketIdentity::Declared {
            return;
        }
        let id = user_id(payload.get("userId"));
        let name = payload.get("username").and_then(Value::as_str).map(str::trim);
        let is_name =
            |name: &&str| (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if let (Some(id), Some(name)) = (id, name.filter(is_name)) {
            // Never under the id of somebody who is connected with a token.
            if self.sockets_of(id).is_empty() {
                presence.identity = Identity::Declared { id: id.value(), name: name.to_owned() };
            }
        }
    }

    /// `user:join`: marks presence, and puts somebody back who has come back.
    pub(super) async fn user_join(&self, socket: &Arc<Socket>, payload: &Map<String, Value>) -> Answer {
        match payload.get("token") {
            Some(Value::String(token)) => self.identify(socket, token).await?,
            None | Some(Value::Null) => {}
            Some(_) => return Err(ApiError::malformed_payload("token")),
        }
        self.refuse_important(socket, payload).await?;
        let mut presence = socket.data.lock();
        if let Identity::Guest = presence.identity {
            self.declare(&mut presence, payload);
        }
        presence.is_present = true;
        let entered = self.put_back(socket, &mut presence);
        let user = presence.identity.introduction();
        drop(presence);
        let rooms: Vec<Value> = entered
            .into_iter()
            .map(|(room, entered)| {
                entered.show(socket);
                json!({"roomId": room.id(), "party": room.is_party()})
            })
            .collect();
        Ok(members(json!({"user": user, "rooms": rooms})))
    }

    /// Puts a socket into the rooms that its user fell out of, if it is in none by itself.
    fn put_back(&self, socket: &Arc<Socket>, presence: &mut State) -> Vec<(RoomName, Entered)> {
        let mut entered = Vec::new();
        if presence.has_joined || presence.is_over {
            return entered;
        }
        for (room, seat) in self.returns.take(&presence.identity) {
            // Without the seat where it is somebody else's now.
            let again = self.enter(socket, presence, room.clone(), seat);
            let again = again.or_else(|_| self.enter(socket, presence, room.clone(), None));
            entered.extend(again.ok().map(|entered| (room, entered)));
        }
        entered
    }

    /// A guest may not state the id of an administrator.
    pub(super) async fn refuse_important(&self, socket: &Socket, payload: &Map<String, Value>) -> Result<(), ApiError> {
        if self.limits.identity != SocketIdentity::Declared || socket.data.lock().identity.user().is_some() {
            return Ok(());
        }
        let Some(id) = user_id(payload.get("userId")) else { return Ok(()) };
        let is_important = self.accounts.is_administrator(id).await?;
        if is_important { Err(ApiError::identity_reserved()) } else { Ok(()) }
    }

    /// A socket is gone, or has left.
    pub(super) fn depart(&self, socket: &Arc<Socket>, reason: Reason) {
        let mut presence = socket.data.lock();
        if reason != Reason::ClientNamespaceDisconnect {
            presence.is_over = true;
        }
        let rooms = std::mem::take(&mut presence.rooms);
        let identity = std::mem::take(&mut presence.identity);
        (presence.is_present, presence.has_joined) = (false, false);
        drop(presence);
        if let Some(user) = identity.user() {
            let mut users = self.users();
            if let Some(sockets) = users.get_mut(&user.user_id) {
                sockets.retain(|other| other.number() != socket.number());
                if sockets.is_empty() {
                    users.remove(&user.user_id);
                }
            }
        }
        let has_fallen_out = !matches!(reason, Reason::ClientNamespaceDisconnect | Reason::ServerNamespaceDisconnect);
        let handed_over = if has_fallen_out { self.hand_over(socket, &identity, &rooms) } else { Vec::new() };
        let leave = |room: RoomName| {
            let seat = self.go(socket, &room, &identity);
            (room, seat)
        };
        let mut places: Vec<_> = rooms.into_iter().map(leave).collect();
        places.retain(|(room, _)| !handed_over.contains(room));
        if has_fallen_out && !places.is_empty() {
            self.returns.remember(&identity, places);
            // Who said that he is here since was not told of them.
            if let Some(heir) = self.heir(socket, &identity) {
                let mut presence = heir.data.lock();
                let entered = self.put_back(&heir, &mut presence);
                drop(presence);
                for (_, room) in entered {
                    room.show(&heir);
                }
            }
        }
    }

    /// The socket of the same user that came for this one, before or while it was found to be gone: a newer one, which is in
    /// no room yet.
    fn heir(&self, socket: &Socket, identity: &Identity) -> Option<Arc<Socket>> {
        let user = identity.user()?;
        self.sockets_of(user.user_id).into_iter().find(|heir| {
            let presence = heir.data.lock();
            heir.number() > socket.number() && is_waiting(&presence)
        })
    }

    /// Puts a socket of the same user into his rooms that came back before this one was known to be gone; answers into which.
    /// It goes in first, so that he is neither announced as gone nor loses his seat.
    fn hand_over(&self, socket: &Socket, identity: &Identity, rooms: &[RoomName]) -> Vec<RoomName> {
        let Some(heir) = self.heir(socket, identity) else { return Vec::new() };
        let mut presence = heir.data.lock();
        // It may have gone meanwhile, or joined a room.
        if !is_waiting(&presence) {
            return Vec::new();
        }
        let enter = |room: &RoomName| {
            let entered = self.enter(&heir, &mut presence, room.clone(), None);
            entered.ok().map(|entered| (room.clone(), entered))
        };
        let entered: Vec<_> = rooms.iter().filter_map(enter).collect();
        drop(presence);
        let show = |(room, entered): (RoomName, Entered)| {
            entered.show(&heir);
            room
        };
        entered.into_iter().map(show).collect()
    }
}

/// Whether a socket has said that its user is here, and is in no room.
fn is_waiting(presence: &State) -> bool {
    presence.is_present && !presence.has_joined && !presence.is_over && presence.rooms.is_empty()
}
