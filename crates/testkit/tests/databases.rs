//! Databases as tests get them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::HashSet;

use testkit::TestDatabase;
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// How many tables of ours it has.
async fn tables(url: &str) -> i64 {
    let sql = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    connect(url).await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn each_has_the_schema_and_nothing_of_the_others() {
    let (one, other) = tokio::join!(TestDatabase::create(), TestDatabase::create());
    assert_ne!(one.url(), other.url());
    let before = tables(one.url()).await;
    assert!(before > 0, "the migrations are applied");
    connect(one.url()).await.unwrap().batch_execute("CREATE TABLE mine (n int)").await.unwrap();
    assert_eq!((tables(one.url()).await, tables(other.url()).await), (before + 1, before));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_many() {
    let creating: Vec<_> = (0..8).map(|_| tokio::spawn(TestDatabase::create())).collect();
    let mut databases = Vec::new();
    for one in creating {
        databases.push(one.await.unwrap());
    }
    let urls: HashSet<&str> = databases.iter().map(TestDatabase::url).collect();
    assert_eq!(urls.len(), 8);
}

#[tokio::test]
async fn dropped_inside_a_runtime_it_is_gone() {
    let database = TestDatabase::create().await;
    let url = database.url().to_owned();
    let still_connected = connect(&url).await.unwrap();
    drop(database);
    assert!(connect(&url).await.is_err());
    assert!(still_connected.batch_execute("SELECT 1").await.is_err());
}

#[test]
fn dropped_outside_a_runtime_it_is_gone() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime().block_on(TestDatabase::create());
    let url = database.url().to_owned();
    drop(database);
    assert!(runtime().block_on(connect(&url)).is_err());
}
