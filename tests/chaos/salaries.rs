//! Salaries that wait for owners of agencies, made at the beginning, so that there is something to decide on.

use std::path::Path;

use pglocal::{Cluster, Options};
use tokio::task::spawn_blocking;

use crate::world::Person;

/// So many weeks of everybody wait.
const WEEKS: i32 = 40;
/// What each of them pays.
const AMOUNT: i64 = 2_000;

/// A salary that waits for its owner's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Salary {
    pub(crate) id: i64,
    pub(crate) owner: i64,
    pub(crate) host: i64,
    pub(crate) amount: i64,
}

/// Makes everybody the owner of an agency, and everybody else's host: each works for the next. The weeks are long over, so that
/// the server has none of them to close.
pub(crate) async fn ask(directory: &Path, people: &[Person]) -> Vec<Salary> {
    let place = directory.join("data/pg");
    let cluster = spawn_blocking(move || Cluster::start(&Options::new(place)).unwrap()).await.unwrap();
    let database = testkit::connect(&cluster.url("chatme")).await;
    let hosts: Vec<i64> = people.iter().map(|person| person.id).collect();
    let owners: Vec<i64> = hosts.iter().copied().cycle().skip(1).take(hosts.len()).collect();
    database
        .execute(
            "INSERT INTO agencies (id, owner_id, family_name, status, decided_at, created_at)
             SELECT id, id, 'Chaos', 'approved', 'epoch', 'epoch' FROM unnest($1::bigint[]) id",
            &[&owners],
        )
        .await
        .unwrap();
    let asked = "WITH asked AS (
          INSERT INTO salary_statements
            (host_id, monday, agency_id, gift_diamonds, salary_amount, total_lives, inputs, statement, closed_at)
          SELECT host, date '2025-01-06' + 7 * week, owner, 0, $3, 0,
                 '{\"memberships\": [], \"sessions\": [], \"gifts\": []}', '', 'epoch'
            FROM unnest($1::bigint[], $2::bigint[]) AS people (host, owner), generate_series(0, $4 - 1) week
          RETURNING host_id, monday, agency_id, salary_amount, total_lives
        )
        INSERT INTO salary_requests (host_id, monday, agency_id, salary_amount, total_lives, status, created_at)
        SELECT *, 'pending', 'epoch' FROM asked
        RETURNING id, agency_id, host_id, salary_amount";
    let rows = database.query(asked, &[&hosts, &owners, &AMOUNT, &WEEKS]).await.unwrap();
    drop(database);
    spawn_blocking(move || cluster.stop()).await.unwrap();
    let salary =
        |row: &testkit::Row| Salary { id: row.get(0), owner: row.get(1), host: row.get(2), amount: row.get(3) };
    rows.iter().map(salary).collect()
}
