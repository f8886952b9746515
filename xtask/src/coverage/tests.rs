//! Each rule of the gate fails on a bad sample and passes on a good one.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::{
    document::operations,
    empty_folder,
    findings::findings,
    recorded::{Recorded, template},
};

/// A document with one operation, well described.
fn document() -> Value {
    json!({"paths": {"/api/hosts/{id}": {
        "parameters": [],
        "get": {
            "summary": "A host", "description": "What anybody may see of a host.",
            "security": [{"bearer": []}],
            "responses": {"200": {}, "401": {}, "404": {}}
        }
    }}})
}

const SEEN: &str = "\
{\"method\":\"GET\",\"route\":\"/api/hosts/{id}\",\"status\":200}
{\"method\":\"GET\",\"route\":\"/api/hosts/{id}\",\"status\":401,\"more\":1}

{\"method\":\"get\",\"route\":\"/api/hosts/{id:\\\\d{3}}\",\"status\":404}
{\"method\":\"GET\",\"route\":\"unmatched\",\"status\":404}
{\"method\":\"GET\",\"route\":\"/docs/{_:.*}\",\"status\":200}
{\"method\":\"GET\",\"route\":\"/openapi.json\",\"status\":200}
{\"method\":\"OPTIONS\",\"route\":\"/api/hosts/{id}\",\"status\":200}
";

/// The findings, which must have a hint each.
fn check(document: &Value, seen: &str) -> Vec<String> {
    let mut recorded = Recorded::default();
    recorded.add("seen.jsonl", seen);
    let found = findings(&operations(document), &recorded);
    assert!(found.iter().all(|line| line.contains(". Hint: ") && !line.contains('\n')), "{found:?}");
    found
}

/// One finding with these words.
fn fails(document: &Value, seen: &str, words: &str) {
    let found = check(document, seen);
    assert!(matches!(found.as_slice(), [line] if line.contains(words)), "{words}: {found:?}");
}

/// The document with one member of its operation changed.
fn with(member: &str, value: Value) -> Value {
    let mut document = document();
    document["paths"]["/api/hosts/{id}"]["get"][member] = value;
    document
}

/// What was seen without the lines that hold these words.
fn without(words: &str) -> String {
    SEEN.lines().filter(|line| !line.contains(words)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_well_tested_interface_passes() {
    assert_eq!(check(&document(), SEEN), Vec::<String>::new());
}

#[test]
fn an_operation_that_was_never_asked_fails() {
    fails(&document(), "", "GET /api/hosts/{id}: was never asked");
}

#[test]
fn an_operation_says_what_it_does() {
    fails(&with("summary", json!(" ")), SEEN, "has no summary");
    fails(&with("description", Value::Null), SEEN, "has no description");
}

#[test]
fn every_documented_status_was_seen() {
    fails(&document(), &without(":404}"), "documents 404, which no test was answered");
    fails(&with("responses", json!({"200": {}, "401": {}, "404": {}, "default": {}})), SEEN, "documents `default`");
}

#[test]
fn every_seen_status_is_documented() {
    fails(&with("responses", json!({"200": {}, "401": {}})), SEEN, "answered 404, which it does not document");
}

#[test]
fn a_secured_operation_was_asked_without_a_token() {
    let open = with("responses", json!({"200": {}, "404": {}}));
    fails(&open, &without("401"), "asks for a token, but no test came without one");
    let mut everywhere = with("responses", json!({"200": {}, "404": {}}));
    everywhere["security"] = json!([{"bearer": []}]);
    everywhere["paths"]["/api/hosts/{id}"]["get"].as_object_mut().expect("an object").remove("security");
    fails(&everywhere, &without("401"), "no test came without one");
}

#[test]
fn an_open_operation_needs_no_401() {
    for security in [json!([]), json!([{}, {"bearer": []}])] {
        let mut open = with("responses", json!({"200": {}, "404": {}}));
        open["paths"]["/api/hosts/{id}"]["get"]["security"] = security;
        assert_eq!(check(&open, &without("401")), Vec::<String>::new());
    }
}

#[test]
fn a_route_is_described_or_left_out_on_purpose() {
    let more = |method, route, status| {
        format!("{SEEN}{{\"method\":\"{method}\",\"route\":\"{route}\",\"status\":{status}}}\n")
    };
    fails(
        &document(),
        &more("GET", "/api/secret", 404),
        "GET /api/secret: was answered, but the document has no such path",
    );
    fails(&document(), &more("GET", "/docsomething", 200), "no such path");
    fails(&document(), &more("DELETE", "/api/hosts/{id}", 200), "DELETE /api/hosts/{id}: was answered 200");
    assert_eq!(check(&document(), &more("DELETE", "/api/hosts/{id}", 405)), Vec::<String>::new());
}

#[test]
fn what_cannot_be_read_is_said() {
    fails(&document(), &format!("{SEEN}{{\"method\":\n"), "seen.jsonl:9: ");
    fails(&json!({}), "", "describes no operation");
}

#[test]
fn templates_are_compared_without_patterns() {
    for (route, plain) in
        [("/a/{b}", "/a/{b}"), ("/a/{b:.*}", "/a/{b}"), ("/a/{b:[0-9]{2}}/c", "/a/{b}/c"), ("/a:b/{c}", "/a:b/{c}")]
    {
        assert_eq!(template(route), plain);
    }
}

/// A directory of its own, gone at the end of the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("removed");
    }
}

#[test]
fn emptying_takes_away_only_what_the_gate_reads() {
    let scratch = Scratch::new("empty");
    let folder = scratch.0.join("http-coverage");
    empty_folder(&folder).expect("made");
    for name in ["a.jsonl", "openapi.json", "keep.txt"] {
        fs::write(folder.join(name), "x").expect("written");
    }
    fs::create_dir(folder.join("keep.jsonl")).expect("made");
    empty_folder(&folder).expect("emptied");
    let mut left: Vec<_> =
        fs::read_dir(&folder).expect("read").map(|entry| entry.expect("entry").file_name()).collect();
    left.sort();
    assert_eq!(left, ["keep.jsonl", "keep.txt"]);
}

#[cfg(unix)]
#[test]
fn emptying_follows_no_link() {
    let scratch = Scratch::new("link");
    let elsewhere = scratch.0.join("elsewhere");
    fs::create_dir(&elsewhere).expect("made");
    fs::write(elsewhere.join("a.jsonl"), "x").expect("written");
    let link = scratch.0.join("http-coverage");
    std::os::unix::fs::symlink(&elsewhere, &link).expect("linked");
    empty_folder(&link).expect_err("refused");
    assert!(elsewhere.join("a.jsonl").exists());
}
