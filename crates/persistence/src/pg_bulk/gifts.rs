//! Many gifts in one transaction, written as the ledger writes a group.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    bulk::GiftRule,
    gift::{CatalogueGift, GiftContext, GiftOrder, GiftPosting, GiftReceipt, GiftRefusal, Party},
    id::{GiftId, UserId},
    idempotency::Actor,
    money::Coins,
};

use super::next_ids;
use crate::{
    error::unreadable,
    idempotency::{KeyedRequest, actor_id},
    pg_gift_catalogue,
    pg_gift_ledger::{self, KeptOutcome, KeptRow, Posted},
    pg_totals::take_time,
    schema::users,
};

type Dated = (DateTime<Utc>, GiftOrder);

/// Decides and posts. A refusal is a value, found before anything is written. What is kept under the keys is not asked for: a
/// key that is taken meets `idempotency_keys_pkey`.
pub(super) async fn settle(
    connection: &mut AsyncPgConnection,
    orders: &[Dated],
    rule: GiftRule,
) -> QueryResult<Result<(), GiftRefusal>> {
    take_time(connection).await?;
    let mut facts = Facts::load(connection, orders).await?;
    let ids = next_ids(connection, "gifts", orders.len()).await?;
    let mut posted = Posted::default();
    for (id, (at, order)) in ids.into_iter().zip(orders) {
        let posting = match facts.decide(order, rule) {
            Ok(posting) => posting,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let receipt = GiftReceipt {
            gift_id: GiftId::new(id),
            quantity: posting.quantity,
            total: posting.total,
            host_income: posting.host_income,
            balance_after: posting.balance_after,
            created_at: *at,
        };
        keep(&mut posted, order, receipt)?;
        posted.gifts.push((id, posting, *at));
    }
    if let Some(statement) = pg_gift_ledger::write(&posted, None) {
        statement.execute(connection).await?;
    }
    Ok(Ok(()))
}

fn keep<'a>(posted: &mut Posted<'a>, order: &'a GiftOrder, receipt: GiftReceipt) -> QueryResult<()> {
    let actor = Actor::User(order.sender());
    let request = KeyedRequest { operation: "gift", actor, key: order.key(), content: order.content() };
    if let Some(kept) = KeptOutcome::of(&Ok(receipt), order.key()) {
        let outcome = serde_json::to_string(&kept).map_err(unreadable)?;
        let kept = KeptRow { fingerprint: request.fingerprint(), outcome };
        posted.keep((actor_id(actor), order.key().as_str()), kept, receipt.created_at);
    }
    Ok(())
}

/// What the orders are decided on, as those before them left it.
struct Facts {
    parties: HashMap<UserId, Party>,
    gifts: HashMap<String, CatalogueGift>,
}

type PartyRow = (i64, i64, Option<DateTime<Utc>>, i32);

impl Facts {
    /// Locks the senders, by id, and reads the rest.
    async fn load(connection: &mut AsyncPgConnection, orders: &[Dated]) -> QueryResult<Self> {
        let senders: BTreeSet<i64> = orders.iter().map(|(_, order)| order.sender().value()).collect();
        let receivers: BTreeSet<i64> = orders.iter().map(|(_, order)| order.receiver().value()).collect();
        let columns = (users::id, users::balance, users::banned_at, users::token_epoch);
        let locked: Vec<PartyRow> = users::table
            .filter(users::id.eq_any(&senders))
            .order(users::id)
            .select(columns)
            .for_no_key_update()
            .load(connection)
            .await?;
        // Of somebody who does both, the locked row counts.
        let others: Vec<i64> = receivers.difference(&senders).copied().collect();
        let read: Vec<PartyRow> =
            users::table.filter(users::id.eq_any(others)).select(columns).load(connection).await?;
        let keys: BTreeSet<&str> = orders.iter().map(|(_, order)| order.gift().as_str()).collect();
        let gifts = pg_gift_catalogue::find_all(connection, keys.into_iter().collect()).await?;
        Ok(Self {
            parties: locked.into_iter().chain(read).map(party).collect::<QueryResult<_>>()?,
            gifts: gifts.into_iter().map(|gift| (gift.key.as_str().to_owned(), gift)).collect(),
        })
    }

    fn decide(&mut self, order: &GiftOrder, rule: GiftRule) -> Result<GiftPosting, GiftRefusal> {
        let context = GiftContext {
            sender: self.parties.get(&order.sender()).copied(),
            receiver: self.parties.get(&order.receiver()).copied(),
            gift: self.gifts.get(order.gift().as_str()).cloned(),
        };
        let posting = rule(order, &context)?;
        if let Some(sender) = self.parties.get_mut(&order.sender()) {
            sender.balance = posting.balance_after;
        }
        Ok(posting)
    }
}

fn party((id, balance, banned_at, token_epoch): PartyRow) -> QueryResult<(UserId, Party)> {
    let balance = Coins::new(balance).map_err(unreadable)?;
    Ok((UserId::new(id), Party { balance, is_banned: banned_at.is_some(), token_epoch }))
}
