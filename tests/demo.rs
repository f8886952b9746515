//! `chatme demo`: both of its ways end in the same rows, and only an empty database is filled.

use serde_json::json;
use tempfile::TempDir;
use testkit::{Client, TestDatabase};

use crate::support::{self, Chatme};

const WORLD: [&str; 11] =
    ["demo", "--gifts", "400", "--hosts", "6", "--fans", "25", "--seed", "7", "--until", "2026-11-24T12:00:00Z"];
/// Everything that a world writes; of users all but the hash, which has a salt of its own.
const ROWS: [&str; 8] = [
    "SELECT (to_jsonb(t) - 'password')::text FROM users t ORDER BY 1",
    "SELECT t::text FROM gifts t ORDER BY 1",
    "SELECT t::text FROM host_income t ORDER BY 1",
    "SELECT t::text FROM coin_movements t ORDER BY 1",
    "SELECT t::text FROM idempotency_keys t ORDER BY 1",
    "SELECT t::text FROM host_totals t ORDER BY 1",
    "SELECT t::text FROM fan_totals t ORDER BY 1",
    "SELECT t::text FROM totals_calendar t ORDER BY 1",
];

async fn rows(sql: &Client) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for query in ROWS {
        all.push(sql.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect());
    }
    all
}

/// The ids that the sequences give next.
async fn next_ids(sql: &Client) -> Vec<i64> {
    let mut ids = Vec::new();
    for table in ["gifts", "coin_movements"] {
        let next = format!("SELECT nextval(pg_get_serial_sequence('{table}', 'id'))");
        ids.push(sql.query_one(&next, &[]).await.unwrap().get(0));
    }
    ids
}

/// A database that was filled, with what the command printed.
async fn filled(directory: &TempDir, flags: &[&str]) -> (TestDatabase, String) {
    let database = TestDatabase::create().await;
    let environment = [("DATABASE_URL", database.url())];
    let arguments: Vec<&str> = WORLD.iter().chain(flags).copied().collect();
    let printed = support::command_with(directory.path(), &environment, &arguments, "");
    let audit = support::command_with(directory.path(), &environment, &["audit"], "");
    assert!(audit.contains("the books are in order"), "{flags:?}: {audit}");
    (database, printed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_world_in_bulk_has_the_same_rows_as_one_by_one() {
    let directory = tempfile::tempdir().unwrap();
    let (one_by_one, printed) = filled(&directory, &[]).await;
    let (in_bulk, _) = filled(&directory, &["--bulk"]).await;
    let (one_by_one, in_bulk) = (one_by_one.connect().await, in_bulk.connect().await);
    let expected = rows(&one_by_one).await;
    let counts: Vec<usize> = expected.iter().map(Vec::len).collect();
    assert_eq!(counts.get(..5).unwrap(), [31, 400, 400, 25, 425], "{printed}");
    for (one, other) in expected.iter().zip(&rows(&in_bulk).await) {
        assert_eq!(one, other);
    }
    assert_eq!(next_ids(&in_bulk).await, next_ids(&one_by_one).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_world_is_made_in_an_empty_database_only() {
    let directory = tempfile::tempdir().unwrap();
    let (database, _) = filled(&directory, &["--bulk"]).await;
    let sql = database.connect().await;
    let before = rows(&sql).await;
    for flags in [&[][..], &["--bulk"], &["--seed", "8"]] {
        let arguments: Vec<&str> =
            WORLD.iter().filter(|word| !["--seed", "7"].contains(*word)).chain(flags).copied().collect();
        let refused = support::refused_command(directory.path(), &[("DATABASE_URL", database.url())], &arguments, "");
        assert!(refused.contains("the database has users"), "{flags:?}: {refused}");
        assert_eq!(rows(&sql).await, before, "{flags:?}");
    }
    for (flag, value) in [("--gifts", "0"), ("--gifts", "10000001"), ("--hosts", "10001"), ("--fans", "200001")] {
        let refused = support::refused_command(directory.path(), &[], &["demo", flag, value], "");
        assert!(refused.contains(&format!("{value} is not in 1..=")), "{refused}");
    }
    assert!(!directory.path().join("data").exists(), "no database was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_sees_figures_and_logs_in_with_what_the_demo_prints() {
    let directory = tempfile::tempdir().unwrap();
    let printed = support::command(directory.path(), &["demo", "--gifts", "100", "--hosts", "3", "--fans", "9"]);
    let after = |mark: &str| {
        let (_, rest) = printed.split_once(mark).unwrap();
        rest.split([',', '\n', ' ']).next().unwrap().to_owned()
    };
    let server = Chatme::start(directory.path());
    for phone in [after("Host      phone "), after("Fan       phone ")] {
        let account = json!({"phone": phone, "password": after("Password  ")});
        assert_eq!(server.post("/api/login", None, &account).await.0, 200, "{printed}");
    }
    let urls: Vec<&str> =
        printed.lines().filter_map(|line| line.trim().strip_prefix("http://localhost:8000")).collect();
    assert_eq!(urls.len(), 3, "{printed}");
    for url in urls {
        let (status, answer) = server.get(url, None).await;
        assert_eq!(status, 200, "{url}");
        let figures = answer["data"].as_array().map_or(0, Vec::len) + usize::from(answer["total"].is_i64());
        assert!(figures > 0, "{url}: {answer}");
    }
    assert_eq!(server.stop(rustix::process::Signal::TERM).await, Some(0));
}
