//! What a group of gifts changes, written at once: what the domain decided, and nothing else.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bytea, Integer, Text, Timestamptz};
use domain::gift::GiftPosting;

use super::facts::KeptRow;
use crate::statement::Statement;

/// A key, and the id of whose it is.
pub(crate) type KeyOf<'a> = (i64, &'a str);

/// The gifts and keys of a group.
#[derive(Default)]
pub(crate) struct Posted<'a> {
    /// Each with its number and its instant, in the order in which they were decided.
    pub(crate) gifts: Vec<(i64, GiftPosting, DateTime<Utc>)>,
    keys: Vec<(KeyOf<'a>, KeptRow, DateTime<Utc>)>,
    /// Where a key is among them.
    places: HashMap<KeyOf<'a>, usize>,
}

impl<'a> Posted<'a> {
    /// Keeps an outcome under a key.
    pub(crate) fn keep(&mut self, key: KeyOf<'a>, kept: KeptRow, at: DateTime<Utc>) {
        self.places.insert(key, self.keys.len());
        self.keys.push((key, kept, at));
    }

    /// What an earlier order of the group left under a key.
    pub(super) fn kept(&self, key: &KeyOf<'a>) -> Option<&KeptRow> {
        self.keys.get(*self.places.get(key)?).map(|(_, kept, _)| kept)
    }

    /// What every sender has left, as it was decided, in the order of senders.
    fn balances(&self) -> Vec<i64> {
        // Of several gifts of one sender, the last one counts.
        let left = |(_, posting, _): &(i64, GiftPosting, _)| (posting.sender, posting.balance_after.value());
        self.gifts.iter().map(left).collect::<BTreeMap<_, _>>().into_values().collect()
    }

    fn column<'p, T>(&'p self, value: impl Fn(&'p GiftPosting) -> T) -> Vec<T> {
        self.gifts.iter().map(|(_, posting, _)| value(posting)).collect()
    }
}

/// Gifts. Their totals are the database's own products, which the balances are reckoned from.
const GIFTS: &str = "
INSERT INTO gifts (id, sender_id, receiver_id, gift_key, gift_name, category, coin_value, quantity, host_share_bp, host_income,
                   created_at) OVERRIDING SYSTEM VALUE
SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::integer[],
                     ?::integer[], ?::bigint[], ?::timestamptz[])
RETURNING sender_id, total_cost";

/// The senders' balances, those with the lowest id first. Where one comes to something else than was decided, it is NULL, which the
/// column refuses: the decision contradicts itself, and all is rolled back. What was decided is never negative, so this also
/// comes before `users_balance_non_negative`.
const BALANCES: &str = "
UPDATE users SET balance = CASE WHEN users.balance - paid.total = paid.left_over THEN paid.left_over END
  FROM (SELECT sender_id, SUM(total_cost)::bigint AS total,
               (?::bigint[])[row_number() OVER (ORDER BY sender_id)] AS left_over
          FROM sent GROUP BY sender_id) AS paid
 WHERE users.id = paid.sender_id";

const KEYS: &str = "
INSERT INTO idempotency_keys (actor_id, key, operation, fingerprint, outcome, created_at)
SELECT actor_id, key, 'gift', fingerprint, outcome::json, created_at
  FROM unnest(?::bigint[], ?::text[], ?::bytea[], ?::text[], ?::timestamptz[])
    AS kept (actor_id, key, fingerprint, outcome, created_at)";

/// What writes it in one statement, with the note that its gifts are to be rolled up, in the transaction that the facts were locked in;
/// `None` where there is nothing to write.
pub(crate) fn write<'p>(posted: &'p Posted<'_>, note: Option<Statement<'p, ()>>) -> Option<Statement<'p, ()>> {
    if posted.gifts.is_empty() {
        // Refusals that are kept.
        return (!posted.keys.is_empty()).then(|| posted.write_keys());
    }
    let mut parts = vec![("sent", posted.write_gifts()), ("kept", posted.write_keys())];
    parts.extend(note.map(|note| ("pending", note)));
    Some(Statement::new(BALANCES).bind::<Array<BigInt>, _>(posted.balances()).with(parts))
}

impl Posted<'_> {
    fn write_keys(&self) -> Statement<'_, ()> {
        let keys = &self.keys;
        Statement::new(KEYS)
            .bind::<Array<BigInt>, _>(keys.iter().map(|((actor, _), ..)| *actor).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(keys.iter().map(|((_, key), ..)| *key).collect::<Vec<_>>())
            .bind::<Array<Bytea>, _>(keys.iter().map(|(_, kept, _)| kept.fingerprint.as_slice()).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(keys.iter().map(|(_, kept, _)| kept.outcome.as_str()).collect::<Vec<_>>())
            .bind::<Array<Timestamptz>, _>(keys.iter().map(|(.., at)| *at).collect::<Vec<_>>())
    }

    fn write_gifts(&self) -> Statement<'_, ()> {
        let numbers: Vec<i64> = self.gifts.iter().map(|(number, ..)| *number).collect();
        let instants: Vec<DateTime<Utc>> = self.gifts.iter().map(|(.., at)| *at).collect();
        Statement::new(GIFTS)
            .bind::<Array<BigInt>, _>(numbers)
            .bind::<Array<BigInt>, _>(self.column(|posting| posting.sender.value()))
            .bind::<Array<BigInt>, _>(self.column(|posting| posting.receiver.value()))
            .bind::<Array<Text>, _>(self.column(|posting| posting.gift.as_str()))
            .bind::<Array<Text>, _>(self.column(|posting| posting.gift_name.as_str()))
            .bind::<Array<Text>, _>(self.column(|posting| posting.category.word()))
            .bind::<Array<BigInt>, _>(self.column(|posting| posting.price.value()))
            .bind::<Array<Integer>, _>(self.column(|posting| i32::from(posting.quantity.value())))
            .bind::<Array<Integer>, _>(self.column(|posting| i32::from(posting.host_share.value())))
            .bind::<Array<BigInt>, _>(self.column(|posting| posting.host_income.value()))
            .bind::<Array<Timestamptz>, _>(instants)
    }
}
