//! The workspace as cargo describes it, and how programs are started in it.

use std::{
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde::Deserialize;

use crate::error::Error;

/// What `cargo metadata --no-deps` says, as far as it is needed here.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    /// The directory of the workspace's manifest.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    /// The workspace's own packages.
    pub(crate) packages: Vec<Package>,
}

/// One package of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// What its manifest asks for.
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependencies.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The package asked for (its real name, also when it is renamed).
    pub(crate) name: String,
    /// `None` is a normal dependency, else `dev` or `build`.
    pub(crate) kind: Option<String>,
}

impl Workspace {
    /// The workspace around the current directory.
    pub(crate) fn find() -> Result<Self, Error> {
        let mut command = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
        let output = capture(&mut command)?;
        Self::parse(&output.stdout)
    }

    /// Reads the answer of `cargo metadata`.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(json).map_err(|source| Error::Json { what: "`cargo metadata`".to_owned(), source })
    }

    /// A cargo command at the workspace's root.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo(arguments);
        command.current_dir(&self.root);
        command
    }
}

/// Cargo without what `cargo run` told *this* program about itself: some build scripts watch those variables,
/// and would build again at every change between `cargo xtask ci` and a cargo called by hand.
fn cargo(arguments: &[&str]) -> Command {
    const OURS: &[&str] = &["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"];
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if OURS.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a program whose output the caller's terminal shows.
pub(crate) fn show(command: &mut Command) -> Result<(), Error> {
    let status = command.status().map_err(|source| Error::Start { command: line(command), source })?;
    if status.success() { Ok(()) } else { Err(Error::Status { command: line(command), status }) }
}

/// Runs a program and takes what it writes to its standard output; its complaints are still shown.
pub(crate) fn capture(command: &mut Command) -> Result<Output, Error> {
    command.stderr(Stdio::inherit());
    let output = command.output().map_err(|source| Error::Start { command: line(command), source })?;
    if output.status.success() {
        Ok(output)
    } else {
        Err(Error::Status { command: line(command), status: output.status })
    }
}

/// Whether a program runs at all; nothing of it is shown.
pub(crate) fn answers(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The command as a person would type it.
pub(crate) fn line(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    command.get_args().fold(program, |line, argument| format!("{line} {}", argument.to_string_lossy()))
}
