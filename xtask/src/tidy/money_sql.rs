//! No SQL in `api` or `domain` writes the money tables: that is what the ledger in `persistence` is for.

use super::{
    source::{Part, Token, only, tokens},
    tree::{Finding, Tree},
};

const MONEY_TABLES: &[&str] = &["gifts", "exchanges", "diamond_movements", "coin_movements", "users"];

/// How far behind `UPDATE users` its `SET` may stand: an alias and `AS` fit between.
const WORDS_TO_SET: usize = 3;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for start in ["crates/api/src/", "crates/domain/src/"] {
        for (path, text) in tree.files(start, ".rs") {
            // SQL lives in literals; what a comment says writes nothing.
            let literals = only(Part::Literal, text).to_lowercase();
            let words = tokens(&literals);
            let words: Vec<_> = words.into_iter().filter(|word| word.text.starts_with(char::is_alphabetic)).collect();
            let mut rest = words.as_slice();
            while let [word, tail @ ..] = rest {
                if let Some(what) = write(word.text, tail) {
                    findings.push(Finding::on(path, word.line, format!("SQL that writes: {what}")));
                }
                rest = tail;
            }
        }
    }
    findings
}

/// The statement that begins with this word, if it writes where it must not.
fn write(word: &str, rest: &[Token<'_>]) -> Option<String> {
    match (word, rest) {
        ("insert" | "merge", [next, ..]) if next.text == "into" => Some(format!("{word} into")),
        ("update", rest) => {
            let (table, rest) = money_table(rest)?;
            let sets = rest.iter().take(WORDS_TO_SET).any(|word| word.text == "set");
            sets.then(|| format!("update {table}"))
        }
        ("delete", [next, rest @ ..]) if next.text == "from" => {
            money_table(rest).map(|(table, _)| format!("delete from {table}"))
        }
        ("truncate", rest) => money_table(rest).map(|(table, _)| format!("truncate {table}")),
        _ => None,
    }
}

/// The money table that is named next, and what follows it.
fn money_table<'a, 'b>(words: &'b [Token<'a>]) -> Option<(&'a str, &'b [Token<'a>])> {
    match words {
        [word, rest @ ..] if matches!(word.text, "only" | "table" | "public") => money_table(rest),
        [word, rest @ ..] if MONEY_TABLES.contains(&word.text) => Some((word.text, rest)),
        _ => None,
    }
}
