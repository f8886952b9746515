//! The directories of a cluster, and the user they belong to.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt},
    },
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use crate::{
    error::{Context, Error},
    files,
};

/// Who may run PostgreSQL when we are root, in order of preference.
const UNPRIVILEGED: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// Where clusters go whose own directory lies below one that the server's user cannot enter, such as `/root`.
const ELSEWHERE: &str = "/var/lib";

/// The name of the socket, which PostgreSQL makes from a port number; no port is opened.
const SOCKET: &str = ".s.PGSQL.5432";

/// The longest path a socket may have: 104 bytes with the final zero on macOS, 108 on Linux.
const SOCKET_PATH_MAX: usize = 103;

/// How often files and processes are looked at while waiting for them.
pub(crate) const POLL: Duration = Duration::from_millis(10);

/// The user that the server runs as when we are root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// The directory of one cluster:
///
/// ```text
/// data/           the cluster itself        holders       the named pipe of the holders
/// s/              the socket                holders.lock  locked by holders, shared
/// server.log      since the last start      state         `open` or `closing`: the watchdog's word to newcomers
/// lock            held during a start       THROW_AWAY    there is no durability here
/// ```
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) base: PathBuf,
    pub(crate) user: Option<User>,
}

impl Place {
    /// Finds the place for `dir`, makes it and makes it private.
    pub(crate) fn prepare(dir: &Path) -> Result<Self, Error> {
        let user = if rustix::process::geteuid().is_root() {
            let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
            Some(unprivileged(&passwd).ok_or(Error::NoUser)?)
        } else {
            None
        };
        fs::create_dir_all(dir).context(|| format!("cannot create {}", dir.display()))?;
        let dir = fs::canonicalize(dir).context(|| format!("cannot find {}", dir.display()))?;
        let base = match user {
            Some(user) if !dir.parent().is_none_or(|parent| reachable(parent, user)) => elsewhere(&dir)?,
            _ => dir,
        };
        refuse_foreign(&base)?;
        let place = Self { base, user };
        place.make_private(&place.base)?;
        match DirBuilder::new().mode(0o700).create(place.socket_dir()) {
            Ok(()) => place.make_private(&place.socket_dir())?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                place.insist_on_private(&place.socket_dir())?;
            }
            Err(error) => return Err(Error::io(format!("cannot create {}", place.socket_dir().display()), error)),
        }
        Ok(place)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.base.join("data")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.base.join("server.log")
    }

    pub(crate) fn pipe(&self) -> PathBuf {
        self.base.join("holders")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.base.join("state")
    }

    pub(crate) fn throw_away_mark(&self) -> PathBuf {
        self.base.join("THROW_AWAY")
    }

    pub(crate) fn shares(&self) -> PathBuf {
        self.base.join("holders.lock")
    }

    /// Beside the data, or with a short name in `/tmp` where that path would be too long for a socket. Not in `$TMPDIR`:
    /// two processes must come to the same answer whatever their environment.
    pub(crate) fn socket_dir(&self) -> PathBuf {
        let near = self.base.join("s");
        if near.join(SOCKET).as_os_str().len() <= SOCKET_PATH_MAX {
            near
        } else {
            Path::new("/tmp").join(format!("pglocal-{}", fingerprint(&self.base)))
        }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.socket_dir().join(SOCKET)
    }

    /// Can the server's user run what is in `dir`?
    pub(crate) fn may_enter(&self, dir: &Path) -> bool {
        self.user.is_none_or(|user| reachable(dir, user))
    }

    /// One starter at a time. Released when the file is dropped, also by a `kill -9`.
    pub(crate) fn lock(&self, deadline: Instant) -> Result<File, Error> {
        let begun = Instant::now();
        let path = self.base.join("lock");
        let file = open_or_create(&path)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => {
                    let what = "the start by another process";
                    return Err(Error::Busy { dir: self.base.clone(), what, waited: begun.elapsed() });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(Error::io(format!("cannot lock {}", path.display()), error));
                }
            }
        }
    }

    /// Replaces the content of a file that the server's user may read and write.
    pub(crate) fn write(&self, path: &Path, content: &str) -> Result<(), Error> {
        files::write(path, content, self.user).context(|| format!("cannot write {}", path.display()))
    }

    fn make_private(&self, dir: &Path) -> Result<(), Error> {
        files::make_private(dir, self.user).context(|| format!("cannot make {} private", dir.display()))
    }

    /// Somebody else may have made a directory of this name in `/tmp`, to read along.
    fn insist_on_private(&self, dir: &Path) -> Result<(), Error> {
        let found = fs::symlink_metadata(dir).context(|| format!("cannot look at {}", dir.display()))?;
        let owner = self.user.map_or(rustix::process::geteuid().as_raw(), |user| user.uid);
        if found.is_dir() && found.uid() == owner && found.mode() & 0o077 == 0 {
            return Ok(());
        }
        // A starter that was killed between creating it and giving it away; nobody else can create it as root.
        if found.is_dir() && rustix::process::geteuid().as_raw() == found.uid() {
            return self.make_private(dir);
        }
        Err(Error::io(
            format!("{} is not a private directory of ours", dir.display()),
            io::ErrorKind::PermissionDenied.into(),
        ))
    }
}

