//! Every crate takes the workspace's lints and licence, and says what it is.

use super::tree::{Finding, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files("", "Cargo.toml") {
        let entries = entries(text);
        if !entries.iter().any(|(key, _)| key.starts_with("package.")) {
            continue; // the workspace's own manifest
        }
        let value = |wanted: &str| entries.iter().find(|(key, _)| key == wanted).map(|(_, value)| *value);
        if value("lints.workspace") != Some("true") {
            findings.push(Finding::at(path, "lacks `[lints] workspace = true`"));
        }
        if value("package.license.workspace") != Some("true") {
            findings.push(Finding::at(path, "lacks `license.workspace = true`"));
        }
        let description = value("package.description").unwrap_or_default().trim_matches('"');
        if description.is_empty() || description.to_uppercase().starts_with("TODO") {
            findings.push(Finding::at(path, "has no `description` yet"));
        }
    }
    findings
}

/// `section.key` and value of each line, which is all of TOML that manifests need here.
fn entries(text: &str) -> Vec<(String, &str)> {
    let mut section = String::new();
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').trim().to_owned();
        } else if let Some((key, value)) = line.split_once('=') {
            let key = key.trim();
            let key = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
            found.push((key, value.trim()));
        }
    }
    found
}
