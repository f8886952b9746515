//! The servers: how each is started, where it listens, how it is ended.

use std::{
    fmt,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::timeout,
};

use crate::{Result, arguments::Arguments};

/// How long a start may take, its first database included.
const START_MAX: Duration = Duration::from_secs(60);
/// How long a stop may take before the process is killed.
const STOP_MAX: Duration = Duration::from_secs(20);
/// How long an answer over HTTP may take.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// ChatMe is the product on its own database; only what keeps one address from being a crowd is raised.
const SETTINGS: &[(&str, &str)] = &[
    ("HOST", "127.0.0.1"),
    ("PORT", "0"),
    ("REGISTER_RATE_PER_HOUR", "1000000"),
    ("SOCKETS_PER_ADDRESS", "1000000"),
    ("CHAT_RATE", "1000000"),
    ("CHAT_BURST", "1000000"),
    ("SOCKET_EVENT_RATE", "1000000"),
    ("SOCKET_EVENT_BURST", "1000000"),
    // The others may keep as much as they like, too.
    ("SOCKET_QUEUE_BYTES", "67108864"),
];

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The product.
    Chatme,
    /// The reference in Rust.
    Socketioxide,
    /// The reference on Node.
    Node,
}

impl Kind {
    /// All, in the order in which they take turns.
    pub(crate) const ALL: [Self; 3] = [Self::Chatme, Self::Socketioxide, Self::Node];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Chatme => "chatme",
            Self::Socketioxide => "socketioxide",
            Self::Node => "node",
        })
    }
}

/// A server that runs. When it is dropped it is killed.
pub(crate) struct Server {
    kind: Kind,
    child: Child,
    log: PathBuf,
    /// The id of its process.
    pub(crate) id: u32,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a server whose files are in `directory`, and waits until it listens.
    pub(crate) async fn start(kind: Kind, arguments: &Arguments, directory: &Path) -> Result<Self> {
        let program = arguments.program(kind)?;
        let mut command = match kind {
            Kind::Chatme | Kind::Socketioxide => Command::new(program),
            Kind::Node => Command::new("node"),
        };
        match kind {
            // Nothing of this environment changes what is measured, but for where PostgreSQL is.
            Kind::Chatme => {
                command.env_clear().envs(SETTINGS.iter().copied());
                for name in ["PATH", "HOME", "PGBIN"] {
                    command.envs(std::env::var_os(name).map(|value| (name, value)));
                }
            }
            Kind::Socketioxide => {}
            Kind::Node => {
                command.arg(program).env("NODE_ENV", "production");
            }
        }
        let log = directory.join(format!("{kind}.log"));
        command.current_dir(directory).kill_on_drop(true).stderr(File::create(&log)?);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let id = child.id().ok_or("the server has no process")?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("the server has no output")?).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                let address = line.split_once("listening on ").map(|(_, rest)| rest.trim_end_matches(')').parse());
                if let Some(Ok(address)) = address {
                    return Result::<SocketAddr>::Ok(address);
                }
            }
            Err(format!("{kind} ended without a word where it listens: {}", fs::read_to_string(&log)?).into())
        };
        let address = timeout(START_MAX, listening).await.map_err(|_| format!("{kind} takes too long to start"))??;
        Ok(Self { kind, child, log, id, address })
    }

    /// Tokens of users who may speak; of a reference that asks for none, none.
    pub(crate) async fn tokens(&self, count: usize) -> Result<Vec<String>> {
        let mut tokens = Vec::new();
        if self.kind == Kind::Chatme {
            for number in 0..count {
                let account = format!(
                    "{{\"phone\":\"0812345678{number:02}\",\"password\":\"a-bench\",\"name\":\"Bench {number}\"}}"
                );
                // Refused when an earlier run has done it.
                self.post("/api/register", &account).await?;
                let answer = self.post("/api/login", &account).await?;
                let token = answer.split_once("\"token\":\"").and_then(|(_, rest)| rest.split_once('"'));
                let (token, _) = token.ok_or_else(|| format!("no token: {answer}"))?;
                tokens.push(token.to_owned());
            }
        }
        Ok(tokens)
    }

    /// The answer to a request, its head included.
    async fn post(&self, path: &str, body: &str) -> Result<String> {
        let (address, length) = (self.address, body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        let asking = async {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok(answer)
        };
        timeout(ANSWER_MAX, asking).await?
    }

    /// Asks the server to stop and waits for it; kills it when it takes too long. Answers the end of its log.
    pub(crate) async fn stop(mut self) -> Result<String> {
        /// So many lines say what went wrong.
        const LINES: usize = 8;

        // An error says that it has ended already.
        let _ = kill_process(Pid::from_raw(self.id.try_into()?).ok_or("no process")?, Signal::TERM);
        if timeout(STOP_MAX, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        let log = fs::read_to_string(&self.log)?;
        let first = log.lines().count().saturating_sub(LINES);
        Ok(log.lines().skip(first).collect::<Vec<_>>().join("\n"))
    }
}
