//! Measurements of more than one server: beside others, or on more than one database. They are built in workspaces of their
//! own: the product's build knows none of them.

use std::{path::PathBuf, process::Command};

use crate::{
    error::Error,
    workspace::{Workspace, line, show},
};

/// Where the load of gifts is.
const GIFTS: &str = "benches/gifts";
/// Where the load and the references of live rooms are.
const ROOMS: &str = "benches/rooms";
/// Where the load of reports is.
const REPORTS: &str = "benches/reports";

/// Builds the release server and the load, and measures gifts with these flags.
pub(crate) fn gifts(workspace: &Workspace, flags: &[&str]) -> Result<(), Error> {
    build_server(workspace, flags)?;
    let built = build_load(workspace, GIFTS)?;
    let mut load = Command::new(built.join("gifts"));
    load.arg("--chatme").arg(server(workspace));
    show(load.args(flags))
}

/// Builds the release server, the references and the load, and measures live rooms with these flags.
pub(crate) fn rooms(workspace: &Workspace, flags: &[&str]) -> Result<(), Error> {
    let sources = workspace.root.join(ROOMS);
    build_server(workspace, flags)?;
    if !asks_for_help(flags) && is_asked_for("node", flags) {
        let mut npm = Command::new("npm");
        shown(npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&sources))?;
    }
    let built = build_load(workspace, ROOMS)?;
    let mut load = Command::new(built.join("rooms"));
    load.arg("--chatme").arg(server(workspace));
    load.arg("--socketioxide").arg(built.join("socketioxide"));
    load.arg("--node").arg(sources.join("server.mjs"));
    show(load.args(flags))
}

/// Builds the release server and the load, and measures reports with these flags.
pub(crate) fn reports(workspace: &Workspace, flags: &[&str]) -> Result<(), Error> {
    build_server(workspace, flags)?;
    let built = build_load(workspace, REPORTS)?;
    let mut load = Command::new(built.join("reports"));
    load.arg("--chatme").arg(server(workspace));
    show(load.args(flags))
}

fn asks_for_help(flags: &[&str]) -> bool {
    flags.iter().any(|flag| matches!(*flag, "--help" | "-h"))
}

/// The release server.
fn server(workspace: &Workspace) -> PathBuf {
    workspace.target.join("release").join("chatme")
}

/// Builds it, unless only the flags are asked for.
fn build_server(workspace: &Workspace, flags: &[&str]) -> Result<(), Error> {
    if asks_for_help(flags) {
        return Ok(());
    }
    shown(&mut workspace.cargo(&["build", "--release", "--locked", "--package", "api", "--bin", "chatme"]))
}

/// Builds the programs of a workspace below `benches`. Answers where they are.
fn build_load(workspace: &Workspace, sources: &str) -> Result<PathBuf, Error> {
    // Beside what the product's own build makes, and never mixed with it.
    let target = workspace.target.join(sources.rsplit('/').next().unwrap_or(sources));
    let mut build = workspace.cargo(&["build", "--release", "--locked", "--bins", "--target-dir"]);
    shown(build.arg(&target).current_dir(workspace.root.join(sources)))?;
    Ok(target.join("release"))
}

/// Whether the flags ask for a server: without `--only` they ask for all.
fn is_asked_for(server: &str, flags: &[&str]) -> bool {
    let mut values = flags.iter().skip_while(|flag| **flag != "--only");
    values.nth(1).is_none_or(|only| only.split(',').any(|name| name == server))
}

fn shown(command: &mut Command) -> Result<(), Error> {
    println!("$ {}", line(command));
    show(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_is_needed_only_where_it_is_measured() {
        let check = |flags: &[&str], expected| assert_eq!(is_asked_for("node", flags), expected, "{flags:?}");
        check(&[], true);
        check(&["--quick"], true);
        check(&["--only", "chatme,node"], true);
        check(&["--quick", "--only", "chatme"], false);
    }
}
