//! Rules about Rust code.

use super::{check, fails, passes};

#[test]
fn api_names_persistence_only_where_it_is_put_together() {
    let handler = "crates/api/src/http/gifts.rs";
    for bad in [
        "let l = persistence::PgGiftLedger::new(pool);",
        "use persistence::PgGiftLedger;",
        "use persistence as p;",
        "pub(crate) use persistence;",
        "fn f(x: ::persistence::Pool) {}",
        "use {domain::Gift, persistence};",
    ] {
        fails("layers", handler, &format!("\n{bad}"), ":2");
        for permitted in ["main.rs", "bootstrap.rs", "bootstrap/pool.rs", "cli.rs", "cli/admin.rs", "cli_admin.rs"] {
            passes("layers", &format!("crates/api/src/{permitted}"), bad);
        }
    }
    for good in [
        "// what persistence::Pool does",
        "let filter = \"persistence::pool=debug\";",
        "use crate::persistence::Thing;",
        "use domain::GiftLedger;",
        "let persistence = 1;",
    ] {
        passes("layers", handler, good);
    }
    passes("layers", "crates/persistence/tests/contract/main.rs", "use persistence::Pool;");
}

const PORT: &str = "
/// Gifts.
pub trait Ledger: Send + Sync {
    /// Posts.
    ///
    /// # Errors
    /// When the store is away.
    #[must_use]
    async fn post<F: Fn(&C) -> X>(
        &self,
        decide: Box<dyn Fn(&C) -> Result<P, E> + Send>,
        id: [u8; 4],
    ) -> Result<Receipt, StoreError>;

    /// Cannot fail.
    fn now(&self, f: Box<dyn Fn() -> Result<(), ()>>) -> Instant;

    /// Neither can this.
    fn note(&self, text: &str) {
        fn inner() -> Result<(), ()> { Ok(()) }
    }
}

/// No port.
pub(crate) fn helper() -> Result<(), ()> { Ok(()) }
";

#[test]
fn a_port_method_that_can_fail_says_how() {
    let ports = "crates/domain/src/gift/ports.rs";
    passes("ports", ports, PORT);
    let bad = PORT.replace("# Errors", "Errors");
    fails("ports", ports, &bad, ":9");
    assert!(check("ports", &[(ports, &bad)]).contains("`post` returns a Result"));
    passes("ports", "crates/domain/src/gift/service.rs", &bad);
    // The section of the method before is not this one's.
    let second = PORT.replace("    /// Cannot fail.\n", "    fn last(&self) -> StoreResult<()>;\n");
    fails("ports", ports, &second, ":15");
    // An attribute over many lines belongs to the method.
    passes("ports", ports, &PORT.replace("#[must_use]", "#[expect(\n        lint,\n        reason = \"x; y\"\n    )]"));
}

#[test]
fn a_pub_crate_trait_is_a_port_too() {
    fails("ports", "crates/domain/src/ports.rs", "pub(crate) trait A {\n    fn a() -> Result<(), ()>;\n}", ":2");
    passes("ports", "crates/domain/src/ports.rs", "impl A for B {\n    fn a() -> Result<(), ()> { Ok(()) }\n}");
}

#[test]
fn nothing_is_unfinished() {
    for bad in [
        "#[ignore]",
        "#[ignore = \"slow\"]",
        "#[cfg_attr(ci, ignore)]",
        "fn f() { todo!() }",
        "unimplemented!(\"later\")",
        "// FIXME: wrong",
        "/* XXX */",
    ] {
        fails("unfinished", "crates/domain/src/gift.rs", &format!("\n\n{bad}"), ":3");
        fails("unfinished", "crates/pglocal/tests/start.rs", bad, ":1");
    }
    for good in
        ["let todo = 1;", "#[schema(ignore)]", "\"FIXME todo!()\"", "// XXXL is a size", "//! never todo!() here"]
    {
        passes("unfinished", "crates/domain/src/gift.rs", good);
    }
}

#[test]
fn a_test_does_not_sleep() {
    for bad in
        ["std::thread::sleep(second);", "tokio::time::sleep(second).await;", "use tokio::time::{sleep, timeout};"]
    {
        for path in ["crates/api/tests/api/main.rs", "crates/domain/src/gift/tests.rs", "tests/src/lib.rs"] {
            fails("unfinished", path, bad, ":1");
        }
        passes("unfinished", "crates/pglocal/tests/start.rs", bad);
        passes("unfinished", "crates/persistence/src/pool.rs", bad);
    }
    passes("unfinished", "crates/domain/src/gift/tests.rs", "clock.sleep(); fn sleep() {} // thread::sleep");
    passes("unfinished", "crates/domain/src/gift/tests.rs", "sql(\"SELECT pg_sleep(1)\"); tokio::time::timeout(d, f)");
}

#[test]
fn money_tables_are_written_by_persistence_alone() {
    for bad in [
        "sql_query(\"INSERT INTO gifts (id) VALUES ($1)\")",
        "sql_query(\"insert into anything values (1)\")",
        "sql_query(\"UPDATE users SET balance = 0\")",
        "sql_query(\"UPDATE ONLY public.users AS u SET balance = 0\")",
        "sql_query(r#\"update \"diamond_movements\" set income = 1\"#)",
        "sql_query(\"DELETE FROM coin_movements\")",
        "sql_query(\"TRUNCATE TABLE gifts\")",
        "sql_query(\"UPDATE\n  users\n  SET x = 1\")",
    ] {
        fails("money-sql", "crates/api/src/http/gifts.rs", bad, ":1");
        fails("money-sql", "crates/domain/src/gift.rs", bad, ":1");
        passes("money-sql", "crates/persistence/src/ledger.rs", bad);
    }
    for good in [
        "/// Update users set by set: INSERT INTO gifts",
        "map.insert(into); update(users, set)",
        "\"could not update users\"",
        "\"SELECT balance FROM users\"",
        "\"UPDATE sessions SET open = false\"",
    ] {
        passes("money-sql", "crates/api/src/http/gifts.rs", good);
    }
}

#[test]
fn routes_are_registered_in_the_table() {
    for bad in [
        "cfg.route(\"/x\", web::get().to(f));",
        "app.service(f)",
        "let r = web::resource(\"/x\");",
        "    .route(\"/x\", web::get().to(f))",
        "web::scope(\"/api\")",
    ] {
        fails("routes", "crates/api/src/http/gifts.rs", &format!("\n{bad}"), ":2");
        for permitted in ["http/routes.rs", "server.rs", "http/docs.rs", "auth/tests.rs"] {
            passes("routes", &format!("crates/api/src/{permitted}"), bad);
        }
        passes("routes", "crates/api/tests/api/main.rs", bad);
    }
    passes(
        "routes",
        "crates/api/src/http/gifts.rs",
        "// .route( is for the table\nlet s = \".service(\"; routes.service_name();",
    );
}
