//! No source file is longer than `LINES_MAX`, tests included (they have files of their own).

use super::tree::{Finding, Tree};

const LINES_MAX: usize = 300;

/// Files that may be longer, and why.
const EXEMPT: &[(&str, &str)] = &[("crates/persistence/src/schema.rs", "Diesel writes it")];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files("", ".rs")
        .filter(|(path, _)| !EXEMPT.iter().any(|(exempt, _)| exempt == path))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| Finding::at(path, format!("{lines} lines; at most {LINES_MAX}: split it by subject")))
        .collect()
}
