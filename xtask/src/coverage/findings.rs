//! The gate's rules.

use std::collections::{BTreeMap, BTreeSet};

use super::{Operation, document::Described, recorded::Recorded};

/// Routes that the document leaves out on purpose, by how they begin, and why.
const NOT_DESCRIBED: &[(&str, &str)] = &[
    ("/docs", "the page that shows the document"),
    ("/openapi.json", "the document itself"),
    ("/socket.io", "live rooms; docs/realtime.md describes them"),
];

/// What browsers ask before they call. It is answered for every path, before a route is looked for.
const PREFLIGHT: &str = "OPTIONS";

/// Everything that is wrong, one a line, each with a hint.
pub(super) fn findings(described: &BTreeMap<Operation, Described>, recorded: &Recorded) -> Vec<String> {
    let mut found: Vec<String> = recorded
        .unreadable
        .iter()
        .map(|line| format!("{line}. Hint: a line is {{\"method\":…,\"route\":…,\"status\":…}}"))
        .collect();
    if described.is_empty() {
        found.push("the document describes no operation. Hint: is every handler in the route table?".to_owned());
    }
    for (operation, described) in described {
        found.extend(of_operation(operation, described, recorded.statuses.get(operation)));
    }
    let templates: BTreeSet<&str> = described.keys().map(|(_, template)| template.as_str()).collect();
    for ((method, template), statuses) in &recorded.statuses {
        if described.contains_key(&(method.clone(), template.clone())) || left_out(template) || method == PREFLIGHT {
            continue;
        }
        if !templates.contains(template.as_str()) {
            found.push(format!(
                "{method} {template}: was answered, but the document has no such path. \
                 Hint: describe the handler, or leave the path out on purpose in xtask/src/coverage/findings.rs"
            ));
        } else if let Some(status) = statuses.iter().find(|status| **status < 400) {
            // A refusal of a method that does not exist is no operation; a success is one.
            found.push(format!(
                "{method} {template}: was answered {status}, but the document has no such operation. Hint: describe the handler"
            ));
        }
    }
    found
}

fn of_operation(
    (method, template): &Operation,
    described: &Described,
    recorded: Option<&BTreeSet<u16>>,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |what: String| found.push(format!("{method} {template}: {what}"));
    if !described.summary {
        say("has no summary. Hint: the first line of the handler's doc comment".to_owned());
    }
    if !described.description {
        say("has no description. Hint: a second paragraph in the handler's doc comment".to_owned());
    }
    for vague in &described.vague {
        say(format!("documents `{vague}`, which no answer can be compared with. Hint: name the statuses"));
    }
    let Some(recorded) = recorded else {
        say("was never asked. Hint: write a black-box test for it".to_owned());
        return found;
    };
    for status in described.statuses.difference(recorded) {
        say(format!("documents {status}, which no test was answered. Hint: test it, or do not promise it"));
    }
    for status in recorded.difference(&described.statuses) {
        say(format!("answered {status}, which it does not document. Hint: add it to the handler's responses"));
    }
    if described.secured && !recorded.contains(&401) {
        say("asks for a token, but no test came without one. Hint: add the 401 case".to_owned());
    }
    found
}

fn left_out(template: &str) -> bool {
    NOT_DESCRIBED.iter().any(|(start, _)| {
        template.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '{']))
    })
}
