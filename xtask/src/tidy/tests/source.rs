//! Code, comments and literals are told apart, and files are listed.

use std::path::Path;

use super::super::{
    source::{Part, only, tokens, words},
    tree::Tree,
};

/// The code, the comments and the literals of a text, without the blanks around.
fn check(text: &str, code: &str, comment: &str, literal: &str) {
    let squeeze = |part| only(part, text).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!((squeeze(Part::Code).as_str(), squeeze(Part::Comment).as_str()), (code, comment), "{text}");
    assert_eq!(squeeze(Part::Literal), literal, "{text}");
}

#[test]
fn parts_of_a_line() {
    check("let a = 1; // b", "let a = 1;", "// b", "");
    check("a /* b /* c */ d */ e", "a e", "/* b /* c */ d */", "");
    check(r#"f("a // b", x)"#, "f( , x)", "", r#""a // b""#);
    check(r#"f("a \" b") // c"#, "f( )", "// c", r#""a \" b""#);
    check("f(r#\"a \" b\"#, c)", "f( , c)", "", "r#\"a \" b\"#");
    check("f(br\"a\\\", c)", "f( , c)", "", "br\"a\\\"");
    check("r#type + r", "r#type + r", "", "");
    check("fn f<'a>(x: &'a str) { '\"' }", "fn f<'a>(x: &'a str) { }", "", "'\"'");
    check(r"['\'', '\\', b'x']", "[ , , b ]", "", r"'\'' '\\' 'x'");
    check("/* open", "", "/* open", "");
    check("\"open", "", "", "\"open");
    check("r\"open", "", "", "r\"open");
}

#[test]
fn lines_stay_where_they_are() {
    let text = "a\n/* b\nc */ d\n\"e\n\" f";
    for part in [Part::Code, Part::Comment, Part::Literal] {
        assert_eq!(only(part, text).lines().count(), text.lines().count());
    }
    let code = only(Part::Code, text);
    let found: Vec<_> = tokens(&code).into_iter().map(|token| (token.line, token.text)).collect();
    assert_eq!(found, [(1, "a"), (3, "d"), (5, "f")]);
}

#[test]
fn words_know_their_surroundings() {
    let found: Vec<_> = words("é use a_b ::c").into_iter().map(|word| (word.before, word.text, word.after)).collect();
    let wanted =
        [("", "é", "use a_b ::c"), ("é", "use", "a_b ::c"), ("é use", "a_b", "::c"), ("é use a_b ::", "c", "")];
    assert_eq!(found, wanted);
}

#[test]
fn this_very_package_is_listed() {
    let tree = Tree::read(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a tree");
    assert!(tree.text("src/tidy/tree.rs").is_some_and(|text| text.contains("fn listed_by_git")));
    assert!(tree.holds("src/tidy") && tree.holds("") && !tree.holds("src/tid"));
    assert!(tree.len() > 10);
}
