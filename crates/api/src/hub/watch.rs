//! Looks after those who are connected: who is banned, has changed his password, logged out everywhere, or whose token is
//! over, is sent away. Other programs (`chatme admin ban`) change that too, so the database is asked.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use domain::id::UserId;
use socketio::session::Close;
use tokio::time::interval;

use super::{Hub, Socket};
use crate::realtime::Endpoint;

/// How often the database is asked: everybody is sent away within 5 s.
const INTERVAL: Duration = Duration::from_secs(2);
/// So many people are asked for at once.
const PEOPLE_AT_ONCE: usize = 1_000;

/// Runs as long as the endpoint lives.
pub(crate) async fn watch(endpoint: Weak<Endpoint<Hub>>) {
    let mut ticks = interval(INTERVAL);
    loop {
        ticks.tick().await;
        let Some(endpoint) = endpoint.upgrade() else { return };
        endpoint.application.look_after().await;
    }
}

impl Hub {
    async fn look_after(&self) {
        let people: Vec<(UserId, Vec<Arc<Socket>>)> =
            self.users().iter().map(|(user, sockets)| (*user, sockets.clone())).collect();
        for people in people.chunks(PEOPLE_AT_ONCE) {
            let ids: Vec<UserId> = people.iter().map(|(user, _)| *user).collect();
            let epochs = match self.accounts.epochs(&ids).await {
                Ok(epochs) => Some(epochs),
                // Nobody is sent away because the database is; whose token is over goes all the same.
                Err(error) => {
                    tracing::warn!(%error, "who is connected could not be looked after");
                    None
                }
            };
            let now = self.clock.now();
            for socket in people.iter().flat_map(|(_, sockets)| sockets) {
                let is_good = socket.data.lock().identity.is_good(epochs.as_ref(), now);
                if !is_good {
                    socket.close(Close::Disconnect);
                }
            }
        }
    }
}
