//! The outcomes of money requests under their keys.

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::idempotency::{Actor, RequestKey};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use crate::{error::unreadable, schema::idempotency_keys as keys};

/// The actor id of the command line, which is no user.
const COMMAND_LINE: i64 = 0;

/// A money request as its key sees it.
pub(crate) struct KeyedRequest<'a> {
    /// What it asks for: `gift`, `grant`, `exchange`.
    pub(crate) operation: &'static str,
    /// Whose key it is.
    pub(crate) actor: Actor,
    /// The key.
    pub(crate) key: &'a RequestKey,
    /// Its content; equal content is the same request.
    pub(crate) content: String,
}

/// What is kept under a key.
pub(crate) enum Kept<T> {
    /// The outcome of the same request.
    Outcome(T),
    /// The key belongs to a request with other content.
    OtherContent,
}

/// The id that keys and movements know an actor by.
pub(crate) const fn actor_id(actor: Actor) -> i64 {
    match actor {
        Actor::User(id) => id.value(),
        Actor::CommandLine => COMMAND_LINE,
    }
}

impl KeyedRequest<'_> {
    /// What tells its content from any other.
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        Sha256::digest(self.content.as_bytes()).to_vec()
    }

    /// Finds what is kept under the key. Free of races only once a row is locked that all requests of this actor lock.
    pub(crate) async fn find<T: DeserializeOwned>(
        &self,
        connection: &mut AsyncPgConnection,
    ) -> QueryResult<Option<Kept<T>>> {
        let kept: Option<(Vec<u8>, serde_json::Value)> = keys::table
            .find((actor_id(self.actor), self.key.as_str()))
            .select((keys::fingerprint, keys::outcome))
            .first(connection)
            .await
            .optional()?;
        match kept {
            None => Ok(None),
            Some((fingerprint, _)) if fingerprint != self.fingerprint() => Ok(Some(Kept::OtherContent)),
            Some((_, outcome)) => serde_json::from_value(outcome).map(Kept::Outcome).map(Some).map_err(unreadable),
        }
    }

    /// Keeps an outcome under the key.
    pub(crate) async fn keep<T: Serialize + Sync>(
        &self,
        connection: &mut AsyncPgConnection,
        outcome: &T,
        at: DateTime<Utc>,
    ) -> QueryResult<()> {
        let outcome =
            serde_json::to_value(outcome).map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
        diesel::insert_into(keys::table)
            .values((
                keys::actor_id.eq(actor_id(self.actor)),
                keys::key.eq(self.key.as_str()),
                keys::operation.eq(self.operation),
                keys::fingerprint.eq(self.fingerprint()),
                keys::outcome.eq(outcome),
                keys::created_at.eq(at),
            ))
            .execute(connection)
            .await
            .map(drop)
    }
}
