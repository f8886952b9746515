//! Every directory of `migrations/` has an `up.sql` and a `down.sql`, and something is in them.

use std::collections::BTreeSet;

use super::tree::{Finding, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let directories: BTreeSet<&str> = tree
        .files("migrations/", "")
        .filter_map(|(path, _)| path.strip_prefix("migrations/"))
        .filter_map(|path| path.split_once('/'))
        .map(|(directory, _)| directory)
        .collect();
    let mut findings = Vec::new();
    for directory in directories {
        for name in ["up.sql", "down.sql"] {
            let path = format!("migrations/{directory}/{name}");
            match tree.text(&path) {
                None => findings.push(Finding::at(&path, "is missing")),
                Some(text) if text.trim().is_empty() => findings.push(Finding::at(&path, "is empty")),
                Some(_) => {}
            }
        }
    }
    findings
}
