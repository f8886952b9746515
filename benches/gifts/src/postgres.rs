//! The private PostgreSQL of the server: where it is, and what it says.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use crate::{Result, process::family_cpu_seconds};

/// How long a statement may take.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// A PostgreSQL that runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Postgres {
    /// The id of its first process.
    pub(crate) id: u32,
    socket_directory: String,
    port: String,
}

impl Postgres {
    /// The one that a server with this data directory uses.
    pub(crate) fn below(data: &Path) -> Result<Self> {
        let base = data.join("pg");
        // It tells where it has moved to.
        let moved = fs::read_to_string(base.join("MOVED")).map(|place| PathBuf::from(place.trim()));
        let lock = fs::read_to_string(moved.unwrap_or(base).join("data").join("postmaster.pid"))?;
        Self::parse(&lock).ok_or_else(|| "postmaster.pid cannot be read".into())
    }

    /// Lines: id, data, start, port, directory of the socket.
    fn parse(lock: &str) -> Option<Self> {
        let lines: Vec<&str> = lock.lines().collect();
        let line = |number: usize| lines.get(number).map(|line| line.trim()).filter(|line| !line.is_empty());
        Some(Self { id: line(0)?.parse().ok()?, port: line(3)?.to_owned(), socket_directory: line(4)?.to_owned() })
    }

    /// The seconds that all of its processes have computed.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        family_cpu_seconds(self.id)
    }

    /// A program beside the server's own, or of this name somewhere.
    pub(crate) fn program(&self, name: &str) -> Command {
        let beside = fs::read_link(format!("/proc/{}/exe", self.id)).map(|server| server.with_file_name(name));
        let mut command = Command::new(beside.ok().filter(|path| path.is_file()).unwrap_or_else(|| name.into()));
        command.kill_on_drop(true).stdin(Stdio::null());
        command
    }

    /// The same, told to speak with this server.
    pub(crate) fn client(&self, name: &str) -> Command {
        let mut command = self.program(name);
        command.args(["-h", &self.socket_directory, "-p", &self.port, "-U", "chatme"]);
        command
    }

    /// What statements answer, in one connection to `database`.
    pub(crate) async fn ask(&self, database: &str, sql: &str) -> Result<String> {
        let mut psql = self.client("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]);
        output(&mut psql, ANSWER_MAX).await
    }

    /// How durable commits are, in words.
    ///
    /// # Errors
    /// When they are not.
    pub(crate) async fn durability(&self) -> Result<String> {
        let names = ["server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers"];
        let mut words = Vec::new();
        for name in names {
            let value = self.ask("chatme", &format!("SHOW {name}")).await?;
            if ["fsync", "synchronous_commit"].contains(&name) && value.trim() != "on" {
                return Err(format!("{name} is {}: what is measured would not be kept", value.trim()).into());
            }
            words.push(format!("{name} {}", value.trim()));
        }
        Ok(words.join(", "))
    }

    /// Writes what waits to be written, so that one phase does not pay for another.
    pub(crate) async fn settle(&self) -> Result<()> {
        self.ask("postgres", "CHECKPOINT").await.map(drop)
    }
}

/// What a program prints that succeeds.
pub(crate) async fn output(command: &mut Command, most: Duration) -> Result<String> {
    let output = timeout(most, command.output()).await?;
    let output = output.map_err(|error| format!("{:?}: {error}", command.as_std().get_program()))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let program = command.as_std().get_program().to_string_lossy();
    Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_still_starting_has_no_place_yet() {
        let whole = "4711\n/x/data\n1795549573\n5432\n/x/s\n\n  1 2\nready   \n";
        let expected = Postgres { id: 4711, socket_directory: "/x/s".to_owned(), port: "5432".to_owned() };
        assert_eq!(Postgres::parse(whole), Some(expected));
        assert_eq!(Postgres::parse("4711\n/x/data\n1795549573\n5432\n\n"), None);
        assert_eq!(Postgres::parse(""), None);
    }
}
