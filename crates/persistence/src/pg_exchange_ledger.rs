//! Exchanges of diamonds for coins, each in one transaction.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    id::{ExchangeId, UserId},
    idempotency::{Actor, RequestKey},
    money::{Coins, Diamonds},
    store::StoreError,
    wallet::{
        ExchangeContext, ExchangeDecision, ExchangeError, ExchangeLedger, ExchangeOrder, ExchangePosting,
        ExchangeReceipt, ExchangeRefusal, MovementKind, Purse,
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{contradictory, unreadable},
    idempotency::{Kept, KeyedRequest},
    pg_income_history,
    pool::Database,
    schema::{coin_movements, diamond_movements, exchanges, users},
};

/// Why coins came, in the words of `coin_movements`.
const REASON: &str = "diamonds exchanged";

/// Exchanges diamonds on PostgreSQL.
pub struct PgExchangeLedger {
    database: Database,
}

impl PgExchangeLedger {
    /// A ledger on this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl ExchangeLedger for PgExchangeLedger {
    async fn exchange(
        &self,
        order: ExchangeOrder,
        at: DateTime<Utc>,
        decide: ExchangeDecision,
    ) -> Result<ExchangeReceipt, ExchangeError> {
        // Where it fails, what is kept under the key can be answered all the same.
        let caught_up = self.database.catch_up().await;
        let is_new_possible = caught_up.is_ok();
        let outcome = self
            .database
            .atomically(async |connection: &mut AsyncPgConnection| {
                exchange_once(connection, &order, at, is_new_possible.then_some(&decide)).await
            })
            .await?;
        match (outcome, caught_up) {
            (Some(outcome), _) => outcome.map_err(ExchangeError::Refused),
            (None, Err(error)) => Err(error.into()),
            (None, Ok(())) => Err(StoreError::Corrupt("an exchange was not decided".into()).into()),
        }
    }
}

/// What an order came to. A refusal is a value: it is committed where it is to be kept.
type Outcome = Result<ExchangeReceipt, ExchangeRefusal>;

/// Answers what is kept under the key, or decides, where that is possible.
async fn exchange_once(
    connection: &mut AsyncPgConnection,
    order: &ExchangeOrder,
    at: DateTime<Utc>,
    decide: Option<&ExchangeDecision>,
) -> QueryResult<Option<Outcome>> {
    // The host's row first: its lock makes the look-up of the key safe, and lets one exchange of hers pass at a time.
    let host = lock_purse(connection, order.host).await?;
    let request = KeyedRequest {
        operation: "exchange",
        actor: Actor::User(order.host),
        key: &order.key,
        content: order.content(),
    };
    match request.find::<KeptOutcome>(connection).await? {
        Some(Kept::Outcome(kept)) => return kept.into_outcome().map(Some),
        Some(Kept::OtherContent) => return Ok(Some(Err(ExchangeRefusal::KeyReused))),
        None => {}
    }
    let Some(decide) = decide else { return Ok(None) };
    let outcome = match decide(&ExchangeContext { host }) {
        Ok(posting) => Ok(post(connection, order, host, &posting, at).await?),
        Err(refusal) => Err(refusal),
    };
    if let Some(kept) = KeptOutcome::of(&outcome, &order.key) {
        request.keep(connection, &kept, at).await?;
    }
    Ok(Some(outcome))
}

/// Locks a host's row and reads what an exchange is decided on.
///
/// NO KEY UPDATE and not UPDATE: gifts to her take KEY SHARE locks on the same row.
async fn lock_purse(connection: &mut AsyncPgConnection, host: UserId) -> QueryResult<Option<Purse>> {
    let row: Option<(i64, Option<DateTime<Utc>>)> = users::table
        .find(host.value())
        .select((users::balance, users::banned_at))
        .for_no_key_update()
        .first(connection)
        .await
        .optional()?;
    let Some((balance, banned_at)) = row else { return Ok(None) };
    // Her totals and movements are not locked. Only an exchange takes diamonds, and hers wait for the row above: what was
    // committed before is seen here, because each statement sees what is committed when it begins. A gift or a salary that is
    // committed meanwhile only adds, so that at worst an exchange is refused that a moment later would not be.
    let diamonds = pg_income_history::diamonds(connection, host).await?;
    let balance = Coins::new(balance).map_err(unreadable)?;
    Ok(Some(Purse { balance, diamonds, is_banned: banned_at.is_some() }))
}

