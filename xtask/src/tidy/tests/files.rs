//! Rules about files, pages, migrations and manifests.

use super::{check, fails, passes};

#[test]
fn a_source_file_has_at_most_300_lines() {
    passes("size", "crates/api/src/lib.rs", &"x\n".repeat(300));
    fails("size", "crates/api/src/lib.rs", &"x\n".repeat(301), "");
    passes("size", "crates/persistence/src/schema.rs", &"x\n".repeat(4000));
    passes("size", "docs/long.md", &"x\n".repeat(4000));
}

#[test]
fn a_relative_link_leads_to_a_file() {
    let tree = |page| check("links", &[("README.md", ""), ("docs/adr/0001-a.md", ""), ("docs/page.md", page)]);
    for good in [
        "[a](../README.md) and ![b](adr/0001-a.md \"title\")",
        "[a](adr/0001-a.md#why), [b](<adr/0001-a.md>), [c](adr), [d](./adr/), [e](/README.md)",
        "[a](https://example.org/x) [b](#below) [c](mailto:a@example.org)",
        "[ref]: ../README.md",
        "<img src=\"../README.md\">",
        "`[a](nowhere.md)`",
        "```md\n[a](nowhere.md)\n```",
        "a (b) [c] \"src\" d: e",
    ] {
        assert_eq!(tree(good), "", "{good}");
    }
    for bad in [
        "[a](nowhere.md)",
        "[a](README.md)",
        "[a](../../outside.md)",
        "[ref]: nowhere.md",
        "<img src=\"logo.png\">",
        "[a](adr/0001-a.mdx#why)",
        "`code` [a](nowhere.md)",
    ] {
        let found = tree(bad);
        assert!(found.starts_with("docs/page.md:1: "), "{bad}: {found}");
    }
}

#[test]
fn a_link_below_a_code_block_is_read_again() {
    fails("links", "a.md", "```\n~~~\n```\n[a](nowhere.md)", ":4");
}

#[test]
fn a_migration_goes_both_ways() {
    let both = [("migrations/1_a/up.sql", "CREATE TABLE a ();"), ("migrations/1_a/down.sql", "DROP TABLE a;")];
    assert_eq!(check("migrations", &both), "");
    assert_eq!(check("migrations", &[("migrations/README.md", "")]), "");
    assert_eq!(check("migrations", &[("migrations/1_a/up.sql", "x")]), "migrations/1_a/down.sql: is missing\n");
    let empty = [("migrations/1_a/up.sql", " \n"), ("migrations/1_a/down.sql", "x")];
    assert_eq!(check("migrations", &empty), "migrations/1_a/up.sql: is empty\n");
}

const MANIFEST: &str =
    "[package]\nname = \"a\"\ndescription = \"What it is.\"\nlicense.workspace = true\n\n[lints]\nworkspace = true\n";

#[test]
fn a_manifest_keeps_the_lints_and_says_what_the_crate_is() {
    passes("manifests", "crates/a/Cargo.toml", MANIFEST);
    passes("manifests", "Cargo.toml", "[workspace]\nmembers = []\n[workspace.package]\nlicense = \"MIT\"\n");
    fails("manifests", "crates/a/Cargo.toml", &MANIFEST.replace("[lints]", "[other]"), "");
    fails("manifests", "crates/a/Cargo.toml", &MANIFEST.replace("license.workspace = true", "license = \"MIT\""), "");
    fails("manifests", "crates/a/Cargo.toml", &MANIFEST.replace("What it is.", "TODO"), "");
    fails("manifests", "crates/a/Cargo.toml", &MANIFEST.replace("What it is.", ""), "");
    fails("manifests", "crates/a/Cargo.toml", &MANIFEST.replace("description", "# description"), "");
}
