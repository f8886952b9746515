//! Routes are registered in one table, so that a reader, the coverage gate and a reviewer see all of them.

use super::{
    source::{Part, numbered, only},
    tree::{Finding, Tree},
    unfinished::is_test,
};

/// Where routes may be registered.
const PERMITTED: &[&str] = &[
    "crates/api/src/http/routes.rs",
    // puts the table, the uploads and the middleware into one application
    "crates/api/src/server.rs",
    // the page that shows the OpenAPI document brings its own routes
    "crates/api/src/http/docs.rs",
];

const REGISTRATIONS: &[&str] = &[".route(", ".service(", "web::resource(", "web::scope("];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files("crates/api/src/", ".rs") {
        // A unit test may mount one handler or middleware alone.
        if PERMITTED.contains(&path) || is_test(path) {
            continue;
        }
        for (number, line) in numbered(&only(Part::Code, text)) {
            for call in REGISTRATIONS.iter().filter(|call| line.contains(**call)) {
                let what = format!("`{call}…)` outside of the route table, crates/api/src/http/routes.rs");
                findings.push(Finding::on(path, number, what));
            }
        }
    }
    findings
}
