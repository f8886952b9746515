//! Live rooms, put together.

use std::sync::Arc;

use crate::{
    config::{CorsOrigins, Settings},
    hub::{self, Hub, HubServices},
    realtime::{Endpoint, EndpointLimits},
};

/// Live rooms, with somebody who looks after those who are connected, and after live sessions.
pub(super) fn live_rooms(settings: &Settings, services: HubServices) -> Arc<Endpoint<Hub>> {
    let sockets = settings.sockets;
    let protocol = socketio::settings::Settings {
        ping_interval: sockets.ping_interval,
        ping_timeout: sockets.ping_timeout,
        connect_timeout: Some(sockets.connect_timeout),
        message_bytes: sockets.message_bytes,
        ..socketio::settings::Settings::default()
    };
    let limits = EndpointLimits {
        queue_bytes: sockets.queue_bytes,
        sessions: sockets.sockets,
        guests_per_address: sockets.per_address,
        only_gifts_are_large: true,
        body_timeout: settings.http.body_timeout,
        origins: match &settings.cors {
            CorsOrigins::Any => None,
            CorsOrigins::Listed(origins) => Some(origins.clone()),
        },
        trusted_proxy_hops: settings.trusted_proxy_hops,
    };
    let dice = Arc::clone(&services.dice);
    let endpoint = Endpoint::new(protocol, limits, Hub::new(services, sockets), dice);
    tokio::spawn(hub::watch(Arc::downgrade(&endpoint)));
    tokio::spawn(hub::tend(Arc::downgrade(&endpoint)));
    endpoint
}
