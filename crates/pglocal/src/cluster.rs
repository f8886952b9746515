//! The cluster as its users see it: start or join, look after, let go.

use std::{
    path::PathBuf,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use crate::{
    USER,
    error::Error,
    init,
    launch::{Launched, STOP_TIMEOUT, collect, launch},
    options::Options,
    place::{POLL, Place},
    process::{self, LockFile},
    tether::{self, Hold},
    wire,
};

/// How often a start is tried while something of a killed server is in the way, and how long between two attempts.
const START_ATTEMPTS: u32 = 30;
const ATTEMPT_PAUSE: Duration = Duration::from_millis(200);

/// How long the watchdog of a server that is gone may take to go as well. It takes milliseconds, unless half of it was
/// killed.
const WATCHDOG_GRACE: Duration = Duration::from_secs(1);

/// How often a server that nobody watches is asked to shut down. One that has only just started may not hear it.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// A hold on a private PostgreSQL: the server runs at least as long as this value, or any other process's, exists.
///
/// Dropping it lets go like [`Cluster::stop`].
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    options: Options,
    /// `None` only after a revival that failed.
    hold: Option<Hold>,
    /// Present where this process started the server.
    watchdog: Option<Child>,
}

impl Cluster {
    /// Starts the server of a directory, or takes hold of the one that runs there; creates the cluster the first time.
    /// Returns when it answers.
    ///
    /// # Errors
    /// Every variant of [`Error`] but `Refused`. Nothing keeps running after an error.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let place = Place::prepare(&options.dir)?;
        let (hold, watchdog) = open(&place, options)?;
        Ok(Self { place, options: options.clone(), hold: Some(hold), watchdog })
    }

    /// Creates a database unless it exists; tells whether it was created. Any number of processes may ask at once.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reason, [`Error::Io`] when it does not answer.
    pub fn ensure_database(&self, name: &str) -> Result<bool, Error> {
        wire::ensure_database(&self.place.socket(), name)
    }

    /// The address of a database for tokio-postgres, libpq and what is built on them. The database `postgres` always
    /// exists.
    pub fn url(&self, database: &str) -> String {
        let host = self.place.socket_dir();
        format!(
            "postgres://{USER}@{}/{}",
            percent_encoded(host.as_os_str().as_encoded_bytes()),
            percent_encoded(database.as_bytes())
        )
    }

    /// Is the server there, and tied to us? Cheap (a few system calls, no connection): fit to be asked every second.
    pub fn is_alive(&self) -> bool {
        self.hold.as_ref().is_some_and(|hold| hold.is_watched(&self.place))
            && process::server(&self.place.data()).is_some()
    }

    /// Starts the server again if it has died, say by a `kill -9` or for want of memory; tells whether it had to. With
    /// several holders, the first to notice starts it and the others take hold of it.
    ///
    /// # Errors
    /// As [`Cluster::start`]. The cluster stays as it is, and `revive` may be called again.
    pub fn revive(&mut self) -> Result<bool, Error> {
        if self.is_alive() {
            return Ok(false);
        }
        tracing::warn!(dir = %self.place.base.display(), "the private PostgreSQL has died and is started again");
        self.hold = None;
        self.watchdog.take().into_iter().for_each(collect);
        let (hold, watchdog) = open(&self.place, &self.options)?;
        self.hold = Some(hold);
        self.watchdog = watchdog;
        Ok(true)
    }

    /// Lets go of the server, after which it shuts down if nobody else holds it. Then this waits until it is down, for
    /// ten seconds at most; with other holders, or with [`Options::linger_seconds`], it returns at once. Tells whether
    /// the server is down.
    pub fn stop(mut self) -> bool {
        self.release()
    }

    /// Where the data is: below the directory of the [`Options`], or below `/var/lib` where that one is out of reach
    /// for the server's user.
    pub fn data_dir(&self) -> PathBuf {
        self.place.data()
    }

    /// Did this process start the server, and not just take hold of it?
    pub fn started_here(&self) -> bool {
        self.watchdog.is_some()
    }

    fn release(&mut self) -> bool {
        let server = process::server(&self.place.data());
        let last = self.hold.take().and_then(Hold::leave);
        let down = last.is_some_and(|last| self.options.linger_seconds == 0 && self.wait_until_down(server, &last));
        self.watchdog.take().into_iter().for_each(collect);
        down
    }

    /// `server` is the one there was before we left; its lock file goes a moment before the process does.
    fn wait_until_down(&mut self, server: Option<LockFile>, last: &tether::Last) -> bool {
        let deadline = Instant::now() + STOP_TIMEOUT;
        loop {
            let collected = self.watchdog.as_mut().is_none_or(|watchdog| !matches!(watchdog.try_wait(), Ok(None)));
            let gone = server.is_none_or(|server| !process::is_alive(server.pid));
            if collected && gone {
                tracing::info!(dir = %self.place.base.display(), "the private PostgreSQL has stopped");
                return true;
            }
            if last.was_joined() {
                return false;
            }
            if Instant::now() > deadline {
                tracing::warn!(dir = %self.place.base.display(), "the private PostgreSQL is slow to stop; left to itself");
                return false;
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.release();
    }
}

/// Takes hold of the running server or starts one.
fn open(place: &Place, options: &Options) -> Result<(Hold, Option<Child>), Error> {
    let begun = Instant::now();
    let _one_at_a_time = place.lock(begun + options.start_timeout)?;
    init::check_kind(place, options)?;
    let mut may_start_over = options.throw_away;
    let mut attempt = 1;
    loop {
        if let Some(hold) = attach(place, begun + options.start_timeout)? {
            tracing::info!(dir = %place.base.display(), "took hold of the running private PostgreSQL");
            return Ok((hold, None));
        }
        let launched = init::ensure(place, options).and_then(|programs| {
            tracing::debug!(dir = %place.base.display(), "starting the private PostgreSQL");
            launch(place, options, &programs)
        });
        match launched {
            Ok(Launched::Up(hold, watchdog)) => {
                tracing::info!(dir = %place.base.display(), took = ?begun.elapsed(), "the private PostgreSQL is up");
                return Ok((hold, Some(watchdog)));
            }
            Ok(Launched::InTheWay(error)) if attempt == START_ATTEMPTS => return Err(error),
            Ok(Launched::InTheWay(error)) => {
                tracing::debug!(%error, attempt, "something of the server before is in the way");
                attempt += 1;
                thread::sleep(ATTEMPT_PAUSE);
            }
            Err(error @ (Error::Start { .. } | Error::WrongMajor { .. })) if may_start_over => {
                tracing::warn!(%error, dir = %place.base.display(), "the throw-away cluster is made anew");
                may_start_over = false;
                init::delete(place)?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Takes hold of the running server, or returns nothing once nothing is left of any. Only under the lock of the
/// starters, so that a server which is neither up nor gone is on its way to one of the two.
fn attach(place: &Place, deadline: Instant) -> Result<Option<Hold>, Error> {
    let begun = Instant::now();
    let mut hold: Option<Hold> = None;
    let mut asked: Option<Instant> = None;
    loop {
        let server = process::server(&place.data());
        if !hold.as_ref().is_some_and(|hold| hold.is_watched(place)) {
            hold = Hold::join(place)?;
        }
        match (&hold, server) {
            (None, None) => return Ok(None),
            (Some(held), Some(lock)) => {
                // Not so while it recovers, shuts down, or decides whether we came in time to keep it from that.
                let usable = lock.ready && tether::is_open(place) && wire::answers(&place.socket());
                if usable && held.is_watched(place) {
                    return Ok(hold);
                }
            }
            (None, Some(server)) => {
                // Its watchdog was killed. It must not run on untied, and there is no tying it again.
                if asked.is_none_or(|asked| asked.elapsed() > ASK_AGAIN) {
                    tracing::warn!(dir = %place.base.display(), "a private PostgreSQL that nobody watches is stopped");
                    process::shut_down(server);
                    asked = Some(Instant::now());
                }
            }
            (Some(_), None) => {
                if begun.elapsed() > WATCHDOG_GRACE {
                    tether::abandon(place)?;
                    hold = None;
                    continue;
                }
            }
        }
        if Instant::now() > deadline {
            let what = "the recovery or shutdown of the server";
            return Err(Error::Busy { dir: place.base.clone(), what, waited: begun.elapsed() });
        }
        thread::sleep(POLL);
    }
}

/// Everything but letters, digits and `-_.` as `%XX`, as addresses want it.
fn percent_encoded(bytes: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    bytes.iter().map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_encoded() {
        assert_eq!(percent_encoded(b"/srv/my app/s"), "%2Fsrv%2Fmy%20app%2Fs");
        assert_eq!(percent_encoded(b"chatme_2-b.x"), "chatme_2-b.x");
    }

    #[test]
    fn a_cluster_may_move_between_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<Cluster>();
    }
}
