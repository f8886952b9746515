//! Live rooms: an endpoint of Socket.IO over the protocol of [`socketio`], and the hub behind it.
//!
//! The *driver* ([`Endpoint`], [`Connection`] and what carries them) knows sockets, timers and queues and nothing of
//! rooms; an [`Application`] knows rooms and nothing of sockets. The hub is one; the conformance example is another.

mod connection;
mod endpoint;
mod http;
mod polling;
mod timers;
mod upgrade;
mod wire;

pub use connection::Connection;
pub use endpoint::{Application, Endpoint, EndpointLimits};
pub use http::answer;
pub(crate) use wire::Accepted;

/// The one event that may be larger than 64 KiB.
const LARGE_EVENT: &str = "live:gift";

/// Keeps a second handle of an accepted connection, which a websocket writes to. For `HttpServer::on_connect`.
pub fn keep_socket(connection: &dyn std::any::Any, extensions: &mut actix_web::dev::Extensions) {
    let stream = connection.downcast_ref::<actix_web::rt::net::TcpStream>();
    if let Some(socket) = stream.and_then(|stream| rustix::io::fcntl_dupfd_cloexec(stream, 0).ok()) {
        extensions.insert(Accepted(std::sync::Mutex::new(Some(socket))));
    }
}
