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
//! The databases are cloned from a template that holds the migrated schema (some 30 ms each); the template is built once
//! for each content of the migrations. Any runtime will do, and a test needs to clean up nothing.
//!
//! # The server
//!
//! It is a throw-away PostgreSQL below the target directory (`target/test-pg`) that listens on a unix socket only and
//! does without `fsync`; or the one that `TEST_DATABASE_URL` names, with a role that may create databases and a database
//! to be connected to meanwhile, such as `postgres`.
//!
//! # Under nextest and under `cargo test`
//!
//! Under nextest every test is a process. All of them hold the same server: the first starts it, it lingers for some
//! seconds between one process and the next, and it stops when no more come. Under `cargo test` the tests of a file are
//! threads of one process, which holds the server to its end. Nothing needs to be set up before or taken down after
//! either, and both may run at once.
//!
//! # What is left behind
//!
//! Nothing by a test that ends, failed or not. The databases of a process that was killed are dropped by a later
//! process, at its first use; it knows them by the process number in their names, and leaves alone those of the living
//! and those that somebody is connected to. Templates of other migrations go at the same time.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot have its database has failed")]

mod proxy;
mod server;
mod template;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use tokio_postgres::{NoTls, error::SqlState};

pub use self::proxy::{Cut, Proxy, Weather};
pub use tokio_postgres::{Client, Row};

/// How many names and templates are tried. A number is taken when a killed process had our process number; the template
/// is gone when a program with other migrations has swept it in this moment.
const CLONE_ATTEMPTS: u32 = 100;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database with the migrated schema, dropped with this.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
}

impl TestDatabase {
    /// Clones the template.
    ///
    /// # Panics
    /// When there is no server, or it refuses.
    pub async fn create() -> Self {
        let mut template = template::ready().await;
        let admin = server::connect().await;
        for _ in 0..CLONE_ATTEMPTS {
            let name = template::name(COUNT.fetch_add(1, Ordering::Relaxed));
            match admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await {
                Ok(()) => return Self { url: server::url(&name), name },
                Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => {}
                Err(error) if error.code() == Some(&SqlState::UNDEFINED_DATABASE) => {
                    template = template::rebuilt().await;
                }
                Err(error) => panic!("{template} cannot be cloned: {error:?}"),
            }
        }
        panic!("{template} could not be cloned in {CLONE_ATTEMPTS} attempts")
    }

    /// A plain connection, for what a test does behind the back of what it tests: holding a row, looking at sessions.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn connect(&self) -> Client {
        connect(&self.url).await
    }

    /// The URL of the database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// A plain connection to any database on this machine.
///
/// # Panics
/// When the database does not answer.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the database answers");
    tokio::spawn(connection);
    client
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // On a thread with a runtime of its own: tests drop inside and outside of theirs.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async { server::connect().await.batch_execute(&statement).await })
        });
        // What cannot be dropped now is swept by a later process.
        let _ = dropped.join();
    }
}
