//! Nothing unfinished, no test that is skipped, and no test that sleeps.

use super::{
    source::{Part, Word, numbered, only, words},
    tree::{Finding, Tree},
};

/// Whose tests may sleep, by how the path begins, and why.
const MAY_SLEEP: &[(&str, &str)] =
    &[("crates/pglocal/", "it watches another process, which tells nobody when it is ready or gone")];

/// Marks of unfinished work, in comments.
const MARKS: &[&str] = &["FIXME", "XXX"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files("", ".rs") {
        let may_sleep = !is_test(path) || MAY_SLEEP.iter().any(|(start, _)| path.starts_with(start));
        for (number, line) in numbered(&only(Part::Code, text)) {
            for word in words(line) {
                if let Some(what) = in_code(&word, may_sleep) {
                    findings.push(Finding::on(path, number, what));
                }
            }
        }
        for (number, line) in numbered(&only(Part::Comment, text)) {
            for word in words(line).iter().filter(|word| MARKS.contains(&word.text)) {
                findings.push(Finding::on(path, number, format!("`{}`: mend it, or write an issue", word.text)));
            }
        }
    }
    findings
}

fn in_code(word: &Word<'_>, may_sleep: bool) -> Option<&'static str> {
    match word.text {
        "ignore" if word.before.ends_with("#[") || word.before.contains("cfg_attr(") => {
            Some("an ignored test; make it pass, or remove it")
        }
        "todo" | "unimplemented" if word.after.starts_with('!') => Some("unfinished code"),
        "sleep" | "sleep_until" if !may_sleep && !word.before.ends_with('.') && !word.before.ends_with("fn") => {
            Some("a test that sleeps; wait for an event, with a deadline")
        }
        _ => None,
    }
}

/// Files below a directory `tests`, and files named `tests.rs` or `…_tests.rs`.
pub(super) fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.split('/').any(|part| part == "tests") || name == "tests.rs" || name.ends_with("_tests.rs")
}
