//! What the tests were answered.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Operation;

/// The route of a request that no route took.
const UNMATCHED: &str = "unmatched";

/// Every answer seen: operation and statuses.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// The statuses by operation.
    pub(super) statuses: BTreeMap<Operation, BTreeSet<u16>>,
    /// Lines that could not be read.
    pub(super) unreadable: Vec<String>,
}

/// One line, as the tracing layer of the tests writes it.
#[derive(Debug, Deserialize)]
struct Line {
    method: String,
    route: String,
    status: u16,
}

impl Recorded {
    /// Takes in one file.
    pub(super) fn add(&mut self, file: &str, text: &str) {
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            match serde_json::from_str::<Line>(line) {
                Ok(line) if line.route == UNMATCHED => {}
                Ok(line) => {
                    let operation = (line.method.to_uppercase(), template(&line.route));
                    self.statuses.entry(operation).or_default().insert(line.status);
                }
                Err(error) => self.unreadable.push(format!("{file}:{number}: {error}")),
            }
        }
    }
}

/// The template with plain parameters: `/uploads/{file:.*}` is `/uploads/{file}`.
pub(super) fn template(route: &str) -> String {
    let (mut plain, mut depth, mut in_pattern) = (String::with_capacity(route.len()), 0_usize, false);
    for c in route.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 1 => in_pattern = true,
            _ => {}
        }
        if depth == 0 {
            in_pattern = false;
        }
        if !in_pattern {
            plain.push(c);
        }
    }
    plain
}
