//! Every relative link of a page leads to a file or directory of the tree.

use super::{
    source::numbered,
    tree::{Finding, Tree},
};

/// What a link's target follows, and what ends it.
const MARKERS: &[(&str, char)] = &[("](", ')'), ("src=\"", '"'), ("href=\"", '"')];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files("", ".md") {
        for (number, target) in targets(text) {
            let found = resolve(path, &target).is_some_and(|file| tree.holds(&file));
            if !found {
                findings.push(Finding::on(path, number, format!("`{target}` leads to no file")));
            }
        }
    }
    findings
}

/// The relative targets of a page, outside of code.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    for (number, line) in numbered(text) {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => {
                let line = without_code(line);
                found.extend(on_line(&line).filter(|target| is_relative(target)).map(|target| (number, target)));
            }
            (Some(_), _) => {}
        }
    }
    found
}

/// The line without its `code` spans.
fn without_code(line: &str) -> String {
    let parts: Vec<&str> = line.split('`').collect();
    let closed = parts.len() % 2 == 1;
    let text = |(at, part)| if closed && at % 2 == 1 { "" } else { part };
    parts.into_iter().enumerate().map(text).collect()
}

fn on_line(line: &str) -> impl Iterator<Item = String> {
    let inline = MARKERS
        .iter()
        .flat_map(|(marker, end)| line.split(marker).skip(1).map(|rest| rest.split(*end).next().unwrap_or_default()));
    // `[name]: target "title"`
    let definition =
        line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]:")).map(|(_, target)| target);
    let targets: Vec<String> = inline.chain(definition).filter_map(bare).collect();
    targets.into_iter()
}

/// The target without its title and angle brackets.
fn bare(target: &str) -> Option<String> {
    let target = target.trim();
    match target.strip_prefix('<') {
        Some(rest) => rest.split('>').next().map(str::to_owned),
        None => target.split_whitespace().next().map(str::to_owned),
    }
}

/// Neither an anchor of the same page nor an address with a scheme.
fn is_relative(target: &str) -> bool {
    let scheme = target.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    !target.is_empty() && !target.starts_with(['#', '?']) && !target.starts_with("//") && !scheme
}

/// The path from the root, or nothing when it leads out of the tree. A leading `/` is the root.
fn resolve(page: &str, target: &str) -> Option<String> {
    let file = target.split(['#', '?']).next().unwrap_or_default().replace("%20", " ");
    let mut parts: Vec<&str> = if file.starts_with('/') { Vec::new() } else { page.split('/').collect() };
    parts.pop();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}
