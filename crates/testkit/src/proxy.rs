//! A bad network: a proxy before the database that cuts connections at their commits, or does not let them through.

mod message;

use std::{
    collections::HashSet,
    future::pending,
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tokio_postgres::config::{Config, Host};

use self::message::{body, is_commit, message_of};

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The server never hears the COMMIT.
    BeforeCommit,
    /// The server committed, and its answer is lost.
    AfterCommit,
    /// The server committed, and no answer came to what was sent together with the COMMIT either: of a session that has prepared it
    /// before.
    AfterAll,
}

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// They are let through.
    Fine,
    /// New ones are closed at once.
    Shut,
    /// All are closed, and new ones too, at once.
    Away,
    /// They stay open and carry nothing, in neither direction. Those that were open then never carry anything again, and the
    /// server does not hear that they are closed.
    Silent,
    /// They are closed, and new ones are answered with an error.
    Refusing {
        /// Its SQLSTATE.
        code: &'static str,
        /// Its text.
        message: &'static str,
    },
}

impl Weather {
    /// Whether it changes anything for connections that are open.
    fn is_felt_by_all(self) -> bool {
        !matches!(self, Self::Fine | Self::Shut)
    }

    /// What PostgreSQL says while it recovers from a crash.
    pub const RECOVERING: Self = Self::Refusing { code: "57P03", message: "the database system is in recovery mode" };
    /// What PostgreSQL says when it has no connections left.
    pub const FULL: Self = Self::Refusing { code: "53300", message: "sorry, too many clients already" };
}

/// A proxy with an address of its own; it goes when it is dropped.
pub struct Proxy {
    url: String,
    cuts: watch::Sender<(Cut, u32)>,
    weather: watch::Sender<Weather>,
    /// How often all that was open was lost.
    losses: watch::Sender<u32>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy before the database with this URL that lets everything through.
    ///
    /// # Panics
    /// When there is no port to be had.
    pub async fn start(url: &str) -> Self {
        let server: Config = url.parse().expect("a URL of PostgreSQL");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let password = server.get_password().map(|word| format!(":{}", String::from_utf8_lossy(word)));
        let url = format!(
            "postgres://{}{}@{address}/{}",
            server.get_user().expect("a user"),
            password.unwrap_or_default(),
            server.get_dbname().expect("a database")
        );
        let (cuts, weather) = (watch::Sender::new((Cut::BeforeCommit, 0)), watch::Sender::new(Weather::Fine));
        let losses = watch::Sender::new(0);
        let task = tokio::spawn(serve(listener, server, cuts.clone(), weather.clone(), losses.clone()));
        Self { url, cuts, weather, losses, task }
    }

    /// One that cuts the first so many commits.
    ///
    /// # Panics
    /// When there is no port to be had.
    pub async fn cutting(url: &str, cut: Cut, times: u32) -> Self {
        let proxy = Self::start(url).await;
        proxy.cut(cut, times);
        proxy
    }

    /// The URL of the database behind it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts the next so many commits.
    pub fn cut(&self, cut: Cut, times: u32) {
        self.cuts.send_replace((cut, times));
    }

    /// Whether all cuts were made.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.cuts.borrow().1 == 0
    }

    /// Lets the connections that are open carry nothing any more, ever. New ones are let through.
    pub fn lose_open(&self) {
        self.losses.send_modify(|losses| *losses = losses.wrapping_add(1));
    }

    /// Changes the weather.
    pub fn turn(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves until it is aborted, and all its connections with it.
async fn serve(
    listener: TcpListener,
    server: Config,
    cuts: watch::Sender<(Cut, u32)>,
    weather: watch::Sender<Weather>,
    losses: watch::Sender<u32>,
) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.expect("a connection");
        let (server, cuts, mut weather, losses) =
            (server.clone(), cuts.clone(), weather.subscribe(), losses.subscribe());
        connections.spawn(async move {
            let now = *weather.borrow_and_update();
            match now {
                Weather::Fine => relay(client, &server, &cuts, weather, losses).await,
                Weather::Shut | Weather::Away => {}
                Weather::Silent => pending().await,
                // The client goes, or does not wait for it: both is the same here.
                Weather::Refusing { code, message } => drop(refuse(client, code, message).await),
            }
        });
    }
}

