//! The binary as a person runs it: started in a directory, asked over HTTP, stopped by signals.
#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
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
    url: String,
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
    let output = chatme(directory).args(arguments).stderr(Stdio::piped()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a server prints that does not start.
pub(crate) fn refused(directory: &Path, environment: &[(&str, &str)]) -> String {
    let output = chatme(directory).envs(environment.iter().copied()).stderr(Stdio::piped()).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn chatme(directory: &Path) -> Command {
    let mut command = Command::new(&*BINARY);
    command.current_dir(directory).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}
