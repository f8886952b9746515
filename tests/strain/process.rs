//! What the operating system says of a process.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A process, by its id.
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// How many files it has open, sockets counted.
    pub(crate) fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0)).unwrap().count()
    }

    /// The memory that it occupies.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1_024
    }
}

/// Lets this process open as many sockets as the system allows.
pub(crate) fn raise_file_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}
