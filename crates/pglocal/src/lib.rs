//! A private PostgreSQL for one directory: found, initialised, started, watched and stopped.
//!
//! ```no_run
//! use pglocal::{Cluster, Options};
//!
//! # fn main() -> Result<(), pglocal::Error> {
//! let cluster = Cluster::start(&Options::new("data/pg"))?;
//! cluster.ensure_database("chatme")?;
//! let url = cluster.url("chatme"); // for tokio-postgres, Diesel or psql
//! # drop(url);
//! cluster.stop();
//! # Ok(())
//! # }
//! ```
//!
//! What it promises:
//!
//! * **No port.** The server listens on a unix socket in a directory of mode 0700 and on nothing else, so that two
//!   projects cannot meet and `trust` authentication is safe.
//! * **Nothing to configure.** The programs are searched for (see [`Error::NoPrograms`]); as root the server runs as
//!   `postgres`, `_postgres` or `nobody`, as PostgreSQL insists; no `PG…` variable of the environment reaches it.
//! * **Nothing lost.** Commits are durable unless [`Options::throw_away`] says otherwise, and the next start recovers
//!   from a `kill -9` of the application, of the server, or of both.
//! * **Nothing left behind.** Every process that called [`Cluster::start`] on the directory *holds* the server. When
//!   the last holder has gone, however it went, the server shuts down within about a second.
//!
//! How the last promise is kept: each holder has the write end of a named pipe open, and beside the server waits a
//! small shell program (`watchdog.sh`) that reads from it. The kernel closes the pipe of a process that dies, so the
//! end of file reaches the watchdog in every case. [`Cluster::is_alive`] looks at the same pipe from the other side.
//!
//! What it is *not* responsible for: tables (that is `persistence`), pools, backups, and servers on other machines. It
//! never downloads anything; `scripts/pg-setup` does, when a person asks for it.
//!
//! The functions here block (a first start takes a second or so): call them outside an async runtime, or in
//! `spawn_blocking`.
#![cfg(unix)]

mod cluster;
mod error;
mod files;
mod find;
mod init;
mod launch;
mod options;
mod place;
mod process;
mod tether;
mod wire;

pub use cluster::Cluster;
pub use error::Error;
pub use options::Options;

/// The one role of a private cluster, a superuser: only its owner can reach the socket.
pub const USER: &str = "chatme";
