//! Many changes of coins in one transaction.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, QueryDsl as _, QueryResult, sql_query,
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    bulk::CoinRule,
    id::{MovementId, UserId},
    money::Coins,
    wallet::{CoinContext, CoinOrder, CoinReceipt, CoinRefusal},
};

use super::{Keys, change_balances, next_ids};
use crate::{
    error::{contradictory, unreadable},
    pg_coin_ledger::{KeptOutcome, actor_of, keyed},
    pg_totals::take_time,
    schema::users,
};

type Dated = (DateTime<Utc>, CoinOrder);

/// Decides and posts. A refusal is a value, found before anything is written.
pub(super) async fn change(
    connection: &mut AsyncPgConnection,
    wishes: &[Dated],
    rule: CoinRule,
) -> QueryResult<Result<(), CoinRefusal>> {
    take_time(connection).await?;
    let mut balances = lock_balances(connection, wishes).await?;
    let (mut postings, mut totals) = (Vec::with_capacity(wishes.len()), HashMap::<UserId, i64>::new());
    for (_, wish) in wishes {
        let posting = match rule(wish.change, &CoinContext { balance: balances.get(&wish.user).copied() }) {
            Ok(posting) => posting,
            Err(refusal) => return Ok(Err(refusal)),
        };
        balances.insert(wish.user, posting.balance_after);
        let total = totals.entry(wish.user).or_default();
        *total = total.checked_add(wish.change.amount()).ok_or_else(|| contradictory("too many coins move"))?;
        postings.push(posting);
    }
    let ids = next_ids(connection, "coin_movements", wishes.len()).await?;
    insert_movements(connection, &ids, wishes).await?;
    let changes: Vec<(UserId, i64)> = totals.into_iter().collect();
    change_balances(connection, &changes, |id| balances.get(&id).map(|balance| balance.value())).await?;

    let mut keys = Keys::default();
    for ((id, (at, wish)), posting) in ids.into_iter().zip(wishes).zip(&postings) {
        let receipt = CoinReceipt { movement_id: MovementId::new(id), balance_after: posting.balance_after };
        keys.add(&keyed(wish), &KeptOutcome::done(wish.change, &receipt), *at)?;
    }
    keys.keep(connection).await?;
    Ok(Ok(()))
}

async fn lock_balances(connection: &mut AsyncPgConnection, wishes: &[Dated]) -> QueryResult<HashMap<UserId, Coins>> {
    let receivers: BTreeSet<i64> = wishes.iter().map(|(_, wish)| wish.user.value()).collect();
    let rows: Vec<(i64, i64)> = users::table
        .filter(users::id.eq_any(receivers))
        .order(users::id)
        .select((users::id, users::balance))
        .for_no_key_update()
        .load(connection)
        .await?;
    let balance = |(id, coins)| Ok((UserId::new(id), Coins::new(coins).map_err(unreadable)?));
    rows.into_iter().map(balance).collect()
}

async fn insert_movements(connection: &mut AsyncPgConnection, ids: &[i64], wishes: &[Dated]) -> QueryResult<()> {
    let each = |value: fn(&CoinOrder) -> i64| wishes.iter().map(|(_, wish)| value(wish)).collect::<Vec<_>>();
    // The ids are the sequence's own, taken before.
    let insert = sql_query(
        "INSERT INTO coin_movements (id, user_id, kind, amount, reference, actor_id, reason, created_at)
         OVERRIDING SYSTEM VALUE
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    insert
        .bind::<Array<BigInt>, _>(ids)
        .bind::<Array<BigInt>, _>(each(|wish| wish.user.value()))
        .bind::<Array<Text>, _>(wishes.iter().map(|(_, wish)| wish.change.kind().word()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(each(|wish| wish.change.amount()))
        .bind::<Array<Text>, _>(wishes.iter().map(|(_, wish)| wish.key.as_str()).collect::<Vec<_>>())
        .bind::<Array<Nullable<BigInt>>, _>(wishes.iter().map(|(_, wish)| actor_of(wish)).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(wishes.iter().map(|(_, wish)| wish.reason.as_str()).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(wishes.iter().map(|(at, _)| *at).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(drop)
}
