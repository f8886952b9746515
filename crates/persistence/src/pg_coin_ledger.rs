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
        CoinChange, CoinContext, CoinDecision, CoinError, CoinLedger, CoinOrder, CoinPosting, CoinReceipt, CoinRefusal,
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
    async fn change(&self, wish: CoinOrder, at: DateTime<Utc>, decide: CoinDecision) -> Result<CoinReceipt, CoinError> {
        let outcome = self
            .database
            .atomically(async |connection: &mut AsyncPgConnection| change_once(connection, &wish, at, &decide).await)
            .await?;
        outcome.map_err(CoinError::Refused)
    }
}

/// What a wish came to. A refusal is a value: it is committed where it is to be kept.
type Outcome = Result<CoinReceipt, CoinRefusal>;

async fn change_once(
    connection: &mut AsyncPgConnection,
    wish: &CoinOrder,
    at: DateTime<Utc>,
    decide: &CoinDecision,
) -> QueryResult<Outcome> {
    let balance: Option<i64> = users::table
        .find(wish.user.value())
        .select(users::balance)
        .for_no_key_update()
        .first(connection)
        .await
        .optional()?;
    let request = keyed(wish);
    // Two wishes with one key to different users lock different rows. Then the key's own uniqueness decides: the later
    // one is rolled back, tried again, and finds the first.
    match request.find::<KeptOutcome>(connection).await? {
        Some(Kept::Outcome(kept)) => return kept.into_outcome(),
        Some(Kept::OtherContent) => return Ok(Err(CoinRefusal::KeyReused)),
        None => {}
    }
    let balance = balance.map(Coins::new).transpose().map_err(unreadable)?;
    let outcome = match decide(&CoinContext { balance }) {
        Ok(posting) => {
            let receipt = post(connection, wish, &posting, at).await?;
            let entry = wish.entry(balance.unwrap_or(Coins::ZERO), posting.balance_after, at);
            pg_audit_log::write(connection, &entry).await?;
            Ok(receipt)
        }
        Err(refusal) => Err(refusal),
    };
    if let Some(kept) = KeptOutcome::of(wish, &outcome) {
        request.keep(connection, &kept, at).await?;
    }
    Ok(outcome)
}

/// The user who gives or takes, if one does.
pub(crate) const fn actor_of(wish: &CoinOrder) -> Option<i64> {
    match wish.actor {
        Actor::User(id) => Some(id.value()),
        Actor::CommandLine => None,
    }
}

/// A wish as its key sees it.
pub(crate) fn keyed(wish: &CoinOrder) -> KeyedRequest<'_> {
    KeyedRequest { operation: wish.change.kind().word(), actor: wish.actor, key: &wish.key, content: wish.content() }
}

/// Applies a posting: what the domain decided, and nothing else.
async fn post(
    connection: &mut AsyncPgConnection,
    wish: &CoinOrder,
    posting: &CoinPosting,
    at: DateTime<Utc>,
) -> QueryResult<CoinReceipt> {
    let movement_id: i64 = diesel::insert_into(movements::table)
        .values((
            movements::user_id.eq(wish.user.value()),
            movements::kind.eq(wish.change.kind().word()),
            movements::amount.eq(wish.change.amount()),
            movements::reference.eq(wish.key.as_str()),
            movements::actor_id.eq(actor_of(wish)),
            movements::reason.eq(wish.reason.as_str()),
            movements::created_at.eq(at),
        ))
        .returning(movements::id)
        .get_result(connection)
        .await?;
    // Added to what is there, not set to what was decided: so a wrong decision meets `users_balance_non_negative` or
    // `users_balance_within_range`.
    let balance: i64 = diesel::update(users::table.find(wish.user.value()))
        .set(users::balance.eq(users::balance + wish.change.amount()))
        .returning(users::balance)
        .get_result(connection)
        .await?;
    if balance != posting.balance_after.value() {
        return Err(contradictory("the posting of a change of coins does not add up"));
    }
    Ok(CoinReceipt { movement_id: MovementId::new(movement_id), balance_after: posting.balance_after })
}

/// An outcome as the database keeps it. Its JSON is read for as long as the movement lives: members are added, never
/// renamed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptOutcome {
    Granted { movement_id: i64, balance_after: i64 },
    Corrected { movement_id: i64, balance_after: i64 },
    UnknownUser,
    BalanceTooLarge,
    InsufficientBalance { needed: i64, available: i64 },
}

impl KeptOutcome {
    /// The form in which an outcome is kept, if it is to be kept at all.
    fn of(wish: &CoinOrder, outcome: &Outcome) -> Option<Self> {
        match outcome {
            Ok(receipt) => Some(Self::done(wish.change, receipt)),
            // Nobody can ask for it again.
            Err(_) if !wish.key.is_chosen() => None,
            Err(CoinRefusal::KeyReused) => None,
            Err(CoinRefusal::UnknownUser) => Some(Self::UnknownUser),
            Err(CoinRefusal::BalanceTooLarge) => Some(Self::BalanceTooLarge),
            Err(CoinRefusal::InsufficientBalance { needed, available }) => {
                Some(Self::InsufficientBalance { needed: needed.value(), available: available.value() })
            }
        }
    }

    /// The form in which the proof of a change is kept.
    pub(crate) const fn done(change: CoinChange, receipt: &CoinReceipt) -> Self {
        let (movement_id, balance_after) = (receipt.movement_id.value(), receipt.balance_after.value());
        match change {
            CoinChange::Grant(_) => Self::Granted { movement_id, balance_after },
            CoinChange::Correction(_) => Self::Corrected { movement_id, balance_after },
        }
    }

    fn into_outcome(self) -> QueryResult<Outcome> {
        let coins = |amount| Coins::new(amount).map_err(unreadable);
        Ok(match self {
            Self::Granted { movement_id, balance_after } | Self::Corrected { movement_id, balance_after } => {
                Ok(CoinReceipt { movement_id: MovementId::new(movement_id), balance_after: coins(balance_after)? })
            }
            Self::UnknownUser => Err(CoinRefusal::UnknownUser),
            Self::BalanceTooLarge => Err(CoinRefusal::BalanceTooLarge),
            Self::InsufficientBalance { needed, available } => {
                Err(CoinRefusal::InsufficientBalance { needed: coins(needed)?, available: coins(available)? })
            }
        })
    }
}
