//! What a group of orders is decided on.

use std::collections::{BTreeSet, HashMap};

use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Bool, Bytea, Integer, Record, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    gift::{CatalogueGift, Party},
    id::UserId,
    idempotency::Actor,
    money::Coins,
};
use futures_util::future::try_join;

use super::Waiting;
use crate::{error::unreadable, idempotency, pg_gift_catalogue, statement::Statement};

/// What a group's transaction begins with: every row is looked up by its key, by a plan that is made once for all groups.
///
/// A connection keeps the plans of its statements, and makes them when there is little in the tables: one that reads a table whole is the
/// cheapest then, and would be kept while the table grows, until PostgreSQL looks at it the next time. Or it plans anew for every
/// gift that comes alone, since it takes ten for the length of an array that it does not see.
pub(super) const BEGIN: &str = "
BEGIN; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off";

/// Senders, in one order for all transactions: two groups never wait for each other in a circle.
///
/// NO KEY UPDATE and not UPDATE: crossing gifts take KEY SHARE locks on the same rows.
const SENDERS: &str = "
SELECT id, balance, banned_at IS NOT NULL, token_epoch FROM users WHERE id = ANY (?) ORDER BY id FOR NO KEY UPDATE";

/// The same without those that somebody else holds: a group does not wait for one of its senders.
const FREE_SENDERS: &str = "
SELECT id, balance, banned_at IS NOT NULL, token_epoch FROM users WHERE id = ANY (?) ORDER BY id
   FOR NO KEY UPDATE SKIP LOCKED";

/// Those who could not be locked are looked up, to tell who is held from who does not exist.
const PEOPLE: &str = "SELECT id, balance, banned_at IS NOT NULL, token_epoch FROM users WHERE id = ANY (?)";

/// Receivers; what is kept under the keys, which is safe from races, since the senders are locked; entries of the catalogue; and
/// numbers for gifts, drawn beforehand, so that all that belongs to a gift is written at once.
///
/// KEY SHARE: nothing of the receivers is changed, but whoever begins or ends a membership of theirs, or closes their week, waits until
/// the gifts are committed.
const THE_OTHERS: &str = "
SELECT ARRAY(SELECT ROW(id, balance, banned_at IS NOT NULL, token_epoch) FROM users WHERE id = ANY (?)
                ORDER BY id FOR KEY SHARE),
       ARRAY(SELECT ROW(wanted.place, k.fingerprint, k.outcome::text)
               FROM unnest(?::bigint[], ?::text[]) WITH ORDINALITY AS wanted (actor_id, key, place)
               JOIN idempotency_keys k ON k.actor_id = wanted.actor_id AND k.key = wanted.key),
       ARRAY(SELECT ROW(key, name, coin_value, category, host_share_bp, is_active, sort_order, size_class)
               FROM gift_catalogue WHERE key = ANY (?)),
       ARRAY(SELECT nextval('gifts_id_seq') FROM generate_series(1, ?))";

/// What is kept under a key.
pub(crate) struct KeptRow {
    /// Of the content.
    pub(crate) fingerprint: Vec<u8>,
    /// As JSON.
    pub(crate) outcome: String,
}

/// The facts of a group. They change as its orders are decided one after the other.
pub(super) struct Facts {
    /// Senders as they stand, after what was decided already.
    pub(super) senders: HashMap<UserId, Party>,
    /// Receivers, and senders who could not be locked, as they stood before.
    pub(super) people: HashMap<UserId, Party>,
    pub(super) gifts: HashMap<String, CatalogueGift>,
    /// What is kept under the keys of the orders, by their places in the group.
    pub(super) kept: HashMap<usize, KeptRow>,
    /// One for each order, of which not all may be needed.
    pub(super) numbers: Vec<i64>,
}

type PartyRow = (i64, i64, bool, i32);
type PartyType = (BigInt, BigInt, Bool, Integer);
type LookedUp = (Vec<PartyRow>, Vec<(i64, Vec<u8>, String)>, Vec<pg_gift_catalogue::Entry>, Vec<i64>);
type LookedUpType = (
    Array<Record<PartyType>>,
    Array<Record<(BigInt, Bytea, Text)>>,
    Array<Record<pg_gift_catalogue::EntryType>>,
    Array<BigInt>,
);