/// Opens a file for its lock alone.
pub(crate) fn open_or_create(path: &Path) -> Result<File, Error> {
    files::open_or_create(path).context(|| format!("cannot open {}", path.display()))
}

/// The first of the known users in the text of `/etc/passwd`.
fn unprivileged(passwd: &str) -> Option<User> {
    UNPRIVILEGED.iter().find_map(|name| {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == *name).then_some(())?;
            Some(User { uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
        })
    })
}

/// Can `user` walk down to `dir`?
fn reachable(dir: &Path, user: User) -> bool {
    let Ok(dir) = fs::canonicalize(dir) else { return false };
    dir.ancestors().all(|step| {
        fs::metadata(step).is_ok_and(|found| {
            let bit = match () {
                () if found.uid() == user.uid => 0o100,
                () if found.gid() == user.gid => 0o010,
                () => 0o001,
            };
            found.mode() & bit != 0
        })
    })
}

/// A directory for `dir` that the server's user can reach, and a note in `dir` that says where.
fn elsewhere(dir: &Path) -> Result<PathBuf, Error> {
    let moved = Path::new(ELSEWHERE).join(format!("pglocal-{}", fingerprint(dir)));
    fs::create_dir_all(&moved).context(|| format!("cannot create {}", moved.display()))?;
    let note = dir.join("MOVED");
    files::write(&note, &format!("{}\n", moved.display()), None)
        .context(|| format!("cannot write {}", note.display()))?;
    fs::canonicalize(&moved).context(|| format!("cannot find {}", moved.display()))
}

/// A slip such as `Options::new("/home/me")` must not change the owner and mode of somebody's files.
fn refuse_foreign(dir: &Path) -> Result<(), Error> {
    let ours = || dir.join("lock").is_file();
    if ours() {
        return Ok(());
    }
    let entries = fs::read_dir(dir).context(|| format!("cannot read {}", dir.display()))?;
    for entry in entries {
        let name = entry.context(|| format!("cannot read {}", dir.display()))?.file_name();
        // Volumes bring `lost+found`, people `.gitkeep`; and another starter may be making it ours at this moment.
        let harmless =
            name.as_bytes().starts_with(b".") || ["lost+found", "MOVED", "s"].iter().any(|known| name == *known);
        if !harmless && !ours() {
            return Err(Error::ForeignDirectory { dir: dir.to_owned() });
        }
    }
    Ok(())
}

/// A short name for a path (FNV-1a). Written out because it must never change: data lies below such a name, and the
/// hasher of the standard library may differ from one compiler to the next.
fn fingerprint(path: &Path) -> String {
    let hash =
        path.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests;
