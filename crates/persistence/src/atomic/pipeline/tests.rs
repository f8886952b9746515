use std::sync::atomic::{AtomicU32, Ordering};

use domain::store::StoreError;
use testkit::TestDatabase;

use super::*;
use crate::pool::{Database, PoolSettings};

/// Runs a transaction that writes this; what came of it, and how often it was said that it is written.
async fn write(database: &Database, last: Option<&'static str>) -> (Result<(), StoreError>, u32) {
    let told = AtomicU32::new(0);
    let done = database
        .atomically_pipelined(async |transaction: Pipeline<'_>| {
            transaction.begin("BEGIN", async { Ok(()) }).await?;
            let last = last.map(Statement::<()>::new);
            let tell = || {
                told.fetch_add(1, Ordering::Relaxed);
            };
            transaction.commit(last, (), &tell).await
        })
        .await;
    (done, told.into_inner())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_is_told_of_what_is_written_and_of_nothing_else() {
    let test = TestDatabase::create().await;
    let database = Database::connect(test.url(), PoolSettings { connections_max: 1 }).await.unwrap();
    let client = test.connect().await;
    client
        .batch_execute("CREATE TABLE written (number integer NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        .await
        .unwrap();

    assert!(matches!(write(&database, Some("INSERT INTO written VALUES (1)")).await, (Ok(()), 1)));
    assert!(matches!(write(&database, None).await, (Ok(()), 1)));
    assert!(matches!(write(&database, Some("INSERT INTO written VALUES (NULL)")).await, (Err(_), 0)));
    // Written, and refused by the commit.
    assert!(matches!(write(&database, Some("INSERT INTO written VALUES (1)")).await, (Err(_), 1)));
    let rows: i64 = client.query_one("SELECT COUNT(*) FROM written", &[]).await.unwrap().get(0);
    assert_eq!(rows, 1);
}
