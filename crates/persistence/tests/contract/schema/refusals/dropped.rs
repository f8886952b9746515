//! Every rule of the schema is dropped once, in a transaction that is rolled back: what it refused is allowed then, or it was not
//! this rule that refused it.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::{ALLOWED, agencies, chat, check, exchanges, live, money, refusal, salaries, totals};
use crate::support::Fixture;

/// What a statement shows of a rule: without the others it refuses the statement, and without it too nothing does.
pub(super) struct Proof {
    name: String,
    /// What refuses the statement as well.
    beside: Vec<String>,
}

/// How each named rule is dropped: constraints, unique indexes, triggers. NOT NULL has a test of its own, `missing`, and so has
/// `users_have_ids`, which refuses nothing.
const RULES: &str = "
SELECT k.conname::text AS name, format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', k.conrelid::regclass, k.conname) AS drop
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE c.relnamespace = 'public'::regnamespace AND k.contype NOT IN ('t', 'n') AND c.relname <> '__diesel_schema_migrations'
UNION ALL
SELECT x.relname, format('DROP INDEX IF EXISTS %I', x.relname)
  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
 WHERE x.relnamespace = 'public'::regnamespace AND i.indisunique
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT t.tgname, format('DROP TRIGGER IF EXISTS %I ON %s', t.tgname, t.tgrelid::regclass)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal AND t.tgname <> 'users_have_ids'";

/// Rules that no statement meets alone, because others always refuse it as well: keys that a foreign key refers to, and second
/// lines behind one. Each is shown with the others dropped.
const SECOND_LINES: [&str; 19] = [
    "diamond_movements_host_id_fkey",
    "diamond_movements_income_within_range",
    "diamond_movements_only_exchanges_take",
    "exchanges_coins_key",
    "exchanges_coins_within_range",
    "exchanges_diamonds_within_range",
    "exchanges_host_id_fkey",
    "exchanges_income_key",
    "memberships_ends_at_after_start",
    "memberships_host_agency_key",
    "memberships_one_open_per_host",
    "salary_requests_agency_id_fkey",
    "salary_requests_host_id_fkey",
    "salary_requests_payout_key",
    "salary_statements_claim_key",
    "salary_weeks_follows_key",
    "salary_weeks_pkey",
    "users_pkey",
    "users_stay",
];

/// What refuses the statements when these rules are dropped, also at the commit, which never comes.
async fn refusal_without<'a>(
    fixture: &Fixture,
    rules: impl IntoIterator<Item = &'a String>,
    statements: &str,
) -> String {
    fixture.execute("BEGIN").await;
    for rule in rules {
        let drop = fixture.texts(&format!("SELECT drop FROM ({RULES}) r WHERE name = '{rule}'")).await;
        fixture.execute(&drop[0]).await;
    }
    let refused_by = refusal(fixture, &format!("{statements}; SET CONSTRAINTS ALL IMMEDIATE")).await;
    fixture.execute("ROLLBACK").await;
    refused_by
}

/// Drops what refuses the statements until they are allowed; then shows that each was needed. Nothing is shown by statements
/// that are refused by what has no name, such as the type of a column.
pub(super) async fn prove(fixture: &Fixture, statements: &str) -> Vec<Proof> {
    let mut rules = Vec::new();
    loop {
        let refused_by = refusal_without(fixture, &rules, statements).await;
        if refused_by == ALLOWED {
            break;
        }
        let is_known = format!("SELECT COUNT(*) FROM ({RULES}) r WHERE name = $${refused_by}$$");
        if fixture.number(&is_known).await == 0 {
            return Vec::new();
        }
        assert!(!rules.contains(&refused_by), "{refused_by} refuses after it was dropped: {statements}");
        rules.push(refused_by);
    }
    let mut proofs = Vec::new();
    for name in &rules {
        let others = || rules.iter().filter(|other| *other != name);
        if refusal_without(fixture, others(), statements).await == *name {
            proofs.push(Proof { name: name.clone(), beside: others().cloned().collect() });
        }
    }
    proofs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rule_is_dropped_once_and_its_absence_noticed() {
    let tables =
        [agencies::tables(), chat::tables(), exchanges::tables(), live::tables(), money::tables(), salaries::tables()];
    let mut proofs: Vec<Proof> =
        join_all(tables.into_iter().flatten().map(check)).await.into_iter().flatten().collect();
    proofs.extend(totals::proofs().await);
    let of = |is_wanted: fn(&Proof) -> bool| -> BTreeSet<&str> {
        proofs.iter().filter(|proof| is_wanted(proof)).map(|proof| proof.name.as_str()).collect()
    };
    let (alone, beside) = (of(|proof| proof.beside.is_empty()), of(|proof| !proof.beside.is_empty()));

    let rules = Fixture::new().await.texts(&format!("SELECT name FROM ({RULES}) r ORDER BY 1")).await;
    assert!(rules.len() > 150, "{rules:?}");
    let unnoticed: Vec<_> =
        rules.iter().filter(|rule| !alone.contains(rule.as_str()) && !beside.contains(rule.as_str())).collect();
    assert_eq!(unnoticed, Vec::<&String>::new(), "no statement shows that these are there");
    let second: Vec<_> = beside.difference(&alone).copied().collect();
    assert_eq!(second, SECOND_LINES);
}
