//! The flags.

use std::path::PathBuf;

use crate::Result;

pub(crate) const HELP: &str = "\
cargo xtask bench reports [flags]

  --small 10000      gifts of the smaller database
  --large 10000000   gifts of the larger one; it takes some minutes to fill and some 13 GB
  --hosts 1000       hosts of both
  --fans 20000       fans of both
  --requests 300     of each report on each server
  --dir PATH         where the databases are kept for the next run; without it, they are removed
  --quick            a look whether it works: 1000 and 20000 gifts, 50 hosts, 500 fans, 50 requests; not judged";

/// What is measured.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Gifts of the smaller database.
    pub(crate) small: u32,
    /// Gifts of the larger one.
    pub(crate) large: u32,
    /// Hosts of each.
    pub(crate) hosts: u32,
    /// Fans of each.
    pub(crate) fans: u32,
    /// Of each report on each server.
    pub(crate) requests: usize,
    /// Where the databases stay.
    pub(crate) directory: Option<PathBuf>,
    /// Whether this is only a look.
    pub(crate) is_quick: bool,
    /// The server.
    pub(crate) chatme: PathBuf,
}

impl Arguments {
    /// Reads the flags; `None` asks for help.
    pub(crate) fn read(mut flags: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let mut read = Self {
            small: 10_000,
            large: 10_000_000,
            hosts: 1_000,
            fans: 20_000,
            requests: 300,
            directory: None,
            is_quick: false,
            chatme: PathBuf::new(),
        };
        while let Some(flag) = flags.next() {
            if flag == "--quick" {
                (read.small, read.large, read.hosts, read.fans, read.requests) = (1_000, 20_000, 50, 500, 50);
                read.is_quick = true;
                continue;
            }
            if matches!(flag.as_str(), "--help" | "-h") {
                return Ok(None);
            }
            let value = flags.next().ok_or_else(|| format!("{flag} is no flag, or lacks its value\n\n{HELP}"))?;
            match flag.as_str() {
                "--small" => read.small = value.parse()?,
                "--large" => read.large = value.parse()?,
                "--hosts" => read.hosts = value.parse()?,
                "--fans" => read.fans = value.parse()?,
                "--requests" => read.requests = value.parse::<usize>()?.clamp(1, 100_000),
                "--dir" => read.directory = Some(std::path::absolute(value)?),
                "--chatme" => read.chatme = std::path::absolute(value)?,
                _ => return Err(format!("{flag} is no flag\n\n{HELP}").into()),
            }
        }
        Ok(Some(read))
    }
}
