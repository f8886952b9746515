//! How a cluster is to be started.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Where a cluster lives and how it runs. Two processes that share a directory should ask for the same: the one that
/// starts the server decides.
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) dir: PathBuf,
    pub(crate) programs: Option<PathBuf>,
    pub(crate) throw_away: bool,
    pub(crate) max_connections: u16,
    pub(crate) start_timeout: Duration,
    pub(crate) linger_seconds: u32,
}

impl Options {
    /// Connections beyond any sensible pool; each idle one costs about 3 MB.
    const MAX_CONNECTIONS: u16 = 100;
    /// Generous, because recovery after a crash may have a lot of log to read.
    const START_TIMEOUT: Duration = Duration::from_secs(60);

    /// A durable cluster in `dir`, which is created when it is missing. The directory must be empty or made by pglocal;
    /// as root it may be moved to `/var/lib`, which [`Cluster::data_dir`](crate::Cluster::data_dir) tells.
    pub fn new(dir: impl AsRef<Path>) -> Self {
        Self {
            dir: dir.as_ref().to_owned(),
            programs: None,
            throw_away: false,
            max_connections: Self::MAX_CONNECTIONS,
            start_timeout: Self::START_TIMEOUT,
            linger_seconds: 0,
        }
    }

    /// For tests only: commits do not reach the disk, which makes `CREATE DATABASE` ten times as fast, and a cluster
    /// that does not start is deleted and made anew.
    #[must_use]
    pub fn throw_away(mut self) -> Self {
        self.throw_away = true;
        self
    }

    /// Uses the programs (`initdb`, `postgres`) in this directory only, instead of searching for them.
    #[must_use]
    pub fn programs(mut self, dir: impl AsRef<Path>) -> Self {
        self.programs = Some(dir.as_ref().to_owned());
        self
    }

    /// The server's `max_connections`; 100 when not set.
    #[must_use]
    pub fn max_connections(mut self, max: u16) -> Self {
        self.max_connections = max;
        self
    }

    /// How long [`Cluster::start`](crate::Cluster::start) may take in all, apart from `initdb`; a minute when not set.
    #[must_use]
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// Keeps the server for some seconds after its last holder has gone, for holders that follow each other closely,
    /// such as one test process after the other. None when not set.
    #[must_use]
    pub fn linger_seconds(mut self, seconds: u32) -> Self {
        self.linger_seconds = seconds;
        self
    }
}
