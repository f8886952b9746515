//! Gifts, settled in one transaction.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    gift::{
        GiftContext, GiftDecision, GiftLedger, GiftOrder, GiftPosting, GiftReceipt, GiftRefusal, Party, Quantity,
        SendGiftError, UnitPrice,
    },
    id::{GiftId, UserId},
    idempotency::{Actor, RequestKey},
    money::{Coins, Diamonds},
    time::BusinessCalendar,
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{contradictory, unreadable},
    idempotency::{Kept, KeyedRequest},
    pg_gift_catalogue, pg_totals,
    pool::Database,
    schema::{gifts, host_income, users},
};

/// Settles gifts on PostgreSQL.
pub struct PgGiftLedger {
    database: Database,
    calendar: BusinessCalendar,
}

impl PgGiftLedger {
    /// A ledger on this database, whose totals are kept in this calendar.
    #[must_use]
    pub const fn new(database: Database, calendar: BusinessCalendar) -> Self {
        Self { database, calendar }
    }
}

#[async_trait]
impl GiftLedger for PgGiftLedger {
    async fn settle(
        &self,
        order: GiftOrder,
        at: DateTime<Utc>,
        decide: GiftDecision,
    ) -> Result<GiftReceipt, SendGiftError> {
        let calendar = self.calendar;
        let outcome = self
            .database
            .atomically(async |connection: &mut AsyncPgConnection| {
                settle_once(connection, calendar, &order, at, &decide).await
            })
            .await?;
        outcome.map_err(SendGiftError::Refused)
    }
}

/// What a settled order came to. A refusal is a value: it is committed where it is to be kept.
type Outcome = Result<GiftReceipt, GiftRefusal>;

async fn settle_once(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    order: &GiftOrder,
    at: DateTime<Utc>,
    decide: &GiftDecision,
) -> QueryResult<Outcome> {
    // The sender's row first: it is the one that two orders contend for, and its lock makes the look-up of the key safe.
    // The receiver's row is not locked: nothing of it is changed, and users are never deleted.
    let sender = lock_party(connection, order.sender()).await?;
    let request = KeyedRequest {
        operation: "gift",
        actor: Actor::User(order.sender()),
        key: order.key(),
        content: order.content(),
    };
    match request.find::<KeptOutcome>(connection).await? {
        Some(Kept::Outcome(kept)) => return kept.into_outcome(),
        Some(Kept::OtherContent) => return Ok(Err(GiftRefusal::KeyReused)),
        None => {}
    }
    let facts = GiftContext {
        sender,
        receiver: find_party(connection, order.receiver()).await?,
        gift: pg_gift_catalogue::find(connection, order.gift()).await?,
    };
    let outcome = match decide(&facts) {
        Ok(posting) => {
            let receipt = post(connection, &posting, at).await?;
            pg_totals::add(connection, calendar, &posting, at).await?;
            Ok(receipt)
        }
        Err(refusal) => Err(refusal),
    };
    if let Some(kept) = KeptOutcome::of(&outcome, order.key()) {
        request.keep(connection, &kept, at).await?;
    }
    Ok(outcome)
}

/// Applies a posting: what the domain decided, and nothing else.
async fn post(
    connection: &mut AsyncPgConnection,
    posting: &GiftPosting,
    at: DateTime<Utc>,
) -> QueryResult<GiftReceipt> {
    let (gift_id, total): (i64, i64) = diesel::insert_into(gifts::table)
        .values((
            gifts::sender_id.eq(posting.sender.value()),
            gifts::receiver_id.eq(posting.receiver.value()),
            gifts::gift_key.eq(posting.gift.as_str()),
            gifts::gift_name.eq(&posting.gift_name),
            gifts::category.eq(posting.category.word()),
            gifts::coin_value.eq(posting.price.value()),
            gifts::quantity.eq(i32::from(posting.quantity.value())),
            gifts::host_share_bp.eq(i32::from(posting.host_share.value())),
            gifts::host_income.eq(posting.host_income.value()),
            gifts::created_at.eq(at),
        ))
        .returning((gifts::id, gifts::total_cost))
        .get_result(connection)
        .await?;
    diesel::insert_into(host_income::table)
        .values((
            host_income::host_id.eq(posting.receiver.value()),
            host_income::gift_id.eq(gift_id),
            host_income::income.eq(posting.host_income.value()),
            host_income::type_.eq(posting.category.word()),
            host_income::created_at.eq(at),
        ))
        .execute(connection)
        .await?;
    // Taken from what is there, not set to what was decided: so a wrong decision meets `users_balance_non_negative`.
    let balance: i64 = diesel::update(users::table.find(posting.sender.value()))
        .set(users::balance.eq(users::balance - total))
        .returning(users::balance)
        .get_result(connection)
        .await?;
    if (total, balance) != (posting.total.value(), posting.balance_after.value()) {
        return Err(contradictory("the posting of a gift does not add up"));
    }
    Ok(GiftReceipt {
        gift_id: GiftId::new(gift_id),
        quantity: posting.quantity,
        total: posting.total,
        host_income: posting.host_income,
        balance_after: posting.balance_after,
        created_at: at,
    })
}

