//! Which process is the server of a data directory, and is it still there.

use std::{
    env,
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::{Pid, Signal};

use crate::place::User;

/// Where the system shows its processes; absent on macOS.
const PROC: &str = "/proc";

/// What must be taken over from the environment for programs to be found and loaded. Everything else stays outside:
/// `PGDATA`, `PGPORT`, `PGOPTIONS` and their kin would otherwise have their say.
const INHERITED: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];

/// A command with a clean environment, to be run as `user`.
pub(crate) fn command(program: impl AsRef<OsStr>, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(INHERITED.iter().filter_map(|name| Some((name, env::var_os(name)?))));
    if env::var_os("PATH").is_none() {
        command.env("PATH", "/usr/bin:/bin");
    }
    command.env("LC_ALL", "C"); // messages we can match; on macOS the server does not start without a locale
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid); // this empties the supplementary groups, too
    }
    command
}

/// What `postmaster.pid`, the server's lock file, says: line 1 is the process, line 8 what it is doing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LockFile {
    pub(crate) pid: Pid,
    /// It accepts connections; says so even after a `kill -9`, so this alone proves nothing.
    pub(crate) ready: bool,
}

impl LockFile {
    pub(crate) fn read(data: &Path) -> Option<Self> {
        let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let mut lines = text.lines().map(str::trim);
        let pid = lines.next()?.parse::<i32>().ok()?.checked_abs()?; // negative for `postgres --single`
        Some(Self { pid: Pid::from_raw(pid)?, ready: lines.nth(6) == Some("ready") })
    }
}

/// The running server of `data`, if there is one.
pub(crate) fn server(data: &Path) -> Option<LockFile> {
    LockFile::read(data).filter(|lock| serves(lock.pid, data))
}

/// Asks a server for a fast shutdown: transactions are rolled back, sessions closed.
pub(crate) fn shut_down(server: LockFile) {
    if let Err(error) = rustix::process::kill_process(server.pid, Signal::INT) {
        tracing::debug!(pid = server.pid.as_raw_nonzero(), %error, "the server has gone by itself");
    }
}

/// Is the process alive? A zombie is not; where process 1 does not collect the dead, a killed server stays one.
pub(crate) fn is_alive(pid: Pid) -> bool {
    if !has_proc() {
        return rustix::process::test_kill_process(pid).is_ok();
    }
    let stat = fs::read_to_string(proc_dir(pid).join("stat")).unwrap_or_default();
    // "pid (name) state …", where the name may contain anything
    let state = stat.rsplit(')').next().and_then(|rest| rest.trim_start().chars().next());
    !matches!(state, None | Some('Z' | 'X' | 'x'))
}

/// Is the process alive and at work on `data`? The number in a stale lock file may belong to anybody by now; in a
/// container that is started again it often does.
fn serves(pid: Pid, data: &Path) -> bool {
    if !is_alive(pid) {
        return false;
    }
    if !has_proc() {
        let output = command("ps", None).args(["-ww", "-o", "command=", "-p", &pid.to_string()]).output();
        let line = output.map(|output| output.stdout).unwrap_or_default();
        return String::from_utf8_lossy(&line).contains(&*data.to_string_lossy());
    }
    // The working directory is the better proof, but containers may not let root see it.
    let works_there = fs::read_link(proc_dir(pid).join("cwd")).is_ok_and(|cwd| cwd == data);
    let names_it = || {
        let arguments = fs::read(proc_dir(pid).join("cmdline")).unwrap_or_default();
        arguments.split(|byte| *byte == 0).any(|argument| argument == data.as_os_str().as_bytes())
    };
    works_there || names_it()
}

fn has_proc() -> bool {
    Path::new(PROC).join("self/stat").exists()
}

fn proc_dir(pid: Pid) -> PathBuf {
    Path::new(PROC).join(pid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock_file(text: &str) -> Option<(i32, bool)> {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("postmaster.pid"), text).unwrap();
        LockFile::read(data.path()).map(|lock| (lock.pid.as_raw_nonzero().get(), lock.ready))
    }

    #[test]
    fn a_lock_file_names_the_process_and_what_it_does() {
        let lines = |last: &str| format!("4711\n/d\n1700000000\n5432\n/d/s\n\n  123 456\n{last}\n");
        assert_eq!(lock_file(&lines("ready   ")), Some((4711, true)));
        assert_eq!(lock_file(&lines("starting")), Some((4711, false)));
        assert_eq!(lock_file(&lines("stopping")), Some((4711, false)));
        assert_eq!(lock_file("4711\n"), Some((4711, false)));
        assert_eq!(lock_file("-4711\n"), Some((4711, false)));
        assert_eq!(lock_file(""), None);
        assert_eq!(lock_file("0\n"), None);
        assert_eq!(lock_file("nonsense\n"), None);
        assert!(LockFile::read(Path::new("/nonexistent")).is_none());
    }

    #[test]
    fn a_number_that_another_process_has_now_is_not_the_server() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
        assert!(LockFile::read(data.path()).is_some());
        if Path::new(PROC).exists() {
            assert!(server(data.path()).is_none());
        }
    }

    #[test]
    fn no_setting_of_the_environment_is_passed_on() {
        let command = command("true", None);
        let names: Vec<_> = command.get_envs().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect();
        assert!(names.iter().all(|name| *name == "LC_ALL" || INHERITED.iter().any(|kept| kept == name)), "{names:?}");
    }
}
