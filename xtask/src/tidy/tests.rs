//! Each rule fails on a bad sample and passes on a good one.

mod code;
mod files;
mod source;

use super::{RULES, tree::Tree};

/// What a rule says about a tree of these files, one finding a line.
fn check(rule: &str, files: &[(&str, &str)]) -> String {
    let rule = RULES.iter().find(|known| known.name == rule).expect("a known rule");
    let findings = (rule.check)(&Tree::of(files));
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

/// The rule finds nothing in one file with this text.
fn passes(rule: &str, path: &str, text: &str) {
    assert_eq!(check(rule, &[(path, text)]), "", "{path}: {text}");
}

/// The rule finds one thing in one file with this text, and says where.
fn fails(rule: &str, path: &str, text: &str, place: &str) {
    let found = check(rule, &[(path, text)]);
    assert!(found.starts_with(&format!("{path}{place}: ")), "{path}: {text}: {found:?}");
    assert_eq!(found.lines().count(), 1, "{path}: {text}: {found:?}");
}

#[test]
fn rules_have_names_of_their_own() {
    let names: std::collections::BTreeSet<_> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), RULES.len());
}
