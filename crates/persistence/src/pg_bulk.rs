//! Many wishes in one transaction: rows are inserted from arrays, with every constraint, trigger and index in place.

mod coins;
mod gifts;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{
    QueryDsl as _, QueryResult, QueryableByName,
    dsl::exists,
    sql_query,
    sql_types::{Array, BigInt, Binary, Json, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use domain::{
    bulk::{BulkBooks, CoinRule, GiftRule},
    gift::{GiftOrder, SendGiftError},
    id::UserId,
    store::StoreError,
    user::NewUser,
    wallet::{CoinError, CoinOrder},
};
use serde::Serialize;

use crate::{
    error::{contradictory, read_error, write_error},
    idempotency::{KeyedRequest, actor_id},
    pg_totals::take_time,
    pg_users::NewUserRow,
    pool::{Database, SESSION_SETTINGS},
    schema::users,
    silence,
};

/// Users of one statement: PostgreSQL takes 65,535 values in one.
const USERS_AT_ONCE: usize = 5_000;

/// Fills the books on PostgreSQL.
pub struct PgBulkBooks {
    database: Database,
}

impl PgBulkBooks {
    /// The books of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl BulkBooks for PgBulkBooks {
    async fn is_empty(&self) -> Result<bool, StoreError> {
        let mut connection = self.database.connection().await?;
        let is_used: bool = diesel::select(exists(users::table.select(users::id)))
            .get_result(&mut connection)
            .await
            .map_err(read_error)?;
        Ok(!is_used)
    }

    async fn insert_users(&self, new: &[NewUser]) -> Result<(), StoreError> {
        let inserting = async |connection: &mut AsyncPgConnection| -> QueryResult<()> {
            take_time(connection).await?;
            for some in new.chunks(USERS_AT_ONCE) {
                let rows: Vec<NewUserRow<'_>> = some.iter().map(NewUserRow::from).collect();
                diesel::insert_into(users::table).values(rows).execute(connection).await?;
            }
            Ok(())
        };
        self.database.atomically_once(inserting).await
    }

    async fn change_coins(&self, wishes: &[(DateTime<Utc>, CoinOrder)], rule: CoinRule) -> Result<(), CoinError> {
        let changed = self
            .database
            .atomically_once(async |connection: &mut AsyncPgConnection| coins::change(connection, wishes, rule).await)
            .await?;
        changed.map_err(CoinError::Refused)
    }

    async fn settle(&self, orders: &[(DateTime<Utc>, GiftOrder)], rule: GiftRule) -> Result<(), SendGiftError> {
        let settled = self
            .database
            .atomically_once(async |connection: &mut AsyncPgConnection| gifts::settle(connection, orders, rule).await)
            .await?;
        settled.map_err(SendGiftError::Refused)
    }

    async fn settle_down(&self) -> Result<(), StoreError> {
        let mut connection = self.database.connection().await?;
        // Not in a transaction, which it cannot be: so the time limit is the session's, and is put back.
        silence::be_patient(&mut connection);
        connection.batch_execute("SET statement_timeout = '2h'").await.map_err(write_error)?;
        let vacuumed = connection.batch_execute("VACUUM (ANALYZE)").await;
        silence::be_impatient(&mut connection);
        connection.batch_execute(SESSION_SETTINGS).await.map_err(write_error)?;
        vacuumed.map_err(write_error)
    }
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The next ids of a table. Taken before the rows are made, because their outcomes name them.
async fn next_ids(connection: &mut AsyncPgConnection, table: &str, count: usize) -> QueryResult<Vec<i64>> {
    let count = i64::try_from(count).map_err(contradictory)?;
    let ids: Vec<Id> = sql_query("SELECT nextval(pg_get_serial_sequence($1, 'id')) AS id FROM generate_series(1, $2)")
        .bind::<Text, _>(table)
        .bind::<BigInt, _>(count)
        .load(connection)
        .await?;
    Ok(ids.into_iter().map(|Id { id }| id).collect())
}

#[derive(QueryableByName)]
struct Balance {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    balance: i64,
}

/// Changes balances of locked users by `changes`, and sees that what was decided is left.
async fn change_balances(
    connection: &mut AsyncPgConnection,
    changes: &[(UserId, i64)],
    left: impl Fn(UserId) -> Option<i64>,
) -> QueryResult<()> {
    let (ids, by): (Vec<i64>, Vec<i64>) = changes.iter().map(|(id, by)| (id.value(), *by)).unzip();
    // Added to what is there, not set to what was decided: so a wrong decision meets the constraints.
    let changed: Vec<Balance> = sql_query(
        "UPDATE users u SET balance = u.balance + c.by FROM unnest($1, $2) AS c (id, by) WHERE u.id = c.id
         RETURNING u.id, u.balance",
    )
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<BigInt>, _>(by)
    .load(connection)
    .await?;
    let is_right = |row: &Balance| left(UserId::new(row.id)) == Some(row.balance);
    if changed.len() == changes.len() && changed.iter().all(is_right) {
        return Ok(());
    }
    Err(contradictory("many postings do not add up"))
}

/// Outcomes to be kept under their keys.
#[derive(Default)]
struct Keys {
    actors: Vec<i64>,
    keys: Vec<String>,
    operations: Vec<&'static str>,
    fingerprints: Vec<Vec<u8>>,
    outcomes: Vec<serde_json::Value>,
    at: Vec<DateTime<Utc>>,
}

impl Keys {
    fn add(&mut self, request: &KeyedRequest<'_>, outcome: &impl Serialize, at: DateTime<Utc>) -> QueryResult<()> {
        self.actors.push(actor_id(request.actor));
        self.keys.push(request.key.as_str().to_owned());
        self.operations.push(request.operation);
        self.fingerprints.push(request.fingerprint());
        self.outcomes.push(serde_json::to_value(outcome).map_err(contradictory)?);
        self.at.push(at);
        Ok(())
    }

    async fn keep(self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        sql_query(
            "INSERT INTO idempotency_keys (actor_id, key, operation, fingerprint, outcome, created_at)
             SELECT * FROM unnest($1, $2, $3, $4, $5, $6)",
        )
        .bind::<Array<BigInt>, _>(self.actors)
        .bind::<Array<Text>, _>(self.keys)
        .bind::<Array<Text>, _>(self.operations)
        .bind::<Array<Binary>, _>(self.fingerprints)
        .bind::<Array<Json>, _>(self.outcomes)
        .bind::<Array<Timestamptz>, _>(self.at)
        .execute(connection)
        .await
        .map(drop)
    }
}
