//! Live and party rooms: join, leave, speak.

use std::sync::Arc;

use domain::{chat::MessageText, id::UserId};
use serde_json::{Map, Value, json};
use socketio::packet::{Args, Namespace};

use super::{
    Hub, Socket,
    answer::{Answer, members, numbered},
    name::RoomName,
    room::{Room, SEATS, SeatTaken},
    who::{Identity, State},
};
use crate::error::ApiError;

impl Hub {
    /// `live:join` and `party:join`.
    pub(super) async fn join(&self, socket: &Arc<Socket>, name: RoomName, payload: &Map<String, Value>) -> Answer {
        let seat = seat(&name, payload)?;
        self.refuse_important(socket, payload).await?;
        let mut presence = socket.data.lock();
        if presence.is_over {
            return Err(ApiError::disconnected());
        }
        if let Identity::Guest = presence.identity {
            self.declare(&mut presence, payload);
        }
        if seat.is_some() && presence.identity.user().is_none() {
            return Err(ApiError::unauthenticated());
        }
        presence.has_joined = true;
        let entered = self.enter(socket, &mut presence, name, seat)?;
        // Not under the lock: what is sent may end the conversation, which takes it.
        drop(presence);
        Ok(entered.show(socket))
    }

    /// Puts a socket into a room.
    pub(super) fn enter(
        &self,
        socket: &Arc<Socket>,
        presence: &mut State,
        name: RoomName,
        seat: Option<u64>,
    ) -> Result<Entered, ApiError> {
        if !presence.rooms.contains(&name) && presence.rooms.len() >= self.limits.rooms_per_socket {
            return Err(ApiError::too_many_rooms());
        }
        let who = presence.identity.who(socket.number());
        let mut introduction = presence.identity.introduction();
        if let Some(seat) = seat {
            introduction.insert("seat".to_owned(), seat.into());
        }
        let event = arrival(&name);
        let room = self.rooms.open(&name).ok_or_else(ApiError::rooms_full)?;
        let joined = room.join(socket, who, seat, (event, introduction)).map_err(|SeatTaken| ApiError::seat_taken())?;
        self.note(&room, &presence.identity, socket.number());
        let is_live = !name.is_party();
        if !presence.rooms.contains(&name) {
            presence.rooms.push(name);
        }
        let mut answer = members(json!({"seq": joined.seq, "stream": joined.stream}));
        if is_live {
            answer.insert("count".to_owned(), joined.viewers.into());
        }
        if let Some(seat) = seat {
            answer.insert("seat".to_owned(), seat.into());
        }
        let history = if is_live { joined.history } else { Vec::new() };
        Ok(Entered { answer, history })
    }

    /// `live:leave` and `party:leave`.
    pub(super) fn leave(&self, socket: &Arc<Socket>, name: &RoomName) -> Answer {
        let mut presence = socket.data.lock();
        self.returns.forget(&presence.identity, name);
        let Some(place) = presence.rooms.iter().position(|room| room == name) else {
            return Err(ApiError::not_in_room());
        };
        presence.rooms.swap_remove(place);
        self.go(socket, name, &presence.identity);
        Ok(Map::new())
    }

    /// Takes a socket out of a room.
    pub(super) fn go(&self, socket: &Arc<Socket>, name: &RoomName, identity: &Identity) -> Option<u64> {
        let room = self.rooms.find(name)?;
        self.note(&room, identity, socket.number());
        room.leave(socket.number(), departure(name), identity.introduction())
    }

    /// `live:message` and `party:message`.
    pub(super) fn speak(&self, socket: &Arc<Socket>, name: &RoomName, payload: &Map<String, Value>) -> Answer {
        let presence = socket.data.lock();
        let identity = presence.identity.clone();
        let is_inside = presence.rooms.contains(name);
        drop(presence);
        match &identity {
            Identity::Guest => return Err(ApiError::unauthenticated()),
            // Whose id he states has come himself.
            Identity::Declared { id, .. } if !self.sockets_of(UserId::new(*id)).is_empty() => {
                return Err(ApiError::identity_reserved());
            }
            Identity::Declared { .. } | Identity::User { .. } => {}
        }
        if !is_inside {
            return Err(ApiError::not_in_room());
        }
        let text =
            payload.get("message").and_then(Value::as_str).ok_or_else(|| ApiError::malformed_payload("message"))?;
        let text = MessageText::parse(text)?;
        let rates = if name.is_party() { &self.party_rates } else { &self.live_rates };
        rates.take(identity.who(socket.number()), self.clock.now()).map_err(ApiError::slow_down)?;
        let mut body = identity.introduction();
        body.insert("message".to_owned(), text.as_str().into());
        body.insert("timestamp".to_owned(), self.clock.now().timestamp_millis().into());
        let room = self.rooms.find(name).ok_or_else(ApiError::not_in_room)?;
        // Without the sender: the apps show their own line themselves.
        Ok(numbered(say(&room, body, socket.number())))
    }
}

/// A socket is in a room, and has yet to be shown what was said there.
pub(super) struct Entered {
    answer: Map<String, Value>,
    history: Vec<Value>,
}

impl Entered {
    /// Shows the socket what was said; answers what its wish is acknowledged with.
    pub(super) fn show(self, socket: &Arc<Socket>) -> Map<String, Value> {
        if !self.history.is_empty() {
            let history = Args::from(json!({"messages": self.history}));
            socket.emit(&Namespace::ROOT, "live:cached-messages", &history);
        }
        self.answer
    }
}

/// The event that says that somebody has come.
pub(super) const fn arrival(room: &RoomName) -> &'static str {
    if room.is_party() { "party:user-joined" } else { "live:user-joined" }
}

/// The event that says that somebody has gone.
pub(super) const fn departure(room: &RoomName) -> &'static str {
    if room.is_party() { "party:user-left" } else { "live:user-left" }
}

fn say(room: &Arc<Room>, body: Map<String, Value>, sender: u64) -> u64 {
    if room.name.is_party() {
        room.say("party:new-message", body, Some(sender))
    } else {
        room.say_and_keep("live:new-message", body, Some(sender))
    }
}

/// The seat that a payload asks for.
fn seat(name: &RoomName, payload: &Map<String, Value>) -> Result<Option<u64>, ApiError> {
    match payload.get("seat") {
        None | Some(Value::Null) => Ok(None),
        Some(seat) if name.is_party() => match seat.as_u64() {
            Some(seat) if (1..=SEATS).contains(&seat) => Ok(Some(seat)),
            _ => Err(ApiError::malformed_payload("seat")),
        },
        Some(_) => Ok(None),
    }
}
