//! Applying the embedded migrations, one program at a time.

use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::tls;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// The key of the advisory lock that a migrating program holds: "chatme" in ASCII.
const LOCK: i64 = 0x6368_6174_6d65;

/// A migration that waits for a busy table makes everybody else wait behind it: it fails, and is started again.
const PATIENCE: &str = "SET lock_timeout = '5s'";

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection.
    #[error("no connection to the database: {0}")]
    Connect(#[from] diesel::ConnectionError),
    /// The lock could not be had.
    #[error("the migration lock could not be taken")]
    Lock(#[from] diesel::result::Error),
    /// A migration failed; the ones before it are applied.
    #[error("a migration failed: {0}")]
    Migration(Box<dyn std::error::Error + Send + Sync>),
}

/// Applies what is missing and answers the versions that it applied. Waits while another program migrates.
///
/// Must be called on a multi-thread runtime.
///
/// # Errors
/// [`MigrateError`].
pub async fn migrate(url: &str) -> Result<Vec<String>, MigrateError> {
    let mut harness = locked(url).await?;
    let applied = harness.run_pending_migrations(MIGRATIONS).map_err(MigrateError::Migration)?;
    Ok(applied.into_iter().map(|version| version.to_string()).collect())
}

/// A word that changes when the content of any migration does.
#[must_use]
pub const fn migrations_fingerprint() -> &'static str {
    env!("MIGRATIONS_FINGERPRINT")
}

/// A connection that holds the lock until it is closed.
async fn locked(url: &str) -> Result<AsyncMigrationHarness<AsyncPgConnection>, MigrateError> {
    let mut connection = tls::establish(url).await?;
    connection.batch_execute(&format!("SELECT pg_advisory_lock({LOCK}); {PATIENCE}")).await?;
    Ok(AsyncMigrationHarness::new(connection))
}
