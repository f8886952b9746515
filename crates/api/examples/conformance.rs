//! The server that the official conformance suites of Engine.IO and Socket.IO are run against, see
//! `tests/conformance/README.md`: `PORT=3000 cargo run -p api --example conformance`.
//!
//! It is the product's driver with other settings and other handlers, and without the rules that the suites do not know:
//! rates, caps, origins, and that only gifts are large.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a fixture says where it listens, or fails")]

use std::{env, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    App,
    web::{self, Data},
};
use api::{
    listener::{ConnectionLimits, serve},
    realtime::{Application, Connection, Endpoint, EndpointLimits, answer},
};
use async_trait::async_trait;
use domain::dice::Dice;
use serde_json::{Map, Value};
use socketio::{
    packet::{Args, Namespace},
    session::{AckTicket, Message, Reason},
    settings::{Layer, Settings},
};

/// Echoes as the suites expect it.
struct Echo;

#[async_trait]
impl Application for Echo {
    type Data = ();

    async fn connect(&self, connection: &Arc<Connection<Self>>, namespace: Namespace, auth: Map<String, Value>) {
        let id = format!("{:016x}", Chance.draw());
        connection.accept(&namespace, &id);
        connection.emit(&namespace, "auth", &Args::from(Value::Object(auth)));
    }

    async fn event(
        &self,
        connection: &Arc<Connection<Self>>,
        namespace: Namespace,
        name: String,
        args: Args,
        ack: Option<AckTicket>,
    ) {
        match (name.as_str(), ack) {
            ("message", None) if namespace.is_root() => drop(connection.emit(&namespace, "message-back", &args)),
            ("message-with-ack", Some(ticket)) => drop(connection.ack(ticket, args)),
            _ => {}
        }
    }

    async fn message(&self, connection: &Arc<Connection<Self>>, message: Message) {
        connection.send_message(message);
    }

    fn left(&self, _: &Arc<Connection<Self>>, _: &Namespace, _: Reason) {}

    fn closed(&self, _: &Arc<Connection<Self>>) {}
}

struct Chance;

impl Dice for Chance {
    fn draw(&self) -> u64 {
        getrandom::u64().unwrap()
    }
}

fn endpoint(layer: Layer) -> Arc<Endpoint<Echo>> {
    let settings = Settings {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        connect_timeout: (layer == Layer::SocketIo).then_some(Duration::from_secs(1)),
        message_bytes: 1_000_000,
        message_bytes_before_connect: 1_000_000,
        namespaces: vec!["/".to_owned(), "/custom".to_owned()],
        layer,
        ..Settings::default()
    };
    let limits = EndpointLimits {
        queue_bytes: 64 * 1024 * 1024,
        sessions: usize::MAX,
        guests_per_address: usize::MAX,
        only_gifts_are_large: false,
        body_timeout: Duration::from_secs(15),
        origins: None,
        trusted_proxy_hops: 0,
    };
    Endpoint::new(settings, limits, Echo, Arc::new(Chance))
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> std::io::Result<()> {
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3000);
    let (socketio, engine) = (Data::from(endpoint(Layer::SocketIo)), Data::from(endpoint(Layer::Engine)));
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("listening on {}", listener.local_addr()?);
    let limits = ConnectionLimits {
        workers: 2,
        connections: 50_000,
        keep_alive: Duration::from_secs(5),
        head_timeout: Duration::from_secs(5),
        user_timeout: None,
        shutdown_timeout: Duration::from_secs(1),
    };
    let server = serve(listener, &limits, move || {
        App::new()
            .wrap(actix_cors::Cors::permissive())
            .service(web::resource("/socket.io/").app_data(socketio.clone()).route(web::to(answer::<Echo>)))
            .service(web::resource("/engine.io/").app_data(engine.clone()).route(web::to(answer::<Echo>)))
    })?;
    tokio::select! {
        ended = server => ended,
        ended = tokio::signal::ctrl_c() => ended,
    }
}
