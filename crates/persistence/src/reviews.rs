//! How decisions and identity cards are stored, in whatever table.

use chrono::{DateTime, Utc};
use diesel::{QueryResult, sql_query, sql_types::BigInt};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{CardFingerprint, KeyId, SealedCard},
    id::UserId,
    idempotency::Actor,
    review::{Decided, Review},
    wallet::Reason,
};

use crate::error::unreadable;

/// An actor's column: the command line is nobody's row.
pub(crate) const fn actor_id(actor: Actor) -> Option<i64> {
    match actor {
        Actor::User(id) => Some(id.value()),
        Actor::CommandLine => None,
    }
}

/// The actor of a column.
pub(crate) fn actor(id: Option<i64>) -> Actor {
    id.map_or(Actor::CommandLine, |id| Actor::User(UserId::new(id)))
}

/// Who decided, when, and why not: the columns of a review beside its word.
pub(crate) type DecisionRow = (Option<i64>, Option<DateTime<Utc>>, Option<String>);

/// The columns of a review.
pub(crate) fn decision_row(review: &Review) -> DecisionRow {
    let reason = match review {
        Review::Rejected { reason, .. } => reason.as_ref().map(|reason| reason.as_str().to_owned()),
        Review::Pending | Review::Approved(_) => None,
    };
    let decided = review.decided();
    (decided.and_then(|decided| actor_id(decided.by)), decided.map(|decided| decided.at), reason)
}

/// The review of its columns.
pub(crate) fn review(word: &str, (by, at, reason): DecisionRow) -> QueryResult<Review> {
    let decided = at.map(|at| Decided { by: actor(by), at });
    let reason = reason.as_deref().map(Reason::parse).transpose().map_err(unreadable)?;
    Review::restore(word, decided, reason).map_err(unreadable)
}

/// A sealed number of its columns.
pub(crate) fn sealed_card(key: Option<String>, bytes: Option<Vec<u8>>) -> QueryResult<Option<SealedCard>> {
    let Some((key, bytes)) = key.zip(bytes) else { return Ok(None) };
    Ok(Some(SealedCard { key: KeyId::parse(&key).map_err(unreadable)?, bytes }))
}

/// Keeps others who bring the same card waiting until the transaction ends. A card is no row of its own, so its hash is
/// locked; two cards that begin alike wait for each other, which harms nobody.
pub(crate) async fn lock_card(
    connection: &mut AsyncPgConnection,
    CardFingerprint(hash): CardFingerprint,
) -> QueryResult<()> {
    let [a, b, c, d, e, f, g, h, ..] = hash;
    sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<BigInt, _>(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
        .execute(connection)
        .await
        .map(drop)
}
