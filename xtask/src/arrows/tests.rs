use super::{judge, test_tools};
use crate::workspace::{Dependency, Package, Workspace};

/// What is wrong when `package` asks for `library`; `kind` is empty for a normal dependency.
fn check(package: &str, kind: &str, library: &str) -> Vec<String> {
    let kind = (!kind.is_empty()).then(|| kind.to_owned());
    judge(&Package { name: package.to_owned(), dependencies: vec![Dependency { name: library.to_owned(), kind }] })
}

#[test]
fn drawn_arrows_pass() {
    for (package, kind, library) in [
        ("persistence", "", "domain"),
        ("persistence", "dev", "domain"),
        ("persistence", "", "diesel"),
        ("persistence", "", "tokio-postgres"),
        ("api", "", "persistence"),
        ("api", "", "pglocal"),
        ("api", "dev", "testkit"),
        ("api", "dev", "domain"),
        ("api", "", "actix-web"),
        ("api", "", "socketio"),
        ("socketio", "", "serde_json"),
        ("socketio", "", "bytes"),
        ("socketio", "dev", "proptest"),
        ("testkit", "", "persistence"),
        ("testkit", "", "tokio-postgres"),
        ("pglocal", "dev", "tokio-postgres"),
        ("e2e", "dev", "pglocal"),
        ("domain", "", "chrono"),
        ("domain", "dev", "tokio"),
        ("xtask", "", "serde_json"),
    ] {
        assert_eq!(check(package, kind, library), Vec::<String>::new());
    }
}

#[test]
fn other_arrows_fail_with_the_reason() {
    for (package, kind, library, reason) in [
        ("domain", "", "persistence", "know nothing"),
        ("domain", "dev", "testkit", "know nothing"),
        ("persistence", "", "api", "adapter knows the ports"),
        ("persistence", "", "pglocal", "adapter knows the ports"),
        ("pglocal", "", "domain", "nothing to do with gifts"),
        ("api", "", "testkit", "test tools stay out"),
        ("api", "build", "testkit", "test tools stay out"),
        ("e2e", "", "testkit", "from outside"),
        ("e2e", "dev", "api", "from outside"),
        ("xtask", "dev", "domain", "everything else is broken"),
        ("api", "", "diesel", "SQL"),
        ("api", "dev", "diesel-async", "SQL"),
        ("testkit", "", "diesel_migrations", "SQL"),
        ("pglocal", "", "tokio-postgres", "SQL"),
        ("persistence", "", "actix-web", "HTTP"),
        ("testkit", "dev", "actix-rt", "HTTP"),
        ("domain", "", "tokio", "know nothing"),
        ("domain", "build", "serde_json", "know nothing"),
        ("domain", "", "rand", "know nothing"),
        ("domain", "", "socketio", "know nothing"),
        ("persistence", "", "socketio", "adapter knows the ports"),
        ("socketio", "", "domain", "no I/O"),
        ("socketio", "dev", "testkit", "no I/O"),
        ("socketio", "", "tokio", "no I/O"),
        ("socketio", "", "actix-web", "HTTP"),
        ("socketio", "build", "rand", "no I/O"),
    ] {
        let found = check(package, kind, library);
        assert!(found.iter().any(|line| line.contains(reason)), "{package} {kind} {library}: {found:?}");
    }
}

#[test]
fn an_unknown_crate_must_be_drawn_first() {
    assert!(check("newcomer", "", "thiserror").iter().any(|line| line.contains("add it")));
}

#[test]
fn the_names_of_the_tables_are_those_of_the_workspace() {
    let workspace = Workspace::find().expect("cargo metadata");
    for layer in super::LAYERS {
        assert!(workspace.packages.iter().any(|package| package.name == layer.name), "{} is gone", layer.name);
    }
}

#[test]
fn mocks_are_seen_in_the_release_tree() {
    assert_eq!(test_tools("api v0.1.0 (/x/api)\nserde v1.0.0\nmockallish v1.0.0\n"), Vec::<String>::new());
    assert_eq!(test_tools("").len(), 0);
    let found = test_tools("api v0.1.0 (/x/api)\ndomain v0.1.0\nmockall v0.15.0\nmockall v0.15.0 (*)\n");
    assert!(matches!(found.as_slice(), [line] if line.contains("mockall")), "{found:?}");
}
