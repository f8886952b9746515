//! What is refused of totals, read from what the database says of them: their columns are many, and all of a kind.

use super::{Books, Proof, Table, check};
use crate::support::Fixture;

/// Each rule with each of its columns: sums have ranges, and less than nothing or more than JSON can say is outside of all. Keys, and
/// hosts that are no users.
const RULES: &str = "
SELECT k.contype::text || ' ' || c.relname || ' ' || k.conname || ' '
       || a.attname
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (CASE k.contype WHEN 'c' THEN k.conkey ELSE k.conkey[1:1] END)
 WHERE c.relname IN ('host_totals', 'fan_totals') AND k.contype <> 'n' ORDER BY 1";

/// Notes gifts, with the numbers of the notes.
fn pending(notes: &str) -> String {
    format!(
        "INSERT INTO pending_rollups OVERRIDING SYSTEM VALUE
         SELECT id, at, at, at, at, gifts::bigint[] FROM (VALUES {notes}) AS note (id, gifts), (SELECT timestamptz 'epoch' AS at) AS once"
    )
}

async fn table() -> Table {
    let rules = Fixture::new().await.texts(RULES).await;
    assert!(rules.len() > 10, "{rules:?}");
    let mut rows: Vec<(String, String)> = vec![
        ("INSERT INTO totals_calendar (zone) VALUES ('a'), ('b')".to_owned(), "totals_calendar_pkey".to_owned()),
        (
            "INSERT INTO totals_calendar (is_only, zone) VALUES (false, 'a')".to_owned(),
            "totals_calendar_is_only".to_owned(),
        ),
        (pending("(1, '{1}'), (1, '{2}')"), "pending_rollups_pkey".to_owned()),
        (pending("(1, '{}')"), "pending_rollups_gift_ids_not_empty".to_owned()),
    ];
    for rule in rules {
        let words: Vec<&str> = rule.split(' ').collect();
        let (kind, table, name, column) = (words[0], words[1], words[2], words[3]);
        let statement = match kind {
            // A generated column takes no value, and which ones there are is not what this is about.
            "p" if table == "host_totals" => {
                let columns = "host_id, period, starts_at, coins, gifts, normal_income, luxury_income, lucky_income,
                    s_lucky_income, reached_at";
                format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}")
            }
            "p" => format!("INSERT INTO {table} SELECT * FROM {table}"),
            "f" => format!("UPDATE {table} SET {column} = 1"),
            _ if name.ends_with("_period_known") => {
                format!("UPDATE {table} SET {column} = 'yearly' WHERE {column} = 'all'")
            }
            _ => {
                rows.push((format!("UPDATE {table} SET {column} = 9007199254740992"), name.to_owned()));
                format!("UPDATE {table} SET {column} = -1")
            }
        };
        rows.push((statement, name.to_owned()));
    }
    Table::new(Books::Sent, rows)
}

/// The proofs of the table, for the whole.
pub(super) async fn proofs() -> Vec<Proof> {
    check(table().await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn totals_are_one_of_a_kind_and_never_negative() {
    check(table().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sum_of_the_totals_has_its_range() {
    let without = "SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relname IN ('host_totals', 'fan_totals', 'membership_totals') AND a.attnum > 0 AND NOT a.attisdropped
        AND a.atttypid = 'bigint'::regtype AND a.attname NOT LIKE '%\\_id' AND NOT EXISTS (
          SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey))";
    assert_eq!(Fixture::new().await.texts(without).await, Vec::<String>::new());
}