/// What is done about a sender whom somebody else holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// He is waited for.
    Wait,
    /// He is left out.
    LeaveOut,
}

impl Facts {
    /// Whether somebody else holds a sender.
    pub(super) fn is_held(&self, sender: UserId) -> bool {
        self.people.contains_key(&sender) && !self.senders.contains_key(&sender)
    }
}

/// Locks the senders and loads the rest.
pub(super) async fn load(connection: &AsyncPgConnection, group: &[Waiting], held: Held) -> QueryResult<Facts> {
    let senders: BTreeSet<i64> = group.iter().map(|waiting| waiting.order.sender().value()).collect();
    let receivers: BTreeSet<i64> = group.iter().map(|waiting| waiting.order.receiver().value()).collect();
    let gifts: BTreeSet<&str> = group.iter().map(|waiting| waiting.order.gift().as_str()).collect();
    let actor = |waiting: &Waiting| idempotency::actor_id(Actor::User(waiting.order.sender()));
    let actors: Vec<i64> = group.iter().map(actor).collect();
    let keys: Vec<&str> = group.iter().map(|waiting| waiting.order.key().as_str()).collect();
    let count = i32::try_from(group.len()).map_err(unreadable)?;

    let locks = Statement::<PartyType>::new(match held {
        Held::Wait => SENDERS,
        Held::LeaveOut => FREE_SENDERS,
    })
    .bind::<Array<BigInt>, _>(senders.iter().copied().collect::<Vec<_>>());
    // All of it in one round trip. The connection sends the statements in the order in which they are polled, and the server runs
    // them in that order, each with a snapshot of its own: so the keys are looked for after the senders were locked.
    let look = Statement::<LookedUpType>::new(THE_OTHERS)
        .bind::<Array<BigInt>, _>(receivers.into_iter().collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(actors)
        .bind::<Array<Text>, _>(keys)
        .bind::<Array<Text>, _>(gifts.into_iter().collect::<Vec<_>>())
        .bind::<Integer, _>(count);
    let (locked, (mut people, kept, gifts, numbers)) =
        try_join(locks.load::<PartyRow>(&mut &*connection), look.get_result::<LookedUp>(&mut &*connection)).await?;
    let free: BTreeSet<i64> = locked.iter().map(|(id, ..)| *id).collect();
    let others: Vec<i64> = senders.difference(&free).copied().collect();
    if !others.is_empty() {
        let rows: Vec<PartyRow> =
            Statement::<PartyType>::new(PEOPLE).bind::<Array<BigInt>, _>(others).load(&mut &*connection).await?;
        people.extend(rows);
    }
    Ok(Facts {
        senders: parties(locked)?,
        people: parties(people)?,
        gifts: gifts.into_iter().map(by_key).collect::<QueryResult<_>>()?,
        kept: kept.into_iter().map(by_place).collect::<QueryResult<_>>()?,
        numbers,
    })
}

fn by_key(entry: pg_gift_catalogue::Entry) -> QueryResult<(String, CatalogueGift)> {
    let gift = pg_gift_catalogue::gift(entry)?;
    Ok((gift.key.as_str().to_owned(), gift))
}

/// The first place is 1.
fn by_place((place, fingerprint, outcome): (i64, Vec<u8>, String)) -> QueryResult<(usize, KeptRow)> {
    let place = usize::try_from(place.saturating_sub(1)).map_err(unreadable)?;
    Ok((place, KeptRow { fingerprint, outcome }))
}

fn parties(rows: Vec<PartyRow>) -> QueryResult<HashMap<UserId, Party>> {
    let party = |(id, balance, is_banned, token_epoch)| {
        let balance = Coins::new(balance).map_err(unreadable)?;
        Ok((UserId::new(id), Party { balance, is_banned, token_epoch }))
    };
    rows.into_iter().map(party).collect()
}
