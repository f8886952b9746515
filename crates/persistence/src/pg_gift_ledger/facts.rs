//! What a group of orders is decided on.

use std::collections::{BTreeSet, HashMap};

use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Bool, Bytea, Integer, Jsonb, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    gift::{CatalogueGift, Party},
    id::UserId,
    idempotency::Actor,
    money::Coins,
};
use futures_util::future::{try_join, try_join4};

use super::Waiting;
use crate::{error::unreadable, idempotency, pg_gift_catalogue, statement::Statement};

/// For the rest of the transaction every row is looked up by its key. A connection keeps the plans of its statements, and makes them
/// when there is little in the tables: one that reads a table whole is the cheapest then, and would be kept while the table grows,
/// until PostgreSQL looks at it the next time.
const LOOK_UP: &str = "
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true)";

/// Senders, in one order for all transactions: two groups never wait for each other in a circle.
///
/// NO KEY UPDATE and not UPDATE: the foreign keys of crossing gifts take KEY SHARE locks on the same rows.
const SENDERS: &str = "
SELECT id, balance, banned_at IS NOT NULL, token_epoch FROM users WHERE id = ANY (?) ORDER BY id FOR NO KEY UPDATE";

/// The same without those that somebody else holds: a group does not wait for one of its senders.
const FREE_SENDERS: &str = "
SELECT id, balance, banned_at IS NOT NULL, token_epoch FROM users WHERE id = ANY (?) ORDER BY id
   FOR NO KEY UPDATE SKIP LOCKED";

/// Receivers are not locked: nothing of them is changed, and users are never deleted. Senders are looked up too, to tell those
/// who are held from those who do not exist.
const PEOPLE: &str = "SELECT id, balance, banned_at IS NOT NULL, token_epoch FROM users WHERE id = ANY (?)";

/// Safe from races, since the senders are locked.
const KEPT: &str = "
SELECT k.actor_id, k.key::text, k.fingerprint, k.outcome
  FROM unnest(?::bigint[], ?::text[]) AS wanted (actor_id, key)
  JOIN idempotency_keys k ON k.actor_id = wanted.actor_id AND k.key = wanted.key";

/// Numbers for gifts, drawn beforehand: so all that belongs to a gift is written at once.
const NUMBERS: &str = "SELECT nextval('gifts_id_seq') FROM generate_series(1, ?)";

/// A key of an actor.
pub(super) type KeyOf = (i64, String);

/// The facts of a group. They change as its orders are decided one after the other.
pub(super) struct Facts {
    /// Senders as they stand, after what was decided already.
    pub(super) senders: HashMap<UserId, Party>,
    /// Everybody in the group, as he stood before it.
    pub(super) people: HashMap<UserId, Party>,
    pub(super) gifts: HashMap<String, CatalogueGift>,
    /// What is kept under the keys of the group: the content's fingerprint, and the outcome.
    pub(super) kept: HashMap<KeyOf, (Vec<u8>, serde_json::Value)>,
    /// One for each order, of which not all may be needed.
    pub(super) numbers: Vec<i64>,
}

type PartyRow = (i64, i64, bool, i32);
type PartyType = (BigInt, BigInt, Bool, Integer);

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
    let receivers = group.iter().map(|waiting| waiting.order.receiver().value());
    let people: BTreeSet<i64> = senders.iter().copied().chain(receivers).collect();
    let gifts: BTreeSet<&str> = group.iter().map(|waiting| waiting.order.gift().as_str()).collect();
    let actor = |waiting: &Waiting| idempotency::actor_id(Actor::User(waiting.order.sender()));
    let actors: Vec<i64> = group.iter().map(actor).collect();
    let keys: Vec<&str> = group.iter().map(|waiting| waiting.order.key().as_str()).collect();
    let count = i32::try_from(group.len()).map_err(unreadable)?;

    let senders = Statement::<PartyType>::new(match held {
        Held::Wait => SENDERS,
        Held::LeaveOut => FREE_SENDERS,
    })
    .bind::<Array<BigInt>, _>(senders.into_iter().collect::<Vec<_>>());
    let (_, locked): (_, Vec<PartyRow>) =
        try_join(Statement::<()>::new(LOOK_UP).execute(&mut &*connection), senders.load(&mut &*connection)).await?;
    // After the locks, and all of it in one round trip.
    let (people, kept, gifts, numbers) = try_join4(
        Statement::<PartyType>::new(PEOPLE)
            .bind::<Array<BigInt>, _>(people.into_iter().collect::<Vec<_>>())
            .load(&mut &*connection),
        Statement::<(BigInt, Text, Bytea, Jsonb)>::new(KEPT)
            .bind::<Array<BigInt>, _>(actors)
            .bind::<Array<Text>, _>(keys)
            .load(&mut &*connection),
        pg_gift_catalogue::find_all(connection, gifts.into_iter().collect()),
        Statement::<BigInt>::new(NUMBERS).bind::<Integer, _>(count).load::<i64>(&mut &*connection),
    )
    .await?;
    Ok(Facts {
        senders: parties(locked)?,
        people: parties(people)?,
        gifts: gifts.into_iter().map(|gift| (gift.key.as_str().to_owned(), gift)).collect(),
        kept: kept
            .into_iter()
            .map(|(actor, key, fingerprint, outcome)| ((actor, key), (fingerprint, outcome)))
            .collect(),
        numbers,
    })
}

fn parties(rows: Vec<PartyRow>) -> QueryResult<HashMap<UserId, Party>> {
    let party = |(id, balance, is_banned, token_epoch)| {
        let balance = Coins::new(balance).map_err(unreadable)?;
        Ok((UserId::new(id), Party { balance, is_banned, token_epoch }))
    };
    rows.into_iter().map(party).collect()
}
