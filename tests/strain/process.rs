//! What the operating system says of a process.

use std::{collections::HashSet, fs, path::PathBuf};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A process, by its id.
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// How many files it has open, sockets counted; without its connections to its own database, which come and go with a pool
    /// that has its own limit.
    pub(crate) fn open_files(&self) -> usize {
        let files = fs::read_dir(format!("/proc/{}/fd", self.0)).unwrap();
        // One that is closed meanwhile leads nowhere.
        let leads_to = |file: fs::DirEntry| fs::read_link(file.path()).ok();
        let open: Vec<_> = files.map_while(Result::ok).filter_map(leads_to).collect();
        // Its seventh column is the number of a socket.
        let table = fs::read_to_string(format!("/proc/{}/net/unix", self.0)).unwrap();
        let numbers = table.lines().filter_map(|line| line.split_whitespace().nth(6));
        let to_database: HashSet<_> = numbers.map(|number| PathBuf::from(format!("socket:[{number}]"))).collect();
        open.iter().filter(|leads_to| !to_database.contains(*leads_to)).count()
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
