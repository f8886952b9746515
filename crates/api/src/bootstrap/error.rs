//! Why nothing could be started.

use std::io;

use domain::store::{Cause, StoreError};
use persistence::{ConnectError, MigrateError};

use crate::adapters::{WeakCardKey, WeakSecret};

/// Why nothing could be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The private PostgreSQL did not start.
    #[error(transparent)]
    Embedded(#[from] pglocal::Error),
    /// The database does not answer.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The schema could not be brought up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The secret does not protect tokens.
    #[error(transparent)]
    Secret(#[from] WeakSecret),
    /// There is no secret.
    #[error("JWT_SECRET is required with DATABASE_URL; make one with `openssl rand -hex 32`")]
    NoSecret,
    /// A key does not protect cards.
    #[error(transparent)]
    CardKey(#[from] WeakCardKey),
    /// Sealed cards could not be told apart.
    #[error("CARD_KEY and CARD_HASH_KEY are set both or neither; make one with `openssl rand -hex 32`")]
    OneCardKey,
    /// Reports would mix days of two zones.
    #[error("reports are kept in {kept}, and BUSINESS_TIMEZONE is {wanted}; `chatme totals rebuild` makes them anew")]
    OtherZone {
        /// The zone of the totals in the database.
        kept: String,
        /// The zone of the settings.
        wanted: &'static str,
    },
    /// The totals could not be looked at or made.
    #[error("the totals of reports: {0}")]
    Totals(#[source] StoreError),
    /// A file or the port could not be had.
    #[error("{0}: {1}")]
    Io(String, #[source] io::Error),
    /// The password hasher refuses its parameters.
    #[error("the password hasher does not work: {0}")]
    Hasher(Cause),
}
