//! House rules that no compiler knows (CONTRIBUTING.md). One file a rule; each rule looks at paths and texts only,
//! so that it can be tested on samples.

mod layers;
mod links;
mod manifests;
mod migrations;
mod money_sql;
mod ports;
mod routes;
mod size;
mod source;
mod tree;
mod unfinished;

#[cfg(test)]
mod tests;

use crate::{error::Error, workspace::Workspace};
use tree::{Finding, Tree};

/// One rule: what it is called, why it is, and what it looks for.
struct Rule {
    name: &'static str,
    why: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

const RULES: &[Rule] = &[
    Rule { name: "size", why: "a file's subject fits a screen or two", check: size::check },
    Rule {
        name: "layers",
        why: "api and persistence meet only where the program is put together",
        check: layers::check,
    },
    Rule { name: "ports", why: "a port says how it fails, or no adapter can keep its word", check: ports::check },
    Rule { name: "unfinished", why: "what is merged is done, and a test waits for an event", check: unfinished::check },
    Rule { name: "links", why: "a page that leads nowhere is worse than none", check: links::check },
    Rule { name: "migrations", why: "every step can be taken back", check: migrations::check },
    Rule { name: "money-sql", why: "money rows are written by persistence alone", check: money_sql::check },
    Rule { name: "routes", why: "one table shows every route", check: routes::check },
    Rule { name: "manifests", why: "every crate keeps the same lints and says what it is", check: manifests::check },
];

/// Checks every rule on every file that git does not ignore.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let tree = Tree::read(&workspace.root)?;
    let mut count = 0;
    for rule in RULES {
        for finding in (rule.check)(&tree) {
            println!("{finding} [{}: {}]", rule.name, rule.why);
            count += 1;
        }
    }
    if count > 0 {
        return Err(Error::Findings { check: "tidy", count });
    }
    println!("tidy: {} rules hold in {} files", RULES.len(), tree.len());
    Ok(())
}
