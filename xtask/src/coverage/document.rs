//! What the OpenAPI document says, as far as tests can show it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Operation, recorded::template};

const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// One operation of the document.
#[derive(Debug, Default)]
pub(super) struct Described {
    /// It has a summary.
    pub(super) summary: bool,
    /// It has a description.
    pub(super) description: bool,
    /// It asks for who is calling.
    pub(super) secured: bool,
    /// The statuses it documents.
    pub(super) statuses: BTreeSet<u16>,
    /// What it documents beside statuses: `default`, `4XX`.
    pub(super) vague: BTreeSet<String>,
}

/// The document's operations.
pub(super) fn operations(document: &Value) -> BTreeMap<Operation, Described> {
    let everywhere = document.get("security");
    let mut found = BTreeMap::new();
    for (path, item) in members(document.get("paths")) {
        for (method, operation) in members(Some(item)).filter(|(method, _)| METHODS.contains(&method.as_str())) {
            found.insert((method.to_uppercase(), template(path)), described(operation, everywhere));
        }
    }
    found
}

fn described(operation: &Value, everywhere: Option<&Value>) -> Described {
    let says = |name| operation.get(name).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
    let mut described = Described {
        summary: says("summary"),
        description: says("description"),
        secured: operation.get("security").or(everywhere).is_some_and(asks_for_a_caller),
        ..Described::default()
    };
    for (status, _) in members(operation.get("responses")) {
        match status.parse() {
            Ok(status) => described.statuses.insert(status),
            Err(_) => described.vague.insert(status.clone()),
        };
    }
    described
}

/// An empty requirement means that one may also come without any.
fn asks_for_a_caller(security: &Value) -> bool {
    let empty = |requirement: &Value| requirement.as_object().is_none_or(serde_json::Map::is_empty);
    security.as_array().is_some_and(|requirements| !requirements.is_empty() && !requirements.iter().any(empty))
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}
