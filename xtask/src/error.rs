//! What can go wrong in a check.

use std::{io, path::PathBuf, process::ExitStatus};

/// Why a check did not pass.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The check ran and does not agree; what it found is already printed, one a line.
    #[error("{check}: {count} to mend, see above")]
    Findings {
        /// The check's name.
        check: &'static str,
        /// How many lines it printed.
        count: usize,
    },
    /// A program ran and ended badly; it has said why.
    #[error("`{command}` ended with {status}")]
    Status {
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// A program could not be started.
    #[error("`{command}` could not be started")]
    Start {
        /// The command line.
        command: String,
        /// Why not.
        source: io::Error,
    },
    /// A file or directory could not be used.
    #[error("{}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// What should be JSON is not.
    #[error("{what} is not the JSON expected")]
    Json {
        /// Where it came from.
        what: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// The folder of the recorded requests is a link or a file, so it is not emptied.
    #[error("{} is not a plain directory; remove it by hand", .0.display())]
    NotAFolder(PathBuf),
    /// One step of `ci` failed.
    #[error("failed at `{step}`")]
    Step {
        /// The step's name.
        step: &'static str,
    },
}

impl Error {
    /// An I/O error with the path that it is about.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