type PartyRow = (i64, Option<DateTime<Utc>>);

/// Locks a user's row and reads what a gift is decided on.
///
/// NO KEY UPDATE and not UPDATE: the foreign keys of crossing gifts take KEY SHARE locks on the same rows.
async fn lock_party(connection: &mut AsyncPgConnection, id: UserId) -> QueryResult<Option<Party>> {
    let row: Option<PartyRow> = users::table
        .find(id.value())
        .select((users::balance, users::banned_at))
        .for_no_key_update()
        .first(connection)
        .await
        .optional()?;
    row.map(party).transpose()
}

async fn find_party(connection: &mut AsyncPgConnection, id: UserId) -> QueryResult<Option<Party>> {
    let row: Option<PartyRow> =
        users::table.find(id.value()).select((users::balance, users::banned_at)).first(connection).await.optional()?;
    row.map(party).transpose()
}

fn party((balance, banned_at): PartyRow) -> QueryResult<Party> {
    Ok(Party { balance: Coins::new(balance).map_err(unreadable)?, is_banned: banned_at.is_some() })
}

/// An outcome as the database keeps it. Its JSON is read for as long as the gift lives: members are added, never renamed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptOutcome {
    Sent { gift_id: i64, quantity: u16, total: i64, host_income: i64, balance_after: i64, created_at: DateTime<Utc> },
    UnknownGift,
    PriceChanged { current: i64 },
    UnknownReceiver,
    InsufficientBalance { needed: i64, available: i64 },
}

impl KeptOutcome {
    /// The form in which an outcome is kept, if it is to be kept at all: a refusal only where it can be asked for again.
    fn of(outcome: &Outcome, key: &RequestKey) -> Option<Self> {
        match outcome {
            Err(_) if !key.is_chosen() => None,
            Ok(receipt) => Some(Self::Sent {
                gift_id: receipt.gift_id.value(),
                quantity: receipt.quantity.value(),
                total: receipt.total.value(),
                host_income: receipt.host_income.value(),
                balance_after: receipt.balance_after.value(),
                created_at: receipt.created_at,
            }),
            Err(GiftRefusal::KeyReused | GiftRefusal::UnknownSender | GiftRefusal::SenderBanned) => None,
            Err(GiftRefusal::UnknownGift) => Some(Self::UnknownGift),
            Err(GiftRefusal::PriceChanged { current }) => Some(Self::PriceChanged { current: current.value() }),
            Err(GiftRefusal::UnknownReceiver) => Some(Self::UnknownReceiver),
            Err(GiftRefusal::InsufficientBalance { needed, available }) => {
                Some(Self::InsufficientBalance { needed: needed.value(), available: available.value() })
            }
        }
    }

    fn into_outcome(self) -> QueryResult<Outcome> {
        let coins = |amount| Coins::new(amount).map_err(unreadable);
        Ok(match self {
            Self::Sent { gift_id, quantity, total, host_income, balance_after, created_at } => Ok(GiftReceipt {
                gift_id: GiftId::new(gift_id),
                quantity: Quantity::parse(i64::from(quantity)).map_err(unreadable)?,
                total: coins(total)?,
                host_income: Diamonds::new(host_income).map_err(unreadable)?,
                balance_after: coins(balance_after)?,
                created_at,
            }),
            Self::UnknownGift => Err(GiftRefusal::UnknownGift),
            Self::PriceChanged { current } => {
                let current = UnitPrice::new(current).ok_or_else(|| unreadable("a kept price out of range"))?;
                Err(GiftRefusal::PriceChanged { current })
            }
            Self::UnknownReceiver => Err(GiftRefusal::UnknownReceiver),
            Self::InsufficientBalance { needed, available } => {
                Err(GiftRefusal::InsufficientBalance { needed: coins(needed)?, available: coins(available)? })
            }
        })
    }
}
