//! Measurements of more than one server: beside others, or on more than one database. They are built in workspaces of their
//! own: the product's build knows none of them.

use std::process::Command;

use crate::{
    error::Error,
    workspace::{Workspace, line, show},
};

/// Where the load and the references of live rooms are.
const ROOMS: &str = "benches/rooms";
/// Where the load of reports is.
const REPORTS: &str = "benches/reports";

/// Builds the release server, the references and the load, and measures live rooms with these flags.
pub(crate) fn rooms(workspace: &Workspace, flags: &[&str]) -> Result<(), Error> {
    let sources = workspace.root.join(ROOMS);
    // Beside what the product's own build makes, and never mixed with it.
    let target = workspace.target.join("rooms");
    if !asks_for_help(flags) {
        server(workspace)?;
        if is_asked_for("node", flags) {
            let mut npm = Command::new("npm");
            shown(npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&sources))?;
        }
    }
    let mut build = workspace.cargo(&["build", "--release", "--locked", "--bins", "--target-dir"]);
    shown(build.arg(&target).current_dir(&sources))?;
    let built = target.join("release");
    let mut load = Command::new(built.join("rooms"));
    load.arg("--chatme").arg(workspace.target.join("release").join("chatme"));
    load.arg("--socketioxide").arg(built.join("socketioxide"));
    load.arg("--node").arg(sources.join("server.mjs"));
    show(load.args(flags))
}

/// Builds the release server and the load, and measures reports with these flags.
pub(crate) fn reports(workspace: &Workspace, flags: &[&str]) -> Result<(), Error> {
    let target = workspace.target.join("reports");
    if !asks_for_help(flags) {
        server(workspace)?;
    }
    let mut build = workspace.cargo(&["build", "--release", "--locked", "--bins", "--target-dir"]);
    shown(build.arg(&target).current_dir(workspace.root.join(REPORTS)))?;
    let mut load = Command::new(target.join("release").join("reports"));
    load.arg("--chatme").arg(workspace.target.join("release").join("chatme"));
    show(load.args(flags))
}

/// Builds the release server.
fn server(workspace: &Workspace) -> Result<(), Error> {
    shown(&mut workspace.cargo(&["build", "--release", "--locked", "--package", "api", "--bin", "chatme"]))
}

fn asks_for_help(flags: &[&str]) -> bool {
    flags.iter().any(|flag| matches!(*flag, "--help" | "-h"))
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
