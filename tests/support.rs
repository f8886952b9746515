//! The binary as a person runs it: started in a directory, asked over HTTP, stopped by signals.
#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::LazyLock,
    time::Duration,
};

use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, tcgetattr},
};
use serde_json::Value;

/// The binary, built from the present sources, in the profile of whoever starts it.
pub(crate) static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--locked", "--package", "api", "--bin", "chatme"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(built.is_ok_and(|status| status.success()), "the binary builds");
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("chatme")
});

/// A running server. What is left of it when a test fails is killed.
pub(crate) struct Chatme {
    process: Child,
    /// Where it answers.
    pub(crate) url: String,
    client: reqwest::Client,
}

impl Chatme {
    /// Starts a server in `directory` on a free port and waits for its banner.
    pub(crate) fn start(directory: &Path) -> Self {
        Self::start_with(directory, &[], Stdio::null())
    }

    /// The same with these settings, its log sent to `log`.
    pub(crate) fn start_with(directory: &Path, settings: &[(&str, &str)], log: Stdio) -> Self {
        let mut command = chatme(directory);
        command.env("PORT", "0").envs(settings.iter().copied());
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        // Ends with the process at the latest.
        let address = output.lines().map_while(Result::ok).find_map(|line| {
            line.trim()
                .strip_prefix("Address")
                .map(|rest| rest.split_whitespace().next().unwrap_or_default().to_owned())
        });
        let url = address.unwrap_or_else(|| panic!("the server ended without a banner"));
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Self { process, url, client }
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        self.send(self.client.get(format!("{}{path}", self.url)), token).await
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        self.send(self.client.post(format!("{}{path}", self.url)).json(body), token).await
    }

    pub(crate) async fn put(&self, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        self.send(self.client.put(format!("{}{path}", self.url)).json(body), token).await
    }

    async fn send(&self, request: reqwest::RequestBuilder, token: Option<&str>) -> (u16, Value) {
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks the server to stop; answers its exit code.
    pub(crate) async fn stop(mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
        let waited = tokio::task::spawn_blocking(move || self.process.wait().unwrap().code());
        tokio::time::timeout(Duration::from_secs(20), waited).await.unwrap().unwrap()
    }
}

impl Drop for Chatme {
    fn drop(&mut self) {
        // Errors say that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a command prints that succeeds.
pub(crate) fn command(directory: &Path, arguments: &[&str]) -> String {
    command_with(directory, &[], arguments, "")
}

/// What a command prints that succeeds, with these settings, and this on its standard input.
pub(crate) fn command_with(directory: &Path, environment: &[(&str, &str)], arguments: &[&str], input: &str) -> String {
    let output = outcome(directory, environment, arguments, input);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a server prints that does not start.
pub(crate) fn refused(directory: &Path, environment: &[(&str, &str)]) -> String {
    refused_command(directory, environment, &[], "")
}

/// What a command prints that fails, with these settings, and this on its standard input.
pub(crate) fn refused_command(
    directory: &Path,
    environment: &[(&str, &str)],
    arguments: &[&str],
    input: &str,
) -> String {
    let output = outcome(directory, environment, arguments, input);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a command comes to, with these settings, and this on its standard input.
pub(crate) fn outcome(directory: &Path, environment: &[(&str, &str)], arguments: &[&str], input: &str) -> Output {
    let mut command = chatme(directory);
    command.args(arguments).envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    // It may end without reading.
    let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
    process.wait_with_output().unwrap()
}

/// Runs a command at a terminal, where `line` is typed when it asks for something. Answers what it printed, and what the
/// terminal showed of the typing.
pub(crate) fn at_a_terminal(directory: &Path, arguments: &[&str], line: &str) -> (String, String) {
    let mut terminal = File::from(openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap());
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let seat = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let mut command = chatme(directory);
    command.args(arguments).stdin(seat.try_clone().unwrap()).stdout(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    let mut printed = String::new();
    while !printed.contains("password") && output.read_line(&mut printed).unwrap() > 0 {}
    terminal.write_all(format!("{line}\n").as_bytes()).unwrap();
    output.read_to_string(&mut printed).unwrap();
    assert!(process.wait().unwrap().success(), "{printed}");
    let modes = tcgetattr(&seat).unwrap().local_modes;
    assert!(modes.contains(LocalModes::ECHO), "the terminal is left as it was");
    // The end of the line is shown, so that there is something to read.
    let mut shown = [0; 1_024];
    let length = terminal.read(&mut shown).unwrap();
    (printed, String::from_utf8_lossy(shown.get(..length).unwrap()).into_owned())
}

fn chatme(directory: &Path) -> Command {
    let mut command = Command::new(&*BINARY);
    command.current_dir(directory).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}
