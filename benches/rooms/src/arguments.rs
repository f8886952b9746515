//! The flags.

use std::{path::PathBuf, time::Duration};

use crate::{Result, phases::SPEAKERS, servers::Kind};

pub(crate) const HELP: &str = "\
cargo xtask bench rooms [flags]

  --sockets 500   sockets in the room
  --idle 5000     sockets whose memory is measured
  --seconds 10    of each of the three phases
  --runs 5        rounds in which each server has its turn
  --only a,b      some of chatme,socketioxide,node
  --quick         a look whether it works: 100 sockets, 1000 idle ones, 2 seconds, 1 run; goals are not judged";

/// What is measured.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Sockets in the room.
    pub(crate) sockets: usize,
    /// Sockets whose memory is measured.
    pub(crate) idle: usize,
    /// How long each phase lasts.
    pub(crate) time: Duration,
    /// Rounds.
    pub(crate) runs: u32,
    /// Which servers, in order.
    pub(crate) only: Vec<Kind>,
    /// Whether this is only a look.
    pub(crate) is_quick: bool,
    programs: Vec<(Kind, PathBuf)>,
}

impl Arguments {
    /// Reads the flags; `None` asks for help.
    pub(crate) fn read(mut flags: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let mut read = Self {
            sockets: 500,
            idle: 5_000,
            time: Duration::from_secs(10),
            runs: 5,
            only: Kind::ALL.to_vec(),
            is_quick: false,
            programs: Vec::new(),
        };
        while let Some(flag) = flags.next() {
            if flag == "--quick" {
                (read.sockets, read.idle, read.time, read.runs) = (100, 1_000, Duration::from_secs(2), 1);
                read.is_quick = true;
                continue;
            }
            if matches!(flag.as_str(), "--help" | "-h") {
                return Ok(None);
            }
            let value = flags.next().ok_or_else(|| format!("{flag} is no flag, or lacks its value\n\n{HELP}"))?;
            match flag.as_str() {
                "--sockets" => read.sockets = value.parse::<usize>()?.max(SPEAKERS),
                "--idle" => read.idle = value.parse::<usize>()?.max(1),
                "--seconds" => read.time = Duration::from_secs(value.parse::<u64>()?.clamp(1, 600)),
                "--runs" => read.runs = value.parse::<u32>()?.clamp(1, 100),
                "--only" => read.only = value.split(',').map(kind).collect::<Result<_>>()?,
                "--chatme" => read.programs.push((Kind::Chatme, std::path::absolute(value)?)),
                "--socketioxide" => read.programs.push((Kind::Socketioxide, std::path::absolute(value)?)),
                "--node" => read.programs.push((Kind::Node, std::path::absolute(value)?)),
                _ => return Err(format!("{flag} is no flag\n\n{HELP}").into()),
            }
        }
        Ok(Some(read))
    }

    /// The program of a server.
    pub(crate) fn program(&self, kind: Kind) -> Result<&PathBuf> {
        let found = self.programs.iter().find(|(of, _)| *of == kind);
        Ok(&found.ok_or_else(|| format!("--{kind} says where it is; `cargo xtask bench rooms` does that"))?.1)
    }
}

fn kind(name: &str) -> Result<Kind> {
    let found = Kind::ALL.into_iter().find(|kind| kind.to_string() == name);
    found.ok_or_else(|| format!("{name} is none of chatme, socketioxide, node").into())
}
