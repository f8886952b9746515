//! Movements of coins other than gifts, each in one transaction.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    id::MovementId,
    idempotency::Actor,
    money::Coins,
    wallet::{
        CoinGrant, CoinLedger, GrantContext, GrantDecision, GrantError, GrantPosting, GrantReceipt, GrantRefusal,
        MovementKind,
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{contradictory, unreadable},
    idempotency::{Kept, KeyedRequest},
    pg_audit_log,
    pool::Database,
    schema::{coin_movements as movements, users},
};

/// Moves coins on PostgreSQL.
pub struct PgCoinLedger {
    database: Database,
}

impl PgCoinLedger {
    /// A ledger on this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl CoinLedger for PgCoinLedger {
    async fn grant(
        &self,
        wish: CoinGrant,
        at: DateTime<Utc>,
        decide: GrantDecision,
    ) -> Result<GrantReceipt, GrantError> {
        let outcome = self
            .database
            .atomically(async |connection: &mut AsyncPgConnection| grant_once(connection, &wish, at, &decide).await)
            .await?;
        outcome.map_err(GrantError::Refused)
    }
}

/// What a wish came to. A refusal is a value: it is committed where it is to be kept.
type Outcome = Result<GrantReceipt, GrantRefusal>;

async fn grant_once(
    connection: &mut AsyncPgConnection,
    wish: &CoinGrant,
    at: DateTime<Utc>,
    decide: &GrantDecision,
) -> QueryResult<Outcome> {
    let balance: Option<i64> = users::table
        .find(wish.user.value())
        .select(users::balance)
        .for_no_key_update()
        .first(connection)
        .await
        .optional()?;
    let request = keyed(wish);
    // Two grants with one key to different users lock different rows. Then the key's own uniqueness decides: the later
    // one is rolled back, tried again, and finds the first.
    match request.find::<KeptOutcome>(connection).await? {
        Some(Kept::Outcome(kept)) => return kept.into_outcome(),
        Some(Kept::OtherContent) => return Ok(Err(GrantRefusal::KeyReused)),
        None => {}
    }
    let balance = balance.map(Coins::new).transpose().map_err(unreadable)?;
    let outcome = match decide(&GrantContext { balance }) {
        Ok(posting) => {
            let receipt = post(connection, wish, &posting, at).await?;
            let entry = wish.entry(balance.unwrap_or(Coins::ZERO), posting.balance_after, at);
            pg_audit_log::write(connection, &entry).await?;
            Ok(receipt)
        }
        Err(refusal) => Err(refusal),
    };
    if let Some(kept) = KeptOutcome::of(&outcome) {
        request.keep(connection, &kept, at).await?;
    }
    Ok(outcome)
}

/// The user who gives, if one does.
pub(crate) const fn actor_of(wish: &CoinGrant) -> Option<i64> {
    match wish.actor {
        Actor::User(id) => Some(id.value()),
        Actor::CommandLine => None,
    }
}

/// A wish as its key sees it.
pub(crate) fn keyed(wish: &CoinGrant) -> KeyedRequest<'_> {
    KeyedRequest { operation: "grant", actor: wish.actor, key: &wish.key, content: wish.content() }
}

/// Applies a posting: what the domain decided, and nothing else.
async fn post(
    connection: &mut AsyncPgConnection,
    wish: &CoinGrant,
    posting: &GrantPosting,
    at: DateTime<Utc>,
) -> QueryResult<GrantReceipt> {
    let movement_id: i64 = diesel::insert_into(movements::table)
        .values((
            movements::user_id.eq(wish.user.value()),
            movements::kind.eq(MovementKind::Grant.word()),
            movements::amount.eq(wish.amount.coins().value()),
            movements::reference.eq(wish.key.as_str()),
            movements::actor_id.eq(actor_of(wish)),
            movements::reason.eq(wish.reason.as_str()),
            movements::created_at.eq(at),
        ))
        .returning(movements::id)
        .get_result(connection)
        .await?;
    // Added to what is there, not set to what was decided: so a wrong decision meets `users_balance_within_range`.
    let balance: i64 = diesel::update(users::table.find(wish.user.value()))
        .set(users::balance.eq(users::balance + wish.amount.coins().value()))
        .returning(users::balance)
        .get_result(connection)
        .await?;
    if balance != posting.balance_after.value() {
        return Err(contradictory("the posting of a grant does not add up"));
    }
    Ok(GrantReceipt { movement_id: MovementId::new(movement_id), balance_after: posting.balance_after })
}

/// An outcome as the database keeps it. Its JSON is read for as long as the movement lives: members are added, never
/// renamed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptOutcome {
    Granted { movement_id: i64, balance_after: i64 },
    UnknownUser,
    BalanceTooLarge,
}

impl KeptOutcome {
    /// The form in which an outcome is kept, if it is to be kept at all.
    fn of(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Ok(receipt) => Some(Self::granted(receipt)),
            Err(GrantRefusal::KeyReused) => None,
            Err(GrantRefusal::UnknownUser) => Some(Self::UnknownUser),
            Err(GrantRefusal::BalanceTooLarge) => Some(Self::BalanceTooLarge),
        }
    }

    /// The form in which the proof of a grant is kept.
    pub(crate) const fn granted(receipt: &GrantReceipt) -> Self {
        Self::Granted { movement_id: receipt.movement_id.value(), balance_after: receipt.balance_after.value() }
    }

    fn into_outcome(self) -> QueryResult<Outcome> {
        Ok(match self {
            Self::Granted { movement_id, balance_after } => Ok(GrantReceipt {
                movement_id: MovementId::new(movement_id),
                balance_after: Coins::new(balance_after).map_err(unreadable)?,
            }),
            Self::UnknownUser => Err(GrantRefusal::UnknownUser),
            Self::BalanceTooLarge => Err(GrantRefusal::BalanceTooLarge),
        })
    }
}
