//! What the system says of processes, and how many files this one may open.

use std::fs;

use rustix::{
    param::clock_ticks_per_second,
    process::{Resource, Rlimit, getrlimit, setrlimit},
};

use crate::Result;

/// Lets this process and those that it starts open as many files as the system allows.
pub(crate) fn raise_file_limit() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

/// What `/proc/<pid>/stat` says, as far as it is needed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// Ticks computed, in user space and in the kernel.
    own: u64,
    /// The same of children that have ended.
    children: u64,
}

impl Stat {
    fn of(id: u32) -> Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
        Self::parse(&stat).ok_or_else(|| format!("/proc/{id}/stat has no times").into())
    }

    fn parse(stat: &str) -> Option<Self> {
        // The name may hold blanks and brackets; what follows its last one are fields 3 and on.
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let (own, children) = (field(14)? + field(15)?, field(16)? + field(17)?);
        Some(Self { parent: field(4)?.try_into().ok()?, own, children })
    }
}

/// The seconds that a process has computed, without its children.
pub(crate) fn cpu_seconds(id: u32) -> Result<f64> {
    Ok(seconds(Stat::of(id)?.own))
}

/// The seconds that a process and its children have computed, those that have ended included.
pub(crate) fn family_cpu_seconds(id: u32) -> Result<f64> {
    let parent = Stat::of(id)?;
    let mut ticks = parent.own + parent.children;
    for entry in fs::read_dir("/proc")? {
        let child = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        // One that ends meanwhile counts with its parent, the next time.
        if let Some(Ok(stat)) = child.map(Stat::of)
            && stat.parent == id
        {
            ticks += stat.own;
        }
    }
    Ok(seconds(ticks))
}

fn seconds(ticks: u64) -> f64 {
    ticks as f64 / clock_ticks_per_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_hides_no_times() {
        let stat = "12 (a (b) c) S 7 12 12 0 -1 4194560 1 2 3 4 100 20 30 4 20 0 1 0 5";
        assert_eq!(Stat::parse(stat), Some(Stat { parent: 7, own: 120, children: 34 }));
        assert_eq!(Stat::parse("12 (a) S 7"), None);
    }

    #[test]
    fn this_process_has_computed_and_has_a_family() -> Result<()> {
        let own = cpu_seconds(std::process::id())?;
        assert!(own >= 0.0 && family_cpu_seconds(std::process::id())? >= own);
        Ok(())
    }
}
