//! The events of clients: one list, which the hub, and whoever asks who may send what, go by.

/// What a client says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientEvent {
    UserJoin,
    LiveJoin,
    LiveLeave,
    LiveMessage,
    LiveGift,
    PartyJoin,
    PartyLeave,
    PartyMessage,
    ChatSend,
}

/// Every event that is handled, by its name. What is not here is an unknown event.
const EVENTS: [(&str, ClientEvent); 9] = [
    ("user:join", ClientEvent::UserJoin),
    ("live:join", ClientEvent::LiveJoin),
    ("live:leave", ClientEvent::LiveLeave),
    ("live:message", ClientEvent::LiveMessage),
    ("live:gift", ClientEvent::LiveGift),
    ("party:join", ClientEvent::PartyJoin),
    ("party:leave", ClientEvent::PartyLeave),
    ("party:message", ClientEvent::PartyMessage),
    ("chat:send", ClientEvent::ChatSend),
];

impl ClientEvent {
    /// The event of this name, if there is one.
    pub(super) fn named(name: &str) -> Option<Self> {
        EVENTS.into_iter().find(|(known, _)| *known == name).map(|(_, event)| event)
    }
}

/// The names of all events that are handled.
pub fn client_events() -> impl Iterator<Item = &'static str> {
    EVENTS.into_iter().map(|(name, _)| name)
}
