//! Making the cluster's files, once.

use std::{fs, io, path::Path, process};

use crate::{
    USER,
    error::{Context, Error},
    find::{Programs, find},
    options::Options,
    place::Place,
    process::command,
};

/// The major version that made the cluster, if there is one. Only a file that is certainly missing means that there is
/// none; anything doubtful is an error, so that nobody's data is taken for a leftover.
pub(crate) fn version(place: &Place) -> Result<Option<u32>, Error> {
    let path = place.data().join("PG_VERSION");
    let doubtful = || format!("cannot read {}", path.display());
    match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map(Some).map_err(io::Error::other).context(doubtful),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context(doubtful),
    }
}

/// Makes sure that there is a cluster, and finds programs that fit it. Only under the lock of the starters.
pub(crate) fn ensure(place: &Place, options: &Options) -> Result<Programs, Error> {
    let made = version(place)?;
    let programs =
        find(options.programs.as_deref(), made, |dir| place.may_enter(dir)).map_err(|error| match error {
            Error::WrongMajor { have, found, .. } => Error::WrongMajor { dir: place.data(), have, found },
            other => other,
        })?;
    if made.is_none() {
        tracing::info!(dir = %place.base.display(), "creating a private PostgreSQL; this happens once");
        create(place, options, &programs)?;
    }
    Ok(programs)
}

/// A durable cluster must not be run without durability, nor one that may have lost writes be trusted with data.
pub(crate) fn check_kind(place: &Place, options: &Options) -> Result<(), Error> {
    let marked = place.throw_away_mark().exists();
    if version(place)?.is_none() || marked == options.throw_away {
        return Ok(());
    }
    let name = |throw_away| if throw_away { "throw-away" } else { "durable" };
    Err(Error::OtherKind { dir: place.base.clone(), made: name(marked), asked: name(options.throw_away) })
}

/// Deletes the cluster; [`ensure`] makes another.
pub(crate) fn delete(place: &Place) -> Result<(), Error> {
    remove_dir(&place.data())
}

/// All or nothing: made under another name and then renamed, so that a `kill -9` leaves no half cluster.
fn create(place: &Place, options: &Options, programs: &Programs) -> Result<(), Error> {
    sweep(place);
    mark(place, options.throw_away)?;
    let unfinished = place.base.join(format!("init-{}", process::id()));
    let initdb = programs.dir.join("initdb");
    let mut command = command(&initdb, place.user);
    command
        .args(["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--pgdata"])
        .arg(&unfinished)
        .current_dir(&place.base);
    if options.throw_away {
        command.arg("--no-sync");
    }
    let output = command.output().context(|| format!("cannot run {}", initdb.display()))?;
    if !output.status.success() {
        remove_dir(&unfinished)?;
        return Err(Error::Initdb { message: String::from_utf8_lossy(&output.stderr).trim().to_owned() });
    }
    fs::rename(&unfinished, place.data()).context(|| format!("cannot rename {}", unfinished.display()))
}

/// Removes what starters have left that were killed during `initdb`. Their `initdb` may still run and write; then the
/// rest is for the next time.
fn sweep(place: &Place) {
    for entry in fs::read_dir(&place.base).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("init-")
            && let Err(error) = remove_dir(&entry.path())
        {
            tracing::debug!(%error, "left for the next start");
        }
    }
}

fn mark(place: &Place, throw_away: bool) -> Result<(), Error> {
    let path = place.throw_away_mark();
    if throw_away {
        return place.write(&path, "");
    }
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io(format!("cannot remove {}", path.display()), error))
        }
        _ => Ok(()),
    }
}

fn remove_dir(dir: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io(format!("cannot remove {}", dir.display()), error))
        }
        _ => Ok(()),
    }
}