/// Applies a posting: what the domain decided, and nothing else.
async fn post(
    connection: &mut AsyncPgConnection,
    order: &ExchangeOrder,
    host: Option<Purse>,
    posting: &ExchangePosting,
    at: DateTime<Utc>,
) -> QueryResult<ExchangeReceipt> {
    // No constraint can look at a sum over rows, so that diamonds have this second line.
    if host.map(|host| host.diamonds) != posting.diamonds_after.checked_add(posting.diamonds) {
        return Err(contradictory("the posting of an exchange takes other diamonds than are there"));
    }
    let (exchange_id, income): (i64, i64) = diesel::insert_into(exchanges::table)
        .values((
            exchanges::host_id.eq(posting.host.value()),
            exchanges::diamonds.eq(posting.diamonds.value()),
            exchanges::rate_bp.eq(i32::from(posting.rate.value())),
            exchanges::coins.eq(posting.coins.value()),
            exchanges::created_at.eq(at),
        ))
        .returning((exchanges::id, exchanges::income))
        .get_result(connection)
        .await?;
    diesel::insert_into(diamond_movements::table)
        .values((
            diamond_movements::host_id.eq(posting.host.value()),
            diamond_movements::income.eq(income),
            diamond_movements::type_.eq(MovementKind::Exchange.word()),
            diamond_movements::created_at.eq(at),
            diamond_movements::exchange_id.eq(exchange_id),
        ))
        .execute(connection)
        .await?;
    diesel::insert_into(coin_movements::table)
        .values((
            coin_movements::user_id.eq(posting.host.value()),
            coin_movements::kind.eq(MovementKind::Exchange.word()),
            coin_movements::amount.eq(posting.coins.value()),
            coin_movements::reference.eq(order.key.as_str()),
            coin_movements::actor_id.eq(order.host.value()),
            coin_movements::reason.eq(REASON),
            coin_movements::created_at.eq(at),
            coin_movements::exchange_id.eq(exchange_id),
        ))
        .execute(connection)
        .await?;
    // Added to what is there, not set to what was decided: so a wrong decision meets `users_balance_within_range`.
    let balance: i64 = diesel::update(users::table.find(posting.host.value()))
        .set(users::balance.eq(users::balance + posting.coins.value()))
        .returning(users::balance)
        .get_result(connection)
        .await?;
    if balance != posting.balance_after.value() {
        return Err(contradictory("the posting of an exchange does not add up"));
    }
    Ok(ExchangeReceipt {
        exchange_id: ExchangeId::new(exchange_id),
        diamonds: posting.diamonds,
        coins: posting.coins,
        diamonds_after: posting.diamonds_after,
        balance_after: posting.balance_after,
        created_at: at,
    })
}

/// An outcome as the database keeps it. Its JSON is read for as long as the exchange lives: members are added, never
/// renamed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptOutcome {
    Exchanged {
        exchange_id: i64,
        diamonds: i64,
        coins: i64,
        diamonds_after: i64,
        balance_after: i64,
        created_at: DateTime<Utc>,
    },
    InsufficientDiamonds {
        needed: i64,
        available: i64,
    },
    BalanceTooLarge,
}

impl KeptOutcome {
    /// The form in which an outcome is kept, if it is to be kept at all: a refusal only where it can be asked for again.
    fn of(outcome: &Outcome, key: &RequestKey) -> Option<Self> {
        match outcome {
            Err(_) if !key.is_chosen() => None,
            Ok(receipt) => Some(Self::Exchanged {
                exchange_id: receipt.exchange_id.value(),
                diamonds: receipt.diamonds.value(),
                coins: receipt.coins.value(),
                diamonds_after: receipt.diamonds_after.value(),
                balance_after: receipt.balance_after.value(),
                created_at: receipt.created_at,
            }),
            Err(ExchangeRefusal::KeyReused | ExchangeRefusal::UnknownHost | ExchangeRefusal::HostBanned) => None,
            Err(ExchangeRefusal::InsufficientDiamonds { needed, available }) => {
                Some(Self::InsufficientDiamonds { needed: needed.value(), available: available.value() })
            }
            Err(ExchangeRefusal::BalanceTooLarge) => Some(Self::BalanceTooLarge),
        }
    }

    fn into_outcome(self) -> QueryResult<Outcome> {
        let coins = |amount| Coins::new(amount).map_err(unreadable);
        let diamonds = |amount| Diamonds::new(amount).map_err(unreadable);
        Ok(match self {
            Self::Exchanged {
                exchange_id,
                diamonds: taken,
                coins: given,
                diamonds_after,
                balance_after,
                created_at,
            } => Ok(ExchangeReceipt {
                exchange_id: ExchangeId::new(exchange_id),
                diamonds: diamonds(taken)?,
                coins: coins(given)?,
                diamonds_after: diamonds(diamonds_after)?,
                balance_after: coins(balance_after)?,
                created_at,
            }),
            Self::InsufficientDiamonds { needed, available } => Err(ExchangeRefusal::InsufficientDiamonds {
                needed: diamonds(needed)?,
                available: diamonds(available)?,
            }),
            Self::BalanceTooLarge => Err(ExchangeRefusal::BalanceTooLarge),
        })
    }
}
