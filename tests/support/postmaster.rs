//! The private PostgreSQL of a server, to be killed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::process::Pid;

/// Its first process.
pub(crate) fn postmaster(directory: &Path) -> Option<Pid> {
    let base = directory.join("data/pg");
    // It tells where it has moved to.
    let moved = fs::read_to_string(base.join("MOVED")).map(|place| PathBuf::from(place.trim()));
    let lock = fs::read_to_string(moved.unwrap_or(base).join("data/postmaster.pid")).ok()?;
    Pid::from_raw(lock.lines().next()?.trim().parse().ok()?)
}
