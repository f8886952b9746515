//! The flags.

use std::{path::PathBuf, time::Duration};

use crate::Result;

pub(crate) const HELP: &str = "\
cargo xtask bench gifts [flags]

  --senders 2000  who send gifts, each chosen by chance
  --hosts 100     who receive them, where they are spread
  --seconds 10    of each phase; there are nine in a run, and a second of warming
  --runs 3        rounds, each on a new database
  --quick         a look whether it works: 2 seconds, 1 run
  --check         fail when a goal is missed";

/// Phases of a turn, warming included.
const PHASES: u32 = 10;
/// How long a turn may take beside its phases.
const REST_MAX: Duration = Duration::from_secs(240);

/// What is measured.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Who send.
    pub(crate) senders: u32,
    /// Who receive.
    pub(crate) hosts: u32,
    /// How long each phase lasts.
    pub(crate) time: Duration,
    /// Rounds.
    pub(crate) runs: u32,
    /// Whether a missed goal is a failure.
    pub(crate) is_check: bool,
    /// The server's program.
    pub(crate) chatme: PathBuf,
}

impl Arguments {
    /// Reads the flags; `None` asks for help.
    pub(crate) fn read(mut flags: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let mut read = Self {
            senders: 2_000,
            hosts: 100,
            time: Duration::from_secs(10),
            runs: 3,
            is_check: false,
            chatme: PathBuf::new(),
        };
        while let Some(flag) = flags.next() {
            match flag.as_str() {
                "--help" | "-h" => return Ok(None),
                "--check" => read.is_check = true,
                "--quick" => (read.time, read.runs) = (Duration::from_secs(2), 1),
                _ => {
                    let value =
                        flags.next().ok_or_else(|| format!("{flag} is no flag, or lacks its value\n\n{HELP}"))?;
                    read.set(&flag, &value)?;
                }
            }
        }
        if read.chatme.as_os_str().is_empty() {
            return Err("--chatme says where the server is; `cargo xtask bench gifts` does that".into());
        }
        Ok(Some(read))
    }

    fn set(&mut self, flag: &str, value: &str) -> Result<()> {
        match flag {
            "--senders" => self.senders = value.parse::<u32>()?.clamp(1, 100_000),
            "--hosts" => self.hosts = value.parse::<u32>()?.clamp(1, 100_000),
            "--seconds" => self.time = Duration::from_secs(value.parse::<u64>()?.clamp(1, 600)),
            "--runs" => self.runs = value.parse::<u32>()?.clamp(1, 100),
            "--chatme" => self.chatme = std::path::absolute(value)?,
            _ => return Err(format!("{flag} is no flag\n\n{HELP}").into()),
        }
        Ok(())
    }

    /// How long a turn may take.
    pub(crate) fn turn_max(&self) -> Duration {
        self.time * PHASES + REST_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flags: &str) -> Result<Option<Arguments>> {
        Arguments::read(flags.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_look_is_short_and_a_later_flag_wins() -> Result<()> {
        let read = read("--chatme /x --quick --runs 2 --check")?.ok_or("help")?;
        assert_eq!((read.time, read.runs, read.is_check), (Duration::from_secs(2), 2, true));
        Ok(())
    }

    #[test]
    fn what_is_no_flag_is_refused() {
        for flags in ["", "--chatme", "--chatme /x --fast 1", "--chatme /x --runs many"] {
            assert!(read(flags).is_err(), "{flags}");
        }
    }
}
