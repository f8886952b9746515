//! A holder in a process of its own: this test binary, run again for one "test" that does nothing but hold.

use std::{
    env,
    io::{self, BufRead, BufReader, Lines, Read, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use pglocal::{Cluster, Options};

const DIR: &str = "PGLOCAL_TEST_HOLD";
const KIND: &str = "PGLOCAL_TEST_KIND";

/// Does nothing unless [`Holder`] runs it.
#[test]
fn holder_process() {
    let Some(dir) = env::var_os(DIR) else { return };
    let options = Options::new(dir);
    let options = if env::var_os(KIND).is_some() { options.throw_away() } else { options };
    let cluster = Cluster::start(&options).unwrap();
    // With a line break first, since the test harness has begun a line.
    println!("\n{}", if cluster.started_here() { "started" } else { "attached" });
    io::stdout().flush().unwrap();
    io::stdin().read_to_end(&mut Vec::new()).unwrap();
    println!("\n{}", if cluster.stop() { "down" } else { "held" });
}

/// The other side of it.
pub(crate) struct Holder {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Holder {
    pub(crate) fn durable(dir: &Path) -> Self {
        Self::spawn(Self::command().env(DIR, dir))
    }

    pub(crate) fn throw_away(dir: &Path) -> Self {
        Self::spawn(Self::command().env(DIR, dir).env(KIND, "throw-away"))
    }

    pub(crate) fn with_environment(dir: &Path, variables: &[(&str, &str)]) -> Self {
        Self::spawn(Self::command().env(DIR, dir).envs(variables.iter().copied()))
    }

    fn command() -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "holder::holder_process", "--nocapture"]);
        command
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits until it holds; tells whether it started the server itself.
    pub(crate) fn started(&mut self) -> bool {
        self.answer("started", "attached")
    }

    /// Lets it leave in good order; tells whether it saw the server go down.
    pub(crate) fn leave(mut self) -> bool {
        drop(self.child.stdin.take());
        let down = self.answer("down", "held");
        assert!(self.child.wait().unwrap().success());
        down
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn answer(&mut self, yes: &str, no: &str) -> bool {
        let mut lines = self.lines.by_ref().map(Result::unwrap);
        lines.find(|line| line == yes || line == no).expect("the holder has died; see its error output") == yes
    }
}
