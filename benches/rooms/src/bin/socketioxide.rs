//! The reference in Rust: the same room as ChatMe's, as plainly as `socketioxide` and `axum` let one write it.
//!
//! Prints where it listens, and ends with its standard input, so that it never outlives whoever started it.

use std::{
    error::Error,
    io::{Write as _, stdout},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use axum::serve::ListenerExt as _;
use serde::{Deserialize, Serialize};
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef},
};
use tokio::{io::AsyncReadExt as _, net::TcpListener};

/// Packets that may wait for a socket: so many that nothing is lost at full speed. They take memory only while they wait.
const WAITING_MAX: usize = 1 << 20;

#[derive(Deserialize)]
struct Join {
    #[serde(rename = "roomId")]
    room: String,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "roomId")]
    room: String,
    message: String,
}

/// What ChatMe says of a message.
#[derive(Serialize)]
struct Said {
    level: u32,
    message: String,
    seq: u64,
    timestamp: u64,
    #[serde(rename = "userId")]
    user: u64,
    username: &'static str,
    vip: u32,
}

#[derive(Serialize)]
struct Acknowledged {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
}

async fn connected(socket: SocketRef, seq: Arc<AtomicU64>) {
    socket.on("live:join", async |socket: SocketRef, Data::<Join>(join), ack: AckSender| {
        socket.join(join.room);
        // An error says that the socket is gone.
        let _ = ack.send(&Acknowledged { ok: true, seq: None });
    });
    socket.on("live:message", move |socket: SocketRef, Data::<Message>(said), ack: AckSender| {
        let seq = Arc::clone(&seq);
        async move {
            let seq = seq.fetch_add(1, Ordering::Relaxed) + 1;
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let timestamp = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
            let Message { room, message } = said;
            let body = Said { level: 1, message, seq, timestamp, user: 48_210_007, username: "Bench 0", vip: 0 };
            if let Err(error) = socket.to(room).emit("live:new-message", &body).await {
                eprintln!("{error}");
            }
            let _ = ack.send(&Acknowledged { ok: true, seq: Some(seq) });
        }
    });
}

/// As many threads as ChatMe answers with by default.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let (layer, io) = SocketIo::builder().max_buffer_size(WAITING_MAX).build_layer();
    let seq = Arc::new(AtomicU64::new(0));
    io.ns("/", move |socket: SocketRef| connected(socket, Arc::clone(&seq)));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let mut out = stdout();
    writeln!(out, "listening on {}", listener.local_addr()?)?;
    out.flush()?;
    // As Node does by itself: a small frame is not kept back until the one before is acknowledged.
    let listener = listener.tap_io(|stream| {
        // An error says that the client is gone.
        let _ = stream.set_nodelay(true);
    });
    let server = axum::serve(listener, axum::Router::new().layer(layer));
    let mut rest = Vec::new();
    let mut input = tokio::io::stdin();
    tokio::select! {
        ended = server.into_future() => ended?,
        _ = input.read_to_end(&mut rest) => {}
    }
    Ok(())
}
