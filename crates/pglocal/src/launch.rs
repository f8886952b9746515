//! Starting the server and its watchdog.

use std::{
    fs::{self, File},
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    error::{Context, Error},
    files,
    find::Programs,
    options::Options,
    place::{POLL, Place},
    process::{LockFile, command},
    tether::{Hold, tie},
    wire,
};

/// Keeps the server in step with its holders; see there.
const WATCHDOG: &str = include_str!("watchdog.sh");

/// How long a fast shutdown may take: it ends with a checkpoint.
pub(crate) const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of the log is shown when the server does not start.
const TAIL_LINES: usize = 15;

/// What the server says of its predecessor: its files or the memory it shared with sessions that still end. It passes.
const PASSING: [&str; 2] = ["pre-existing shared memory block", "lock file \"postmaster.pid\" already exists"];

/// In every server of ours. Given on the command line, where they outrank whatever the cluster's own files say.
const SETTINGS: [&str; 13] = [
    "listen_addresses=",
    "port=5432", // only a part of the socket's name
    "unix_socket_permissions=0700",
    "logging_collector=off",
    "log_destination=stderr",
    "log_error_verbosity=terse", // a refused row, which may be a person's, stays out of the log
    "log_checkpoints=off",
    "lc_messages=C", // `persistence` matches some messages
    "timezone=UTC",
    "log_timezone=UTC",
    "jit=off", // costs more than it gains on short queries
    "ssl=off",
    "idle_in_transaction_session_timeout=60s",
];

/// Speed for what may be lost.
const THROW_AWAY_SETTINGS: [&str; 6] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "checkpoint_timeout=1h",
];

/// How an attempt ended that was no outright failure.
#[derive(Debug)]
pub(crate) enum Launched {
    /// The server answers.
    Up(Hold, Child),
    /// Something of its predecessor is in the way: try again in a moment.
    InTheWay(Error),
}

/// Starts a server for which nobody else is there. Only under the lock of the starters.
pub(crate) fn launch(place: &Place, options: &Options, programs: &Programs) -> Result<Launched, Error> {
    let begun = Instant::now();
    let (pipe, hold) = tie(place)?;
    let log = new_log(place)?;
    let errors = log.try_clone().context(|| "cannot share the server's log")?;
    let mut command = command("/bin/sh", place.user);
    command
        .args(["-c", WATCHDOG, "pglocal-watchdog"])
        .arg(place.state())
        .arg(options.linger_seconds.to_string())
        .arg(place.data().join("postmaster.pid"))
        .arg(programs.dir.join("postgres"))
        .arg("-D")
        .arg(place.data());
    for setting in settings(place, options) {
        command.args(["-c", &setting]);
    }
    pardon_stale_files(place, &mut command)?;
    command
        .current_dir(&place.base)
        .process_group(0) // a Ctrl-C at the terminal is for the application, which then drains first
        .stdin(Stdio::from(pipe))
        .stdout(log)
        .stderr(errors);
    let mut watchdog = command.spawn().context(|| "cannot run /bin/sh")?;
    drop(command); // with the pipe's end that is the watchdog's alone
    loop {
        let ended = watchdog.try_wait().context(|| "cannot wait for the watchdog")?.is_some();
        if !ended && LockFile::read(&place.data()).is_some_and(|lock| lock.ready) && wire::answers(&place.socket()) {
            return Ok(Launched::Up(hold, watchdog));
        }
        let waited = begun.elapsed();
        if ended || waited > options.start_timeout {
            drop(hold);
            stop_waiting_for(watchdog);
            let tail = tail(&place.log());
            let passing = ended && PASSING.iter().any(|message| tail.contains(message));
            let error = Error::Start { waited, log: place.log().display().to_string(), tail };
            return if passing { Ok(Launched::InTheWay(error)) } else { Err(error) };
        }
        thread::sleep(POLL);
    }
}

/// Waits for a watchdog that nobody holds any more, but not for ever.
fn stop_waiting_for(mut watchdog: Child) {
    let deadline = Instant::now() + STOP_TIMEOUT;
    while matches!(watchdog.try_wait(), Ok(None)) && Instant::now() < deadline {
        thread::sleep(POLL);
    }
    collect(watchdog);
}

/// Collects a watchdog whenever it ends, so that it does not stay a zombie for the rest of our life.
pub(crate) fn collect(mut watchdog: Child) {
    if matches!(watchdog.try_wait(), Ok(None)) {
        let waiting = thread::Builder::new().name("pglocal-collect".to_owned()).spawn(move || watchdog.wait());
        if let Err(error) = waiting {
            tracing::debug!(%error, "the watchdog will be collected when this process ends");
        }
    }
}

fn settings(place: &Place, options: &Options) -> Vec<String> {
    let mut settings: Vec<String> = SETTINGS.map(str::to_owned).to_vec();
    settings.push(format!("unix_socket_directories={}", in_list(&place.socket_dir())));
    settings.push(format!("max_connections={}", options.max_connections));
    if options.throw_away {
        settings.extend(THROW_AWAY_SETTINGS.map(str::to_owned));
    }
    settings
}

/// A path as an entry of a list of paths, where a comma or blank would otherwise end it.
fn in_list(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().replace('"', "\"\""))
}

/// Lets the server pass over the files of a killed predecessor. It takes such a file for live when a process has that
/// number, were it a zombie or anybody else's. We know better (see `process::serves`), and PostgreSQL has a way to be
/// told: a lock file that names its own grandparent is stale. Unlike deleting the file, this keeps its check that no
/// session of the predecessor is left.
fn pardon_stale_files(place: &Place, command: &mut Command) -> Result<(), Error> {
    if let Some(stale) = LockFile::read(&place.data()) {
        command.env("PG_GRANDPARENT_PID", stale.pid.to_string());
    }
    let socket = place.socket();
    for path in [socket.clone(), socket.with_file_name(".s.PGSQL.5432.lock")] {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io(format!("cannot remove {}", path.display()), error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A new log for each start; the one before is kept, since it tells why there had to be another.
fn new_log(place: &Place) -> Result<File, Error> {
    let path = place.log();
    match fs::rename(&path, path.with_extension("log.old")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::io(format!("cannot rename {}", path.display()), error));
        }
        _ => {}
    }
    files::create_new(&path).context(|| format!("cannot create {}", path.display()))
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().rev().take(TAIL_LINES).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_its_last_lines_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("server.log");
        assert_eq!(tail(&log), "");
        let lines: Vec<String> = (0..100).map(|n| format!("line {n}")).collect();
        fs::write(&log, lines.join("\n")).unwrap();
        assert_eq!(tail(&log), lines[100 - TAIL_LINES..].join("\n"));
    }

    #[test]
    fn odd_paths_stay_one_entry_of_a_list() {
        assert_eq!(in_list(Path::new("/a, b/s")), "\"/a, b/s\"");
        assert_eq!(in_list(Path::new("/a\"b/s")), "\"/a\"\"b/s\"");
    }
}
