//! Directories, queries, processes and patience.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use pglocal::{Cluster, Options};
use rustix::{
    io::Errno,
    process::{Pid, Signal},
};
use tempfile::TempDir;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Longer than anything here takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A directory that the server's user can reach, deleted in the end.
pub(crate) struct Dir(TempDir);

impl Dir {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        Self(dir)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap().join("pg")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Quick, for tests that do not ask for durability.
    pub(crate) fn throw_away(&self) -> Options {
        Options::new(self.path()).throw_away()
    }

    /// The living processes that have to do with this directory: shells of the watchdog, server, sessions. Not those
    /// of the tests, which name the directory in their environment only.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let (base, data) = (self.path(), self.data());
        let concerned = |process: &Path| {
            let cwd = fs::read_link(process.join("cwd")).unwrap_or_default();
            let command = fs::read(process.join("cmdline")).unwrap_or_default();
            cwd == data || cwd == base || String::from_utf8_lossy(&command).contains(&*base.to_string_lossy())
        };
        fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| entry.file_name().to_string_lossy().parse().ok())
            .filter(|pid| is_running(*pid) && concerned(Path::new(&format!("/proc/{pid}"))))
            .collect()
    }

    /// The two shells of the watchdog. On a busy machine the second may come up after the server.
    pub(crate) fn shells(&self) -> Vec<i32> {
        let is_shell = |pid: &i32| {
            fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|command| command.starts_with("/bin/sh\0"))
        };
        let shells = || self.processes().into_iter().filter(is_shell).collect::<Vec<_>>();
        eventually("two shells watch the server", || shells().len() == 2);
        shells()
    }

    /// The server's process, as its lock file says.
    pub(crate) fn postmaster(&self) -> i32 {
        let lock = fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        lock.lines().next().unwrap().parse().unwrap()
    }

    /// Waits until no process of this directory is left.
    pub(crate) fn assert_quiet(&self) {
        eventually("nothing is left running", || self.processes().is_empty());
    }
}

/// Is there such a process, and is it no zombie?
pub(crate) fn is_running(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'))
}

/// `kill -9` for all of them at once; then waits until it has worked.
pub(crate) fn kill(pids: &[i32]) {
    for pid in pids {
        let killed = rustix::process::kill_process(Pid::from_raw(*pid).unwrap(), Signal::KILL);
        assert!(matches!(killed, Ok(()) | Err(Errno::SRCH)), "{killed:?}");
    }
    eventually("they die", || !pids.iter().any(|pid| is_running(*pid)));
}

#[track_caller]
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The first column of all rows that a statement returns.
pub(crate) fn query(cluster: &Cluster, database: &str, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    query_url(&cluster.url(database), sql)
}

pub(crate) fn query_url(url: &str, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(sql).await?;
        drop(client);
        connection.await.unwrap()?;
        let column = |message: SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(column).collect())
    })
}
