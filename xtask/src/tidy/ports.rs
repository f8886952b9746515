//! Every method of a port that can fail has a section `# Errors` in its doc.

use super::{
    source::{Part, Token, only, tokens},
    tree::{Finding, Tree},
};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let files = tree.files("crates/domain/src/", ".rs");
    for (path, text) in files.filter(|(path, _)| path.ends_with("/ports.rs") || path.contains("/ports/")) {
        let code = only(Part::Code, text);
        for method in methods(&tokens(&code)) {
            if method.fallible && !doc_has_errors(text, &code, method.line) {
                let what = format!("`{}` returns a Result without a section `# Errors`", method.name);
                findings.push(Finding::on(path, method.line, what));
            }
        }
    }
    findings
}

#[derive(Debug)]
struct Method<'a> {
    name: &'a str,
    line: usize,
    fallible: bool,
}

/// The methods of the file's traits, without what is inside their default bodies.
fn methods<'a>(code: &[Token<'a>]) -> Vec<Method<'a>> {
    let mut found = Vec::new();
    let (mut depth, mut trait_begins, mut trait_body) = (0_usize, false, None);
    let mut rest = code;
    while let [token, tail @ ..] = rest {
        match (token.text, tail) {
            ("trait", _) => trait_begins = true,
            ("{", _) => {
                depth += 1;
                if std::mem::take(&mut trait_begins) {
                    trait_body = Some(depth);
                }
            }
            ("}", _) => {
                if trait_body == Some(depth) {
                    trait_body = None;
                }
                depth = depth.saturating_sub(1);
            }
            ("fn", [name, ..]) if trait_body == Some(depth) => {
                found.push(Method { name: name.text, line: token.line, fallible: fallible(tail) });
            }
            _ => {}
        }
        rest = tail;
    }
    found
}

/// Whether the signature that begins here answers a Result: arrows inside brackets belong to arguments.
fn fallible(signature: &[Token<'_>]) -> bool {
    let (mut level, mut answers) = (0_usize, None);
    let mut rest = signature;
    while let [token, tail @ ..] = rest {
        match (token.text, tail) {
            ("(" | "[", _) => level += 1,
            (")" | "]", _) => level = level.saturating_sub(1),
            (";" | "{", _) if level == 0 => break,
            ("-", [next, ..]) if next.text == ">" && level == 0 => answers = Some(false),
            (word, _) if word.ends_with("Result") => answers = answers.map(|_| true),
            _ => {}
        }
        rest = tail;
    }
    answers == Some(true)
}

/// Whether the doc above a line has the section: doc lines and whole attributes belong to the method.
fn doc_has_errors(text: &str, code: &str, line: usize) -> bool {
    let above: Vec<_> = text.lines().zip(code.lines()).take(line.saturating_sub(1)).collect();
    above
        .into_iter()
        .rev()
        .take_while(|(text, code)| {
            let ends_another = code.trim_end().ends_with([';', '{', '}']);
            !text.trim().is_empty() && !ends_another
        })
        .any(|(text, _)| text.trim_start().strip_prefix("///").is_some_and(|doc| doc.trim() == "# Errors"))
}
