//! What can go wrong, each with the way out in its text.

use std::{fmt::Display, io, path::PathBuf, time::Duration};

/// Why there is no server. The texts are meant for the person who started the program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// PostgreSQL is not installed, or nowhere where it was looked for.
    #[error(
        "no PostgreSQL server programs found (looked in {looked}): run `make setup`, install PostgreSQL \
         (`apt-get install postgresql`, `brew install postgresql@17`), or set DATABASE_URL"
    )]
    NoPrograms {
        /// The places, in the order of the search.
        looked: String,
    },
    /// The cluster was made by a PostgreSQL whose programs are gone: data files belong to one major version.
    #[error(
        "{dir} was made by PostgreSQL {have}, but only {found} is installed: install PostgreSQL {have}, move the \
         directory away, or set DATABASE_URL"
    )]
    WrongMajor {
        /// The data directory.
        dir: PathBuf,
        /// The major version that made it.
        have: String,
        /// The major versions that were found.
        found: String,
    },
    /// PostgreSQL refuses to run as root, and there is no other user to run it as.
    #[error("running as root needs a user `postgres` or `nobody` in /etc/passwd to run PostgreSQL as")]
    NoUser,
    /// The directory holds something else; making it private (mode 0700, perhaps another owner) could do harm.
    #[error("{dir} is neither empty nor a directory of pglocal: give the database a directory of its own")]
    ForeignDirectory {
        /// The directory as it was asked for.
        dir: PathBuf,
    },
    /// A durable cluster was opened as a throw-away one, or the other way round.
    #[error("{dir} was made {made} and must not be opened {asked}: use another directory, or delete this one")]
    OtherKind {
        /// The directory of the cluster.
        dir: PathBuf,
        /// How it was made: `durable` or `throw-away`.
        made: &'static str,
        /// How it was asked for.
        asked: &'static str,
    },
    /// `initdb` failed; nothing is left behind, so the next start tries again.
    #[error("initdb failed: {message}")]
    Initdb {
        /// What it wrote to its standard error.
        message: String,
    },
    /// The server did not come up.
    #[error("PostgreSQL did not start within {waited:?}; the end of {log}:\n{tail}")]
    Start {
        /// How long it was given, or how long it took to fail.
        waited: Duration,
        /// The path of the server's log.
        log: String,
        /// The last lines of that log.
        tail: String,
    },
    /// Another process is starting or stopping the server and did not finish in time.
    #[error("{dir} is busy: {what} did not end within {waited:?}")]
    Busy {
        /// The directory of the cluster.
        dir: PathBuf,
        /// What was waited for.
        what: &'static str,
        /// How long.
        waited: Duration,
    },
    /// The server is there, but refused a statement of ours.
    #[error("PostgreSQL refused: {message} (SQLSTATE {code})")]
    Refused {
        /// The five characters of the SQLSTATE.
        code: String,
        /// The server's own words.
        message: String,
    },
    /// The operating system refused something.
    #[error("{what}")]
    Io {
        /// What was tried, and on what.
        what: String,
        /// Its answer.
        #[source]
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn io(what: impl Display, source: io::Error) -> Self {
        Self::Io { what: what.to_string(), source }
    }
}

/// Says what an operation on the system was about.
pub(crate) trait Context<T> {
    /// Turns the bare error into ours; `what` reads like "cannot open /some/path".
    fn context<D: Display>(self, what: impl FnOnce() -> D) -> Result<T, Error>;
}

impl<T, E: Into<io::Error>> Context<T> for Result<T, E> {
    fn context<D: Display>(self, what: impl FnOnce() -> D) -> Result<T, Error> {
        self.map_err(|source| Error::io(what(), source.into()))
    }
}
