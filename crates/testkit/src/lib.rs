//! A database of its own for every test.
//!
//! ```no_run
//! # async fn test() {
//! let database = testkit::TestDatabase::create().await;
//! let url = database.url();
//! # drop(url);
//! # }
//! ```
//!
//! The databases are cloned from a template that holds the migrated schema; the template is built once for each content
//! of the migrations. The server is a throw-away PostgreSQL below the target directory that listens on a unix socket
//! only, without `fsync`; or the one that `TEST_DATABASE_URL` names (a role that may create databases). Under nextest,
//! where every test is a process, all processes hold the same server, which stops when the last one is gone.
#![expect(clippy::expect_used, reason = "a test that cannot have its database has failed")]

mod server;

use std::{
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use tokio_postgres::{Client, NoTls};

/// The key of the advisory lock under which templates are built and leftovers are swept.
const LOCK: i64 = 0x7465_7374;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database with the migrated schema, dropped with this.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
}

impl TestDatabase {
    /// Clones the template. Must be called on a multi-thread runtime.
    ///
    /// # Panics
    /// When there is no server, or it refuses.
    pub async fn create() -> Self {
        let template = template().await;
        let name = format!("t_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let admin = connect().await;
        admin
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .await
            .expect("a database is cloned");
        Self { url: server::url(&name), name }
    }

    /// The URL of the database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let name = self.name.clone();
        // On a thread with a runtime of its own: tests drop inside and outside of theirs.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                connect().await.batch_execute(&drop).await
            })
        });
        // What cannot be dropped now is swept by a later process.
        let _ = dropped.join();
    }
}

/// A connection to the server's maintenance database.
async fn connect() -> Client {
    let (client, connection) =
        tokio_postgres::connect(&server::maintenance_url(), NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    client
}

/// The name of the template of this content of the migrations; it is built if it is missing.
async fn template() -> String {
    let template = format!("template_{}", persistence::migrations_fingerprint());
    let admin = connect().await;
    admin.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).await.expect("the lock is taken");
    let names: Vec<String> = admin
        .query("SELECT datname FROM pg_database", &[])
        .await
        .expect("databases are listed")
        .iter()
        .map(|row| row.get(0))
        .collect();
    for name in names.iter().filter(|name| is_leftover(name, &template)) {
        admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.expect("a leftover goes");
    }
    if !names.contains(&template) {
        // Built under another name: a crash leaves a leftover, never half a template.
        let draft = format!("t_{}_draft", process::id());
        admin.batch_execute(&format!("CREATE DATABASE {draft}")).await.expect("a database is created");
        persistence::migrate(&server::url(&draft)).await.expect("the migrations apply");
        let rename = format!("ALTER DATABASE {draft} RENAME TO {template}");
        admin.batch_execute(&rename).await.expect("the template is named");
    }
    // The lock goes with the connection.
    template
}

/// Whether a database belongs to a process that is gone, or is the template of other migrations.
fn is_leftover(name: &str, template: &str) -> bool {
    if name.starts_with("template_") {
        return name != template;
    }
    let owner = name.strip_prefix("t_").and_then(|rest| rest.split('_').next()).and_then(|pid| pid.parse().ok());
    owner.and_then(rustix::process::Pid::from_raw).is_some_and(|pid| rustix::process::test_kill_process(pid).is_err())
}