async fn refuse(mut client: TcpStream, code: &str, message: &str) -> io::Result<()> {
    let length = client.read_u32().await?;
    body(&mut client, length).await?;
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0\0");
    let length = u32::try_from(fields.len()).expect("a short text").saturating_add(4);
    client.write_all(&message_of(b'E', length, fields.as_bytes())).await
}

type Reader = Box<dyn AsyncRead + Send + Unpin>;
type Writer = Box<dyn AsyncWrite + Send + Unpin>;

async fn connect(server: &Config) -> io::Result<(Reader, Writer)> {
    let port = server.get_ports().first().copied().unwrap_or(5432);
    Ok(match server.get_hosts().first().expect("a host") {
        Host::Unix(directory) => {
            let (read, write) = UnixStream::connect(directory.join(format!(".s.PGSQL.{port}"))).await?.into_split();
            (Box::new(read), Box::new(write))
        }
        Host::Tcp(name) => {
            let (read, write) = TcpStream::connect((name.as_str(), port)).await?.into_split();
            (Box::new(read), Box::new(write))
        }
    })
}

/// Which answers of a connection are lost.
#[derive(Default)]
struct Lost {
    /// The one to a COMMIT, and all behind it.
    commit: AtomicBool,
    /// From now on all.
    all: AtomicBool,
}

async fn relay(
    client: TcpStream,
    server: &Config,
    cuts: &watch::Sender<(Cut, u32)>,
    mut weather: watch::Receiver<Weather>,
    mut losses: watch::Receiver<u32>,
) {
    client.set_nodelay(true).expect("a socket");
    let (mut read, mut write) = connect(server).await.expect("the server answers");
    let (mut client_read, mut client_write) = client.into_split();
    let lost = Lost::default();
    let is_over = {
        let (lost, turned) = (&lost, weather.wait_for(|weather| weather.is_felt_by_all()));
        // Whichever ends first ends the other.
        tokio::select! {
            _ = requests(&mut client_read, &mut write, cuts, lost) => true,
            _ = answers(&mut read, &mut client_write, lost) => true,
            turned = turned => turned.is_ok_and(|weather| *weather != Weather::Silent),
            changed = losses.changed() => changed.is_err(),
        }
    };
    if !is_over {
        // With everything open.
        pending::<()>().await;
    }
}

/// Passes on what the client asks, until a COMMIT is to be cut.
async fn requests(
    client: &mut (impl AsyncRead + Unpin),
    server: &mut (impl AsyncWrite + Unpin),
    cuts: &watch::Sender<(Cut, u32)>,
    lost: &Lost,
) -> io::Result<()> {
    // The first message alone has no type.
    let length = client.read_u32().await?;
    server.write_u32(length).await?;
    server.write_all(&body(client, length).await?).await?;
    let mut prepared = HashSet::new();
    loop {
        let (kind, length) = (client.read_u8().await?, client.read_u32().await?);
        let body = body(client, length).await?;
        if is_commit(kind, &body, &mut prepared) {
            match take(cuts) {
                None => {}
                Some(Cut::BeforeCommit) => return Ok(()),
                Some(cut) => {
                    lost.commit.store(true, Ordering::SeqCst);
                    lost.all.store(cut == Cut::AfterAll, Ordering::SeqCst);
                }
            }
        }
        server.write_all(&message_of(kind, length, &body)).await?;
    }
}

/// Passes on what the server answers, until it is the answer to a COMMIT that is to be lost.
async fn answers(
    server: &mut (impl AsyncRead + Unpin),
    client: &mut (impl AsyncWrite + Unpin),
    lost: &Lost,
) -> io::Result<()> {
    loop {
        let (kind, length) = (server.read_u8().await?, server.read_u32().await?);
        let body = body(server, length).await?;
        if kind == b'C' && body == b"COMMIT\0" && lost.commit.load(Ordering::SeqCst) {
            return Ok(());
        }
        if !lost.all.load(Ordering::SeqCst) {
            client.write_all(&message_of(kind, length, &body)).await?;
        }
    }
}

/// Takes one, if one is left.
fn take(cuts: &watch::Sender<(Cut, u32)>) -> Option<Cut> {
    let mut taken = None;
    cuts.send_if_modified(|(cut, left)| {
        taken = left.checked_sub(1).map(|fewer| {
            *left = fewer;
            *cut
        });
        taken.is_some()
    });
    taken
}
