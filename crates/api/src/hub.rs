//! The hub: who is connected, in which rooms, and what the events of their sockets do.
//!
//! It knows nothing of transports and frames: that is the driver's ([`crate::realtime`]). Locks are taken in one order:
//! a socket's presence, then who is live, then the list of rooms, then a room, then its topic on the bus, then the connection;
//! nothing is sent to a single socket under all but the last.

mod answer;
mod bus;
mod chat;
mod event;
mod gift;
mod identity;
mod live;
mod name;
mod payments;
mod returns;
mod room;
mod rooms;
mod sessions;
mod watch;
mod who;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::{
    chat::ChatService,
    dice::Dice,
    gift::GiftService,
    id::UserId,
    live::LiveService,
    rate::Quotas,
    time::Clock,
    user::{AccountService, ProfileService},
};
use serde_json::{Map, Value};
use socketio::{
    packet::{Args, Namespace},
    session::{AckTicket, Close, Message, Reason},
};

use self::{
    answer::{Answer, acknowledge, connect_error, payload},
    bus::Bus,
    event::ClientEvent,
    name::RoomName,
    payments::Payments,
    returns::Returns,
    rooms::Rooms,
    who::{Presence, Who},
};
use crate::{
    adapters::StoredAudience,
    config::SocketSettings,
    error::ApiError,
    lane::Lane,
    realtime::{Application, Connection},
};

pub(crate) use bus::LocalBus;
pub use event::client_events;
pub(crate) use gift::HubPublisher;
pub(crate) use sessions::tend;
pub(crate) use watch::watch;

/// A client, as the hub knows it.
pub(crate) type Socket = Connection<Hub>;

/// Everything that the hub asks of the rest.
pub(crate) struct HubServices {
    pub(crate) accounts: Arc<AccountService>,
    pub(crate) profiles: Arc<ProfileService>,
    pub(crate) gifts: Arc<GiftService>,
    pub(crate) money: Arc<Lane>,
    pub(crate) chats: Arc<ChatService>,
    pub(crate) messages: Arc<Lane>,
    pub(crate) live: Arc<LiveService>,
    pub(crate) audience: Arc<StoredAudience>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) dice: Arc<dyn Dice>,
}

/// The hub.
pub(crate) struct Hub {
    limits: SocketSettings,
    accounts: Arc<AccountService>,
    profiles: Arc<ProfileService>,
    gifts: Arc<GiftService>,
    money: Arc<Lane>,
    chats: Arc<ChatService>,
    messages: Arc<Lane>,
    live: Arc<LiveService>,
    audience: Arc<StoredAudience>,
    payments: Payments,
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
    rooms: Arc<Rooms>,
    /// Of live rooms and of party rooms, one for all sockets of somebody.
    live_rates: Quotas<Who>,
    party_rates: Quotas<Who>,
    returns: Returns,
    users: Mutex<HashMap<UserId, Vec<Arc<Socket>>>>,
}

impl Hub {
    /// A hub without anybody, on the present runtime.
    pub(crate) fn new(services: HubServices, limits: SocketSettings) -> Self {
        let HubServices { accounts, profiles, gifts, money, chats, messages, live, audience, bus, clock, dice } =
            services;
        let rooms = Rooms::new(limits.rooms, bus, Arc::clone(&dice));
        Self {
            limits,
            accounts,
            profiles,
            gifts,
            money,
            chats,
            messages,
            live,
            audience,
            payments: Payments::default(),
            clock,
            dice,
            rooms,
            live_rates: Quotas::new(limits.chat),
            party_rates: Quotas::new(limits.chat),
            returns: Returns::default(),
            users: Mutex::default(),
        }
    }

    /// The sockets of a user.
    fn sockets_of(&self, user: UserId) -> Vec<Arc<Socket>> {
        self.users().get(&user).cloned().unwrap_or_default()
    }

    /// Tells all sockets of a user, and nobody else.
    fn tell_user(&self, user: UserId, event: &str, body: Value) {
        let args = Args::from(body);
        for socket in self.sockets_of(user) {
            socket.emit(&Namespace::ROOT, event, &args);
        }
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, Vec<Arc<Socket>>>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn handle(&self, socket: &Arc<Socket>, name: &str, args: Args) -> Answer {
        let now = self.clock.now();
        {
            let mut presence = socket.data.lock();
            presence.events.check(self.limits.events, now).map_err(ApiError::slow_down)?;
            presence.events.take(self.limits.events, now);
        }
        let event = ClientEvent::named(name).ok_or_else(ApiError::unknown_event)?;
        let payload = payload(args)?;
        match event {
            ClientEvent::UserJoin => self.user_join(socket, &payload).await,
            ClientEvent::LiveJoin => self.join(socket, room(RoomName::live, &payload)?, &payload).await,
            ClientEvent::LiveLeave => self.leave(socket, &room(RoomName::live, &payload)?),
            ClientEvent::LiveMessage => self.speak(socket, &room(RoomName::live, &payload)?, &payload),
            ClientEvent::LiveGift => self.gift(socket, payload).await,
            ClientEvent::PartyJoin => self.join(socket, room(RoomName::party, &payload)?, &payload).await,
            ClientEvent::PartyLeave => self.leave(socket, &room(RoomName::party, &payload)?),
            ClientEvent::PartyMessage => self.speak(socket, &room(RoomName::party, &payload)?, &payload),
            ClientEvent::ChatSend => self.send_privately(socket, &payload).await,
        }
    }
}

/// The room that a payload names, of the kind that `kind` makes.
fn room(
    kind: impl FnOnce(Option<&Value>) -> Option<RoomName>,
    payload: &Map<String, Value>,
) -> Result<RoomName, ApiError> {
    kind(payload.get("roomId")).ok_or_else(|| ApiError::malformed_payload("roomId"))
}

#[async_trait]
impl Application for Hub {
    type Data = Presence;

    async fn connect(&self, connection: &Arc<Socket>, namespace: Namespace, auth: Map<String, Value>) {
        let token = match auth.get("token") {
            Some(Value::String(token)) => Some(token.clone()),
            None | Some(Value::Null) => connection.authorization(),
            // Refused as what it is: no token.
            Some(other) => Some(other.to_string()),
        };
        if let Some(token) = token
            && let Err(refused) = self.identify(connection, &token).await
        {
            let (message, data) = connect_error(refused);
            connection.refuse(&namespace, &message, Some(data));
            return;
        }
        // Public, and another one than the session's secret.
        connection.accept(&namespace, &format!("{:016x}{:08x}", self.dice.draw(), self.dice.draw() & 0xffff_ffff));
    }

    async fn event(&self, connection: &Arc<Socket>, _: Namespace, name: String, args: Args, ack: Option<AckTicket>) {
        let answer = self.handle(connection, &name, args).await;
        acknowledge(connection, ack, answer);
    }

    async fn message(&self, connection: &Arc<Socket>, _: Message) {
        // There are none below Socket.IO.
        connection.close(Close::Cut);
    }

    fn left(&self, connection: &Arc<Socket>, _: &Namespace, reason: Reason) {
        self.depart(connection, reason);
        if reason == Reason::ClientNamespaceDisconnect {
            // It would count for nobody, and could come again as a guest.
            connection.close(Close::Shutdown);
        }
    }

    fn closed(&self, connection: &Arc<Socket>) {
        self.depart(connection, Reason::TransportClose);
    }
}
