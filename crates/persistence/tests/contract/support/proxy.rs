//! A stand-in for a bad network: it stands between a pool and the server and cuts connections at their commits.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
    task::{JoinHandle, JoinSet},
};
use tokio_postgres::config::{Config, Host};

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The server never hears the COMMIT.
    BeforeCommit,
    /// The server committed, and its answer is lost.
    AfterCommit,
}

/// A proxy with an address of its own; it goes when it is dropped.
pub(crate) struct Proxy {
    url: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    cut: Cut,
    /// How many commits are still to be cut.
    left: AtomicU32,
    /// Whether no connection is let through.
    is_down: AtomicBool,
}

impl Proxy {
    /// A proxy before the database with this URL that cuts the first so many commits.
    pub(crate) async fn start(url: &str, cut: Cut, cuts: u32) -> Self {
        let server: Config = url.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let password = server.get_password().map(|word| format!(":{}", String::from_utf8_lossy(word)));
        let url = format!(
            "postgres://{}{}@{address}/{}",
            server.get_user().unwrap(),
            password.unwrap_or_default(),
            server.get_dbname().unwrap()
        );
        let state = Arc::new(State { cut, left: AtomicU32::new(cuts), is_down: AtomicBool::new(false) });
        let task = tokio::spawn(serve(listener, server, Arc::clone(&state)));
        Self { url, state, task }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether all cuts were made.
    pub(crate) fn is_done(&self) -> bool {
        self.state.left.load(Ordering::SeqCst) == 0
    }

    /// Refuses new connections, or no longer.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.state.is_down.store(is_down, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves until it is aborted, and all its connections with it.
async fn serve(listener: TcpListener, server: Config, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        if !state.is_down.load(Ordering::SeqCst) {
            connections.spawn(relay(client, server.clone(), Arc::clone(&state)));
        }
    }
}

async fn relay(client: TcpStream, server: Config, state: Arc<State>) {
    client.set_nodelay(true).unwrap();
    let port = server.get_ports().first().copied().unwrap_or(5432);
    let (read, write): (Box<dyn AsyncRead + Send + Unpin>, Box<dyn AsyncWrite + Send + Unpin>) =
        match server.get_hosts().first().unwrap() {
            Host::Unix(directory) => {
                let path = directory.join(format!(".s.PGSQL.{port}"));
                let (read, write) = UnixStream::connect(path).await.unwrap().into_split();
                (Box::new(read), Box::new(write))
            }
            Host::Tcp(name) => {
                let (read, write) = TcpStream::connect((name.as_str(), port)).await.unwrap().into_split();
                (Box::new(read), Box::new(write))
            }
        };
    let (client_read, client_write) = client.into_split();
    let is_committing = AtomicBool::new(false);
    // Whichever ends first ends the other: both sockets are closed.
    tokio::select! {
        _ = requests(client_read, write, &state, &is_committing) => {}
        _ = answers(read, client_write, &is_committing) => {}
    }
}

/// Passes on what the client asks, until a COMMIT is to be cut.
async fn requests(
    mut client: impl AsyncRead + Unpin,
    mut server: impl AsyncWrite + Unpin,
    state: &State,
    is_committing: &AtomicBool,
) -> io::Result<()> {
    // The first message alone has no type.
    let length = client.read_u32().await?;
    server.write_u32(length).await?;
    server.write_all(&body(&mut client, length).await?).await?;
    loop {
        let (kind, length) = (client.read_u8().await?, client.read_u32().await?);
        let body = body(&mut client, length).await?;
        if kind == b'Q' && body == b"COMMIT\0" && take(&state.left) {
            match state.cut {
                Cut::BeforeCommit => return Ok(()),
                Cut::AfterCommit => is_committing.store(true, Ordering::SeqCst),
            }
        }
        server.write_all(&message(kind, length, &body)).await?;
    }
}

/// Passes on what the server answers, until it is the answer to a COMMIT that is to be lost.
async fn answers(
    mut server: impl AsyncRead + Unpin,
    mut client: impl AsyncWrite + Unpin,
    is_committing: &AtomicBool,
) -> io::Result<()> {
    loop {
        let (kind, length) = (server.read_u8().await?, server.read_u32().await?);
        let body = body(&mut server, length).await?;
        if kind == b'C' && body == b"COMMIT\0" && is_committing.load(Ordering::SeqCst) {
            return Ok(());
        }
        client.write_all(&message(kind, length, &body)).await?;
    }
}

/// What follows the length of a message; the length counts itself.
async fn body(from: &mut (impl AsyncRead + Unpin), length: u32) -> io::Result<Vec<u8>> {
    let mut body = vec![0; usize::try_from(length).unwrap() - 4];
    from.read_exact(&mut body).await?;
    Ok(body)
}

/// A message in one piece, so that it leaves as one packet.
fn message(kind: u8, length: u32, body: &[u8]) -> Vec<u8> {
    [&[kind], length.to_be_bytes().as_slice(), body].concat()
}

/// Takes one, if one is left.
fn take(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}
