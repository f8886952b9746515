//! The server on one of the databases.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Result, world::World};

/// The program in the directory of a world. Nothing of this environment changes what is measured, but for where PostgreSQL
/// is.
pub(crate) fn chatme(program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).env_clear().envs([("HOST", "127.0.0.1"), ("PORT", "0")]).stdin(Stdio::null());
    for name in ["PATH", "HOME", "PGBIN"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
}

/// A server that runs. When it is dropped it is killed.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts it and waits until it listens.
    pub(crate) fn start(program: &Path, world: &World) -> Result<Self> {
        let log = world.directory.join("server.log");
        let mut command = chatme(program, &world.directory);
        let mut child = command.stdout(Stdio::piped()).stderr(File::create(&log)?).spawn()?;
        let output = BufReader::new(child.stdout.take().ok_or("the server has no output")?);
        // Ends with the process at the latest.
        let address = output.lines().map_while(std::result::Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("listening on ")?;
            rest.trim_end_matches(')').parse().ok()
        });
        let Some(address) = address else {
            return Err(format!("the server does not start: {}", fs::read_to_string(&log)?).into());
        };
        Ok(Self { child, address })
    }

    /// Asks it to stop and waits for it.
    pub(crate) fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Errors say that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
