//! Finding out who is behind a socket, and letting him go.

use std::sync::Arc;

use domain::id::UserId;
use serde_json::{Map, Value, json};
use socketio::session::Reason;

use super::{
    Hub, Socket,
    answer::{Answer, Refused, members},
    who::{Identity, Profile, State},
};
use crate::{config::SocketIdentity, error::ApiError};

/// The longest name that a guest may state, in characters.
const NAME_CHARS_MAX: usize = 50;

impl Hub {
    /// Believes a token; from now on the socket speaks for its user.
    pub(super) async fn identify(&self, socket: &Arc<Socket>, token: &str) -> Result<(), Refused> {
        let session = self.accounts.session(token).await.map_err(|error| Refused::from(ApiError::from(error)))?;
        let user_id = session.user_id;
        if socket.data.lock().identity.user().is_some_and(|user| user.user_id != user_id) {
            return Err(Refused::new("identity_taken", "Koneksi ini sudah dipakai akun lain"));
        }
        let user = self.profiles.profile(user_id).await.map_err(|error| Refused::from(ApiError::from(error)))?;
        let profile = Profile {
            user_id,
            name: user.name,
            level: user.level,
            vip: user.vip_level,
            avatar: user.avatar.map(|avatar| avatar.as_str().to_owned()),
            epoch: session.epoch,
            expires_at: session.expires_at,
        };
        let mut presence = socket.data.lock();
        if presence.is_over {
            return Err(Refused::new("disconnected", "Koneksi sudah berakhir"));
        }
        {
            let mut users = self.users();
            let sockets = users.entry(user_id).or_default();
            if sockets.iter().all(|other| other.number() != socket.number()) {
                if sockets.len() >= self.limits.per_user {
                    return Err(Refused::new("too_many_sockets", "Terlalu banyak koneksi"));
                }
                sockets.push(Arc::clone(socket));
            }
        }
        // Rooms that it joined as a guest know it as one: it goes in again as somebody.
        let former = std::mem::replace(&mut presence.identity, Identity::User(profile));
        let rooms = std::mem::take(&mut presence.rooms);
        if former.user().is_some() {
            presence.rooms = rooms;
        } else {
            for room in rooms {
                let seat = self.go(socket, &room, &former);
                // It was in so many rooms before, and its seat has just become free.
                let _ = self.enter(socket, &mut presence, room, seat);
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
        let id = payload.get("userId").and_then(|id| id.as_i64().or_else(|| id.as_str()?.parse().ok()));
        let name = payload.get("username").and_then(Value::as_str).map(str::trim);
        let is_name =
            |name: &&str| (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if let (Some(id), Some(name)) = (id.and_then(UserId::parse), name.filter(is_name)) {
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
            Some(_) => return Err(Refused::malformed("token")),
        }
        if socket.data.lock().identity.user().is_none() {
            self.refuse_important(payload).await?;
        }
        let mut presence = socket.data.lock();
        if let Identity::Guest = presence.identity {
            self.declare(&mut presence, payload);
        }
        let mut entered = Vec::new();
        if !presence.has_joined && !presence.is_over {
            for (room, seat) in self.returns.take(&presence.identity) {
                // Without the seat where it is somebody else's now.
                let again = self.enter(socket, &mut presence, room.clone(), seat);
                let again = again.or_else(|_| self.enter(socket, &mut presence, room.clone(), None));
                entered.extend(again.ok().map(|entered| (room, entered)));
            }
        }
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

    /// Nobody may state the id of an administrator.
    pub(super) async fn refuse_important(&self, payload: &Map<String, Value>) -> Result<(), Refused> {
        if self.limits.identity != SocketIdentity::Declared {
            return Ok(());
        }
        let id = payload.get("userId").and_then(|id| id.as_i64().or_else(|| id.as_str()?.parse().ok()));
        let Some(id) = id.and_then(UserId::parse) else { return Ok(()) };
        let is_important =
            self.accounts.is_administrator(id).await.map_err(|error| Refused::from(ApiError::from(error)))?;
        if is_important { Err(Refused::new("identity_reserved", "Identitas ini tidak dapat dipakai")) } else { Ok(()) }
    }

    /// A socket is gone, or has left.
    pub(super) fn depart(&self, socket: &Arc<Socket>, reason: Reason) {
        let mut presence = socket.data.lock();
        if reason != Reason::ClientNamespaceDisconnect {
            presence.is_over = true;
        }
        let rooms = std::mem::take(&mut presence.rooms);
        let identity = std::mem::take(&mut presence.identity);
        presence.has_joined = false;
        let places: Vec<_> = rooms
            .into_iter()
            .map(|room| {
                let seat = self.go(socket, &room, &identity);
                (room, seat)
            })
            .collect();
        drop(presence);
        let has_fallen_out = !matches!(reason, Reason::ClientNamespaceDisconnect | Reason::ServerNamespaceDisconnect);
        if has_fallen_out {
            self.returns.remember(&identity, places);
        }
        if let Some(user) = identity.user() {
            let mut users = self.users();
            if let Some(sockets) = users.get_mut(&user.user_id) {
                sockets.retain(|other| other.number() != socket.number());
                if sockets.is_empty() {
                    users.remove(&user.user_id);
                }
            }
        }
    }
}
