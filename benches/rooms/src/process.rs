//! What the system says of a process, and how many files this one may open.

use std::fs;

use rustix::{
    param::{clock_ticks_per_second, page_size},
    process::{Resource, Rlimit, getrlimit, setrlimit},
};

use crate::Result;

/// Lets this process and those that it starts open as many files as the system allows.
pub(crate) fn raise_file_limit() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

/// The seconds that a process has computed, in user space and in the kernel, without its children.
pub(crate) fn cpu_seconds(id: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name may hold blanks and brackets; what follows its last one are fields 3 and on.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3).and_then(|ticks| ticks.parse::<f64>().ok());
    let (user, system) = ticks(14).zip(ticks(15)).ok_or("/proc/<pid>/stat has no times")?;
    Ok((user + system) / clock_ticks_per_second() as f64)
}

/// The bytes of a process that are in the main memory.
pub(crate) fn resident_bytes(id: u32) -> Result<f64> {
    let statm = fs::read_to_string(format!("/proc/{id}/statm"))?;
    let pages: f64 = statm.split_whitespace().nth(1).ok_or("/proc/<pid>/statm has no pages")?.parse()?;
    Ok(pages * page_size() as f64)
}
