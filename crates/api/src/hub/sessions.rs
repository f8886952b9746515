//! Live sessions, as rooms see them: who is live, who watches, and that a host in his room is alive.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Weak},
    time::Duration,
};

use domain::{
    id::UserId,
    live::{Audience as _, LiveSession},
    room::RoomId,
};
use serde_json::{Map, Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    Hub,
    answer::members,
    name::RoomName,
    room::Room,
    who::{Identity, Who},
};
use crate::realtime::Endpoint;

/// How often hosts are looked for in their rooms, and abandoned sessions are ended.
const INTERVAL: Duration = Duration::from_secs(5);

/// Runs as long as the endpoint lives. Several servers may do this at once.
pub(crate) async fn tend(endpoint: Weak<Endpoint<Hub>>) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(endpoint) = endpoint.upgrade() else { return };
        if let Err(error) = endpoint.application.tend_sessions().await {
            tracing::warn!(%error, "live sessions could not be tended");
        }
    }
}

impl Hub {
    async fn tend_sessions(&self) -> Result<(), domain::store::StoreError> {
        let version = self.rooms.live_version();
        let mut hosts: HashMap<RoomId, HashSet<UserId>> = HashMap::new();
        for session in self.live.open().await? {
            if let Some(room) = session.room {
                hosts.entry(room).or_default().insert(session.host);
            }
        }
        // Sessions of before this server was started, and those of other servers.
        for (room, watching) in self.rooms.replace_live(hosts, version) {
            self.note_all(&room, &watching);
            self.note_all(&room, &room.hosts_present());
        }
        // Before anything is ended for want of a sign of life.
        self.audience.settle().await?;
        self.live.end_abandoned().await.map(drop)
    }

    /// A host is live.
    pub(super) fn session_started(&self, session: &LiveSession) {
        let Some(name) = &session.room else { return };
        let Some((room, watching)) = self.rooms.set_live(name, session.host, true) else { return };
        self.note_all(&room, &watching);
        room.say("live:started", introduction(session, name, session.started_at.timestamp_millis()), None);
    }

    /// A host is not live any more.
    pub(super) fn session_ended(&self, session: &LiveSession) {
        let (Some(name), Some(end)) = (&session.room, session.ended) else { return };
        let Some((room, _)) = self.rooms.set_live(name, session.host, false) else { return };
        let mut body = introduction(session, name, end.at.timestamp_millis());
        body.insert("durationSeconds".to_owned(), end.duration_seconds.into());
        body.insert("totalIncome".to_owned(), end.income.value().into());
        body.insert("totalViewers".to_owned(), end.viewers.into());
        room.say("live:ended", body, None);
    }

    /// Notes that somebody comes into a room, or leaves it, where somebody is live.
    pub(super) fn note(&self, room: &Arc<Room>, identity: &Identity, socket: u64) {
        if let Who::User(user) = identity.who(socket)
            && room.is_live()
        {
            self.note_all(room, &[user]);
        }
    }

    fn note_all(&self, room: &Room, users: &[UserId]) {
        let RoomName::Live(name) = &room.name else { return };
        let now = self.clock.now();
        for user in users {
            self.audience.note(name, *user, now);
        }
    }
}

fn introduction(session: &LiveSession, room: &RoomId, millis: i64) -> Map<String, Value> {
    members(json!({
        "roomId": room.as_str(),
        "hostId": session.host.value(),
        "sessionId": session.id.value(),
        "timestamp": millis,
    }))
}
