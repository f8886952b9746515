//! Who may depend on whom (ARCHITECTURE.md). A new arrow is a line in these tables and a decision record.

#[cfg(test)]
mod tests;

use crate::{
    error::Error,
    workspace::{Package, Workspace, answers, capture},
};

/// What one crate of the workspace may ask for among the others.
struct Layer {
    name: &'static str,
    normal: &'static [&'static str],
    /// Besides `normal`, for its tests.
    dev: &'static [&'static str],
    why: &'static str,
}

const LAYERS: &[Layer] = &[
    Layer { name: "domain", normal: &[], dev: &[], why: "the rules know nothing of the world around them" },
    Layer {
        name: "persistence",
        normal: &["domain"],
        dev: &["testkit", "pglocal"],
        why: "an adapter knows the ports it serves, no more",
    },
    Layer {
        name: "pglocal",
        normal: &[],
        dev: &[],
        why: "finding and watching PostgreSQL has nothing to do with gifts",
    },
    Layer {
        name: "socketio",
        normal: &[],
        dev: &[],
        why: "the protocol knows neither rooms nor gifts, and does no I/O (docs/adr/0003-socketio-crate.md)",
    },
    Layer {
        name: "api",
        normal: &["domain", "persistence", "pglocal", "socketio"],
        dev: &["testkit"],
        why: "the program puts everything together; test tools stay out of it",
    },
    Layer {
        name: "testkit",
        normal: &["persistence", "pglocal", "domain"],
        dev: &[],
        why: "test databases are made as the program makes them; the program itself is not needed",
    },
    Layer { name: "e2e", normal: &[], dev: &["testkit", "pglocal"], why: "it meets the built program from outside" },
    Layer { name: "xtask", normal: &[], dev: &[], why: "the checks run when everything else is broken" },
];

/// A library that few may ask for.
struct Reserved {
    /// Its name, or the start of it when it ends with `*`.
    library: &'static str,
    normal: &'static [&'static str],
    /// Besides `normal`, for tests.
    dev: &'static [&'static str],
    why: &'static str,
}

const SQL_STAYS: &str = "SQL is spoken by persistence alone";

const RESERVED: &[Reserved] = &[
    Reserved { library: "diesel", normal: &["persistence"], dev: &[], why: SQL_STAYS },
    Reserved { library: "diesel-async", normal: &["persistence"], dev: &[], why: SQL_STAYS },
    Reserved { library: "diesel_migrations", normal: &["persistence"], dev: &[], why: SQL_STAYS },
    Reserved {
        library: "tokio-postgres",
        normal: &["persistence", "testkit"],
        dev: &["pglocal", "persistence"],
        why: SQL_STAYS,
    },
    Reserved { library: "actix-*", normal: &["api"], dev: &[], why: "HTTP is spoken by api alone" },
];

/// What a pure crate must never use outside of its tests.
const NOT_IN_PURE: &[(&str, &[&str])] = &[
    ("domain", &["tokio", "serde_json", "diesel", "actix-web", "reqwest", "tracing", "getrandom", "rand"]),
    ("socketio", &["tokio", "futures-util", "actix-web", "reqwest", "tracing", "getrandom", "rand", "chrono"]),
];

/// Checks the manifests, and what the released program is built from.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let drawn: Vec<String> = workspace.packages.iter().flat_map(judge).collect();
    // Said before cargo looks at the whole tree, which it refuses when the lock file is out of date.
    drawn.iter().for_each(|finding| println!("{finding}"));
    let built = test_tools(&release_tree(workspace)?);
    built.iter().for_each(|finding| println!("{finding}"));
    let count = drawn.len() + built.len();
    if count == 0 {
        println!("arrows: {} crates, every arrow is drawn", workspace.packages.len());
        Ok(())
    } else {
        Err(Error::Findings { check: "arrows", count })
    }
}

/// What is wrong with one crate's dependencies.
fn judge(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
        return vec![format!("{name}: is not in the table of xtask/src/arrows.rs; add it, with a decision record")];
    };
    let mut findings = Vec::new();
    for dependency in &package.dependencies {
        let wanted = dependency.name.as_str();
        let for_tests = dependency.kind.as_deref() == Some("dev");
        let arrow = format!("{name} → {wanted}{}", if for_tests { " (for tests)" } else { "" });
        let within =
            |normal: &[&str], dev: &[&str], who: &str| normal.contains(&who) || (for_tests && dev.contains(&who));

        if LAYERS.iter().any(|layer| layer.name == wanted) && !within(layer.normal, layer.dev, wanted) {
            findings.push(format!("{arrow}: no such arrow; {}", layer.why));
        }
        for reserved in RESERVED.iter().filter(|reserved| reserved.covers(wanted)) {
            if !within(reserved.normal, reserved.dev, name) {
                findings.push(format!("{arrow}: {}", reserved.why));
            }
        }
        if !for_tests && NOT_IN_PURE.iter().any(|(pure, never)| *pure == name && never.contains(&wanted)) {
            findings.push(format!("{arrow}: {}", layer.why));
        }
    }
    findings
}

impl Reserved {
    fn covers(&self, library: &str) -> bool {
        match self.library.strip_suffix('*') {
            Some(start) => library.starts_with(start),
            None => library == self.library,
        }
    }
}

/// Everything that the released program is built from, one package a line.
fn release_tree(workspace: &Workspace) -> Result<String, Error> {
    const TREE: &[&str] = &["tree", "-e", "normal", "-p", "api", "--prefix", "none", "--locked"];
    let offline: Vec<&str> = TREE.iter().copied().chain(["--offline"]).collect();
    // A fresh copy has not downloaded everything yet: then cargo may ask the registry.
    let arguments = if answers(&mut workspace.cargo(&offline)) { &offline } else { TREE };
    let output = capture(&mut workspace.cargo(arguments))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Test tools in the released program's tree.
fn test_tools(tree: &str) -> Vec<String> {
    let packages = || tree.lines().filter_map(|line| line.split_whitespace().next());
    ["mockall", "proptest", "testkit"]
        .into_iter()
        .filter(|tool| packages().any(|package| package == *tool))
        .map(|tool| format!("api → … → {tool}: mocks and test tools stay out of the program (`cargo tree -e normal -p api -i {tool}`)"))
        .collect()
}
