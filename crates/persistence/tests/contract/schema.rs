//! The schema keeps the house's rules (migrations/README.md), and its way back is a way back.

mod dump;
mod generator;
mod incomes;
mod refusals;

use std::{collections::BTreeSet, fs, path::Path};

use diesel_async::{AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::support::Fixture;

/// Columns of these names hold money.
const MONEY: [&str; 12] = [
    "balance",
    "coin_value",
    "total_cost",
    "host_income",
    "income",
    "amount",
    "diamonds",
    "coins",
    "total_income",
    "gift_diamonds",
    "salary_amount",
    "payout",
];

/// The tables and views of ours.
const RELATIONS: &str = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    AND c.relname <> '__diesel_schema_migrations'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_down_and_up_again_leaves_the_same_schema() {
    let fixture = Fixture::new().await;
    let before = dump::dump(&fixture).await;
    assert!(before.iter().any(|line| line.contains("users_balance_non_negative")), "the dump sees something");

    revert_all(&fixture).await;
    let left: Vec<_> =
        dump::dump(&fixture).await.into_iter().filter(|line| !line.contains("__diesel_schema")).collect();
    assert_eq!(left, Vec::<String>::new());

    let applied = persistence::migrate(fixture.url()).await.unwrap();
    assert_eq!(dump::dump(&fixture).await, before);
    assert_eq!(
        applied.len(),
        fs::read_dir(migrations()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
    );
}

async fn revert_all(fixture: &Fixture) {
    const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

    let connection = AsyncPgConnection::establish(fixture.url()).await.unwrap();
    AsyncMigrationHarness::new(connection).revert_all_migrations(MIGRATIONS).unwrap();
}

fn migrations() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_programs_that_migrate_at_once_one_does() {
    let fixture = Fixture::new().await;
    revert_all(&fixture).await;
    let tasks = (0..4).map(|_| {
        let url = fixture.url().to_owned();
        async move { persistence::migrate(&url).await.unwrap().len() }
    });
    let mut applied = crate::support::at_once(tasks.collect()).await;
    applied.sort_unstable();
    assert_eq!(applied[..3], [0, 0, 0]);
    assert!(applied[3] > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schema_of_the_program_is_the_one_of_the_database() {
    let fixture = Fixture::new().await;
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/schema.rs"));
    let generated = generator::generate(&fixture).await;
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(path, &generated).unwrap();
    }
    let written = fs::read_to_string(path).unwrap();
    assert!(generated == written, "schema.rs is out of date: UPDATE_SCHEMA=1 cargo test -p persistence schema");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_foreign_key_has_an_index_that_finds_its_rows() {
    let fixture = Fixture::new().await;
    assert!(fixture.count("pg_constraint WHERE contype = 'f'").await >= 10);
    // Its leading columns are the key's, in any order; or it is unique on a part of them, which finds one row at most.
    // A partial index does where it leaves out NULL only, which refers to nothing.
    let without = "SELECT c.conname::text FROM pg_constraint c WHERE c.contype = 'f' AND NOT EXISTS (
          SELECT FROM pg_index i
           WHERE i.indrelid = c.conrelid AND i.indisvalid
             AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$')
             AND (
               (SELECT array_agg(k::smallint ORDER BY k) FROM unnest((string_to_array(i.indkey::text, ' '))[1:cardinality(c.conkey)]) k)
                 @> c.conkey
               OR (i.indisunique AND string_to_array(i.indkey::text, ' ')::smallint[] <@ c.conkey)
             )
        ) ORDER BY 1";
    assert_eq!(fixture.texts(without).await, Vec::<String>::new());
    // A unique index of some rows does not find the others.
    fixture.execute("DROP INDEX agencies_owner_id_idx; DROP INDEX diamond_movements_host_id_idx").await;
    assert_eq!(fixture.texts(without).await, ["agencies_owner_id_fkey", "diamond_movements_host_id_fkey"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_refers_to_a_user_refers_to_his_id() {
    let fixture = Fixture::new().await;
    let referring = |to: &str| {
        format!(
            "SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND confrelid = '{to}'::regclass ORDER BY 1"
        )
    };
    assert_eq!(fixture.texts(&referring("users")).await, ["user_ids_id_fkey"]);
    assert!(fixture.texts(&referring("user_ids")).await.len() > 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_column_of_money_is_a_bigint_with_a_named_check() {
    let fixture = Fixture::new().await;
    let names = MONEY.map(|name| format!("'{name}'")).join(", ");
    // A generated column holds what checked columns make.
    let columns = format!(
        "SELECT format('%s.%s %s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
             CASE WHEN a.attgenerated <> '' OR EXISTS (
               SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)
             ) THEN '' ELSE ' unchecked' END)
           FROM {RELATIONS} JOIN pg_attribute a ON a.attrelid = c.oid
          WHERE c.relkind = 'r' AND a.attname IN ({names}) AND NOT a.attisdropped ORDER BY 1"
    );
    let columns = fixture.texts(&columns).await;
    let found: BTreeSet<_> = columns.iter().map(|column| column.split(['.', ' ']).nth(1).unwrap()).collect();
    assert_eq!(found, BTreeSet::from(MONEY));
    for column in columns {
        assert!(column.ends_with(" bigint"), "{column}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_constraint_and_index_is_named_by_its_table_and_by_hand() {
    let fixture = Fixture::new().await;
    let names = format!(
        "SELECT c.relname || ' ' || k.conname FROM {RELATIONS} JOIN pg_constraint k ON k.conrelid = c.oid
         UNION SELECT c.relname || ' ' || x.relname FROM {RELATIONS} JOIN pg_index i ON i.indrelid = c.oid
           JOIN pg_class x ON x.oid = i.indexrelid ORDER BY 1"
    );
    let names = fixture.texts(&names).await;
    assert!(names.len() > 50);
    for name in names {
        let (table, name) = name.split_once(' ').unwrap();
        assert!(name.starts_with(&format!("{table}_")), "{name} of {table}");
        // What PostgreSQL calls a CHECK that was given no name.
        assert!(!name.contains("_check"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_has_more_than_sixteen_columns() {
    let fixture = Fixture::new().await;
    let wide = format!(
        "SELECT c.relname::text FROM {RELATIONS} JOIN pg_attribute a ON a.attrelid = c.oid
          WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1 HAVING COUNT(*) > 16"
    );
    assert_eq!(fixture.texts(&wide).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_reads_no_clock_and_throws_no_dice() {
    let fixture = Fixture::new().await;
    let all = dump::dump(&fixture).await;
    assert!(all.len() > 100);
    for line in all.iter().filter(|line| !line.contains("__diesel_schema")) {
        let text = line.to_lowercase();
        for word in ["now(", "_timestamp", "current_date", "current_time", "localtime", "timeofday", "random", "uuid("]
        {
            assert!(!text.contains(word), "{line}");
        }
    }
    // A default is a constant: nothing is called for it.
    let defaults = all.iter().filter_map(|line| line.split_once(" DEFAULT "));
    let called: Vec<_> =
        defaults.filter(|(column, default)| !column.contains("__diesel_schema") && default.contains('(')).collect();
    // But for ids that come from another table's sequence, as an identity's come from its own.
    assert_eq!(called, [("column diamond_movements 1 id bigint NOT NULL ", "nextval('gifts_id_seq'::regclass)")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instants_have_a_zone() {
    let fixture = Fixture::new().await;
    let zoneless = format!(
        "SELECT c.relname || '.' || a.attname FROM {RELATIONS} JOIN pg_attribute a ON a.attrelid = c.oid
          WHERE c.relkind IN ('r', 'v') AND a.attnum > 0
            AND a.atttypid IN ('timestamp'::regtype, 'time'::regtype, 'timetz'::regtype)"
    );
    assert_eq!(fixture.texts(&zoneless).await, Vec::<String>::new());
}
