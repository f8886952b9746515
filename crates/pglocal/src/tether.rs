//! The holders' side of the pipe that ties the server to the life of those who use it.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::Path,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::OFlags,
    io::Errno,
};

use crate::{
    error::{Context, Error},
    files,
    place::{Place, open_or_create},
    process::command,
};

/// One holder: as long as this exists, the watchdog keeps the server. The kernel closes both files of a process that
/// dies; both are close-on-exec, so that the children of a holder do not hold.
#[derive(Debug)]
pub(crate) struct Hold {
    pipe: File,
    /// Locked by all holders, shared. It answers one question, for which a pipe has no answer: was I the last?
    share: File,
}

impl Hold {
    /// Takes hold of the server whose watchdog reads the pipe now; `None` when none reads it. Whoever joins must then
    /// look at [`is_open`]: the watchdog may have been about to leave.
    pub(crate) fn join(place: &Place) -> Result<Option<Self>, Error> {
        let path = place.pipe();
        let mut pipe = match files::open_pipe(&path, OFlags::WRONLY) {
            Ok(pipe) => pipe,
            Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::NXIO | Errno::NOENT)) => return Ok(None),
            Err(error) => return Err(Error::io(format!("cannot open {}", path.display()), error)),
        };
        // The line tells a watchdog which has just seen the last holder leave that there is one more.
        match pipe.write(b"\n") {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(None),
            Ok(_) | Err(_) => {} // a full pipe has lines enough
        }
        let share = open_or_create(&place.shares())?;
        share.lock_shared().context(|| format!("cannot lock {}", place.shares().display()))?;
        Ok(Some(Self { pipe, share }))
    }

    /// Does the watchdog still read this pipe, and is it the pipe that newcomers open? One look, no waiting.
    pub(crate) fn is_watched(&self, place: &Place) -> bool {
        let mut pipe = [PollFd::new(&self.pipe, PollFlags::empty())];
        let polled = poll(&mut pipe, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        let broken = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
        let read = polled.is_ok() && pipe.iter().all(|pipe| !pipe.revents().intersects(broken));
        let same = match (self.pipe.metadata(), fs::metadata(place.pipe())) {
            (Ok(ours), Ok(theirs)) => (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()),
            _ => false,
        };
        read && same
    }

    /// Lets go. The answer is something to watch the end with if this was the last hold, and nothing if others hold on.
    pub(crate) fn leave(self) -> Option<Last> {
        drop(self.pipe);
        // In this order, so that of several that leave at once at least one finds itself the last.
        self.share.unlock().ok()?;
        let last = Last(self.share);
        (!last.was_joined()).then_some(last)
    }
}

/// Watches the end of a server whose last holder has left.
#[derive(Debug)]
pub(crate) struct Last(File);

impl Last {
    /// Has somebody taken hold in the meantime?
    pub(crate) fn was_joined(&self) -> bool {
        let joined = self.0.try_lock().is_err();
        if !joined && let Err(error) = self.0.unlock() {
            tracing::debug!(%error, "the lock of the holders goes with its file");
        }
        joined
    }
}

/// Is the watchdog open for newcomers? An empty file is one that is being written.
pub(crate) fn is_open(place: &Place) -> bool {
    fs::read_to_string(place.state()).is_ok_and(|state| state.trim() == "open")
}

/// What the first holder needs: the end of the pipe for the watchdog, and its own. Only under the lock of the starters,
/// and only when no watchdog reads the pipe.
pub(crate) fn tie(place: &Place) -> Result<(File, Hold), Error> {
    let path = place.pipe();
    if !path.exists() {
        make_pipe(place, &path)?;
    }
    place.write(&place.state(), "open\n")?;
    let cannot = || format!("cannot open {}", path.display());
    // Reading first and without blocking: otherwise each end would wait for the other to be opened.
    let end = files::open_pipe(&path, OFlags::RDONLY).context(cannot)?;
    let hold = Hold::join(place)?.ok_or_else(|| Error::io(cannot(), io::ErrorKind::BrokenPipe.into()))?;
    // The shell wants to wait in `read`.
    let flags = rustix::fs::fcntl_getfl(&end).context(cannot)?;
    rustix::fs::fcntl_setfl(&end, flags - OFlags::NONBLOCK).context(cannot)?;
    Ok((end, hold))
}

/// Gives newcomers another pipe, because the watchdog of a server that is gone still reads the old one.
pub(crate) fn abandon(place: &Place) -> Result<(), Error> {
    match fs::remove_file(place.pipe()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io(format!("cannot remove {}", place.pipe().display()), error))
        }
        _ => Ok(()),
    }
}

/// By the POSIX program: the system call is not to be had everywhere without `unsafe`.
fn make_pipe(place: &Place, path: &Path) -> Result<(), Error> {
    let cannot = || format!("cannot create the named pipe {}", path.display());
    let output = command("mkfifo", place.user).args(["-m", "600"]).arg(path).output().context(cannot)?;
    if output.status.success() {
        return Ok(());
    }
    let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::io(cannot(), io::Error::other(reason)))
}
