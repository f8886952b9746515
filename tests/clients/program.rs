//! A program that runs beside a test, for a bounded time, and leaves no process behind.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::NamedTempFile;
use tokio::{task::spawn_blocking, time::timeout};

/// A running program, and the processes that it starts: they are killed with this.
pub(crate) struct Program {
    process: Child,
    output: Option<BufReader<ChildStdout>>,
    errors: NamedTempFile,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        let errors = NamedTempFile::new().unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(errors.path()).unwrap());
        // A group of its own, so that what it starts can be ended with it.
        let mut process = command.process_group(0).spawn().unwrap();
        let output = process.stdout.take().map(BufReader::new);
        Self { process, output, errors }
    }

    /// Waits until it prints this line.
    pub(crate) async fn wait_for(&mut self, line: &str, patience: Duration) {
        let (mut output, wanted) = (self.output.take().unwrap(), format!("{line}\n"));
        let reading = spawn_blocking(move || {
            let mut printed = String::new();
            while output.read_line(&mut printed).unwrap() > 0 && !printed.ends_with(&wanted) {}
            (output, printed.ends_with(&wanted))
        });
        let Ok(read) = timeout(patience, reading).await else { panic!("no {line:?} in time: {}", self.end()) };
        let (output, is_there) = read.unwrap();
        assert!(is_there, "it ended before {line:?}: {}", self.end());
        self.output = Some(output);
    }

    /// Waits until it ends, and ends well; answers what it printed.
    pub(crate) async fn finish(mut self, patience: Duration) -> String {
        let mut output = self.output.take().unwrap();
        let reading = spawn_blocking(move || std::io::read_to_string(&mut output).unwrap());
        // Its output ends with the last of its processes.
        let Ok(printed) = timeout(patience, reading).await else { panic!("not done in time: {}", self.end()) };
        let printed = printed.unwrap();
        let status = self.process.wait().unwrap();
        let printed = format!("{printed}{}", self.end());
        assert!(status.success(), "{status}: {printed}");
        printed
    }

    /// Ends it; answers what it complained of.
    fn end(&mut self) -> String {
        // Errors say that it has ended already.
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
        let _ = self.process.wait();
        fs::read_to_string(self.errors.path()).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}
