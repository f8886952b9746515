//! The crate `api` names the crate `persistence` only where it puts the program together.

use super::{
    source::{Part, Word, numbered, only, words},
    tree::{Finding, Tree},
};

/// Where `persistence` may be named, by how the path begins: the composition root and the commands.
const PERMITTED: &[&str] = &[
    "crates/api/src/main.rs",
    "crates/api/src/bootstrap.rs",
    "crates/api/src/bootstrap/",
    "crates/api/src/cli.rs",
    "crates/api/src/cli/",
    "crates/api/src/cli_",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files("crates/api/src/", ".rs") {
        if PERMITTED.iter().any(|start| path.starts_with(start)) {
            continue;
        }
        for (number, line) in numbered(&only(Part::Code, text)) {
            if words(line).iter().any(names_the_crate) {
                findings.push(Finding::on(path, number, "names `persistence`; take a port of `domain` instead"));
            }
        }
    }
    findings
}

/// `persistence::…`, `use persistence…`, `extern crate persistence`; not `crate::persistence`, which is no crate.
fn names_the_crate(word: &Word<'_>) -> bool {
    if word.text != "persistence" {
        return false;
    }
    let inside_a_path =
        word.before.strip_suffix("::").is_some_and(|path| path.ends_with(|c: char| c.is_alphanumeric()));
    let imported = words(word.before).iter().any(|word| matches!(word.text, "use" | "extern"));
    !inside_a_path && (word.after.starts_with("::") || imported)
}
