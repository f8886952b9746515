//! The product, on its own database, in a directory of its own.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::Result;

/// How long a start may take, its first database included.
const START_MAX: Duration = Duration::from_secs(60);
/// How long a stop may take before the process is killed.
const STOP_MAX: Duration = Duration::from_secs(20);

/// Everything else is as it comes. On a slow machine a gift may wait longer than people would.
const SETTINGS: &[(&str, &str)] =
    &[("HOST", "127.0.0.1"), ("PORT", "0"), ("DATA_DIR", "data"), ("LOG_LEVEL", "warn"), ("MONEY_WAIT_MS", "8000")];

/// A server that runs. When it is dropped it is killed.
pub(crate) struct Server {
    child: Child,
    program: PathBuf,
    directory: PathBuf,
    /// The id of its process.
    pub(crate) id: u32,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a server whose files are in `directory`, and waits until it listens.
    pub(crate) async fn start(program: &Path, directory: &Path) -> Result<Self> {
        let mut command = command(program, directory);
        command.kill_on_drop(true).stderr(File::create(log(directory))?);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let id = child.id().ok_or("the server has no process")?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("the server has no output")?).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                let address = line.split_once("listening on ").map(|(_, rest)| rest.trim_end_matches(')').parse());
                if let Some(Ok(address)) = address {
                    return Result::<SocketAddr>::Ok(address);
                }
            }
            Err(format!("the server ended without a word where it listens: {}", fs::read_to_string(log(directory))?)
                .into())
        };
        let address = timeout(START_MAX, listening).await.map_err(|_| "the server takes too long to start")??;
        Ok(Self { child, program: program.to_owned(), directory: directory.to_owned(), id, address })
    }

    /// Where its data is.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The key that it signs tokens with.
    pub(crate) fn secret(&self) -> Result<String> {
        Ok(fs::read_to_string(self.data().join("jwt-secret"))?.trim().to_owned())
    }

    /// Proves the books.
    pub(crate) async fn audit(&self) -> Result<()> {
        let output = command(&self.program, &self.directory).arg("audit").output().await?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(format!("the books are not in order:\n{}", String::from_utf8_lossy(&said)).into())
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> Result<String> {
        /// So many lines say what went wrong.
        const LINES: usize = 8;

        let log = fs::read_to_string(log(&self.directory))?;
        let first = log.lines().count().saturating_sub(LINES);
        Ok(log.lines().skip(first).collect::<Vec<_>>().join("\n"))
    }

    /// Asks the server to stop and waits for it; kills it when it takes too long.
    pub(crate) async fn stop(mut self) -> Result<()> {
        // An error says that it has ended already.
        let _ = kill_process(Pid::from_raw(self.id.try_into()?).ok_or("no process")?, Signal::TERM);
        if timeout(STOP_MAX, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}

fn log(directory: &Path) -> PathBuf {
    directory.join("chatme.log")
}

/// Nothing of this environment changes what is measured, but for where PostgreSQL is.
fn command(program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).env_clear().envs(SETTINGS.iter().copied());
    for name in ["PATH", "HOME", "PGBIN"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
}
