//! Columns that may not be left out.

use std::collections::BTreeMap;

use super::{ALLOWED, refusal};
use crate::support::Fixture;

/// Every column that is NOT NULL, but for numbers that the database gives itself, and whether it is made of others.
const COLUMNS: &str = "
SELECT c.relname || ' ' || a.attname || ' ' || CASE a.attgenerated WHEN '' THEN 'given' ELSE 'made' END FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> '__diesel_schema_migrations'
   AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND a.attidentity = '' ORDER BY 1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_column_that_must_be_given_is_missed_by_itself() {
    let fixture = Fixture::new().await;
    let columns = fixture.texts(COLUMNS).await;
    assert!(columns.len() > 100);
    let mut tables: BTreeMap<&str, Vec<(&str, bool)>> = BTreeMap::new();
    for column in &columns {
        let words: Vec<_> = column.split(' ').collect();
        tables.entry(words[0]).or_default().push((words[1], words[2] == "given"));
    }
    for (table, columns) in tables {
        for (column, _) in columns.iter().filter(|(_, is_given)| *is_given) {
            let insert = format!("INSERT INTO {table} ({column}) VALUES (NULL)");
            // Without triggers and foreign keys, and without what asks for the other columns.
            let mut others = format!(
                "BEGIN; SET LOCAL session_replication_role = replica;
                 ALTER TABLE {table} DROP CONSTRAINT {table}_pkey CASCADE;"
            );
            for (other, _) in columns.iter().filter(|(other, _)| other != column) {
                others.push_str(&format!("ALTER TABLE {table} ALTER COLUMN {other} DROP NOT NULL;"));
            }
            fixture.execute(&format!("{others} SAVEPOINT asked")).await;
            assert_eq!(refusal(&fixture, &insert).await, format!("{column} is missing"), "{insert}");
            let without =
                format!("ROLLBACK TO asked; ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL; {insert}");
            assert_eq!(refusal(&fixture, &without).await, ALLOWED, "{without}");
            fixture.execute("ROLLBACK").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_amount_of_money_may_be_missing() {
    let fixture = Fixture::new().await;
    let names = crate::schema::MONEY.map(|name| format!("'{name}'")).join(", ");
    let missing = format!(
        "SELECT table_name || '.' || column_name FROM information_schema.columns
          WHERE table_schema = 'public' AND is_generated = 'NEVER' AND is_nullable = 'YES' AND column_name IN ({names})
            AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')"
    );
    assert_eq!(fixture.texts(&missing).await, Vec::<String>::new());
}
