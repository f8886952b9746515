//! Files in a directory that belongs to the server's user, written by root.
//!
//! Whoever controls the directory may put a link where root is about to write, and root would follow it to a file that is
//! none of that user's business. So a file is opened without following links, looked at, and only then written and given
//! away, by its descriptor and not by its name.

use std::{
    fs::{File, Metadata, Permissions},
    io::{self, Write as _},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, fchown},
    path::Path,
};

use rustix::{
    fs::{Mode, OFlags, open},
    io::Errno,
};

use crate::place::User;

/// The mode of every file.
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// Opens a plain file for writing, as it is or newly made.
pub(crate) fn open_or_create(path: &Path) -> io::Result<File> {
    // Without waiting: a planted pipe without a reader is an error and no trap.
    let file = open_with(path, OFlags::WRONLY | OFlags::CREATE | OFlags::NONBLOCK)?;
    let found = file.metadata()?;
    // Of two names, one may be somewhere else.
    if found.is_file() && found.nlink() <= 1 { Ok(file) } else { Err(unexpected("a plain file of ours")) }
}

/// Replaces the content of a file, and gives it to `user`.
pub(crate) fn write(path: &Path, content: &str, user: Option<User>) -> io::Result<()> {
    let mut file = open_or_create(path)?;
    give(&file, user)?;
    file.set_len(0)?;
    file.write_all(content.as_bytes())
}

/// Makes a file that was not there.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    open_with(path, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)
}

/// Opens a named pipe for writing, without waiting for somebody to read it.
pub(crate) fn open_pipe(path: &Path, flags: OFlags) -> io::Result<File> {
    let pipe = open_with(path, flags | OFlags::NONBLOCK)?;
    if pipe.metadata()?.file_type().is_fifo() { Ok(pipe) } else { Err(unexpected("a named pipe")) }
}

/// Gives a directory to `user` and closes it to everybody else.
pub(crate) fn make_private(dir: &Path, user: Option<User>) -> io::Result<()> {
    let dir = open_with(dir, OFlags::RDONLY | OFlags::DIRECTORY)?;
    give(&dir, user)?;
    dir.set_permissions(Permissions::from_mode(0o700))
}

fn give(file: &File, user: Option<User>) -> io::Result<()> {
    let is_his = |user: User, found: &Metadata| (found.uid(), found.gid()) == (user.uid, user.gid);
    match user {
        Some(user) if !is_his(user, &file.metadata()?) => fchown(file, Some(user.uid), Some(user.gid)),
        _ => Ok(()),
    }
}

fn open_with(path: &Path, flags: OFlags) -> io::Result<File> {
    match open(path, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, PRIVATE) {
        Ok(descriptor) => Ok(File::from(descriptor)),
        Err(Errno::LOOP) => Err(io::Error::other("there is a link in its place")),
        Err(error) => Err(error.into()),
    }
}

fn unexpected(wanted: &str) -> io::Error {
    io::Error::other(format!("it is not {wanted}"))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink, process::Command};

    use super::*;

    #[test]
    fn nothing_is_written_through_a_planted_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("victim"), "precious").unwrap();
        fs::create_dir(path("elsewhere")).unwrap();
        symlink(path("victim"), path("link")).unwrap();
        symlink(path("missing"), path("dangling")).unwrap();
        symlink(path("elsewhere"), path("link to a directory")).unwrap();
        fs::hard_link(path("victim"), path("second name")).unwrap();
        assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        for planted in ["link", "dangling", "second name", "pipe"] {
            assert!(open_or_create(&path(planted)).is_err(), "{planted}");
            assert!(write(&path(planted), "x", None).is_err(), "{planted}");
            assert!(create_new(&path(planted)).is_err(), "{planted}");
        }
        for planted in ["link", "dangling", "second name"] {
            assert!(open_pipe(&path(planted), OFlags::WRONLY).is_err(), "{planted}");
        }
        assert!(make_private(&path("link to a directory"), None).is_err());
        assert_eq!(fs::read_to_string(path("victim")).unwrap(), "precious");
        assert!(!path("missing").exists());
    }

    #[test]
    fn a_file_is_private_and_its_content_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("state");
        write(&file, "a long word\n", None).unwrap();
        write(&file, "open\n", None).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "open\n");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        assert!(create_new(&file).is_err());
    }
}
