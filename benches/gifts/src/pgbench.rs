//! The same transaction, one by one and without anything around it: what a server can do at most that posts each gift alone.

use std::{fs, path::Path, time::Duration};

use crate::{
    Result,
    arguments::Arguments,
    histogram::Histogram,
    postgres::{Postgres, output},
};

/// The database beside the server's.
const DATABASE: &str = "plain";
/// How long it may take beside the time that it measures.
const REST_MAX: Duration = Duration::from_secs(60);

/// Which transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// The host's row is left alone.
    Spread,
    /// The row of the one host is updated, too.
    OneHost,
}

/// What it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    /// Transactions a second.
    pub(crate) rate: f64,
    /// Milliseconds within which half of them were done.
    pub(crate) p50: f64,
}

impl Said {
    /// Where there is no pgbench.
    pub(crate) const NOTHING: Self = Self { rate: f64::NAN, p50: f64::NAN };
}

/// A pgbench that is installed, with its tables made.
pub(crate) struct Pgbench<'a> {
    postgres: &'a Postgres,
    directory: &'a Path,
    senders: u32,
    hosts: u32,
}

impl<'a> Pgbench<'a> {
    /// Makes the tables; `None` when there is no pgbench, which is said.
    pub(crate) async fn prepare(
        postgres: &'a Postgres,
        directory: &'a Path,
        arguments: &Arguments,
    ) -> Result<Option<Self>> {
        let mut version = postgres.program("pgbench");
        if let Err(error) = output(version.arg("--version"), REST_MAX).await {
            eprintln!("no ratio to pgbench, which does not run: {error}");
            return Ok(None);
        }
        postgres.ask("postgres", &format!("CREATE DATABASE {DATABASE}")).await?;
        let (senders, hosts) = (arguments.senders, arguments.hosts);
        postgres.ask(DATABASE, &tables(senders, hosts)).await?;
        Ok(Some(Self { postgres, directory, senders, hosts }))
    }

    /// Runs a script with so many clients.
    pub(crate) async fn run(&self, script: Script, clients: u32, time: Duration) -> Result<Said> {
        let file = self.directory.join("gift.sql");
        fs::write(&file, transaction(script, self.senders, self.hosts))?;
        let prefix = self.directory.join("pgbench");
        let mut pgbench = self.postgres.client("pgbench");
        let (clients, seconds) = (clients.to_string(), time.as_secs().to_string());
        pgbench.args(["-n", "-M", "prepared", "-j", "1", "-c", &clients, "-T", &seconds, "-l"]);
        pgbench.arg("--log-prefix").arg(&prefix).arg("-f").arg(&file).arg(DATABASE);
        let said = output(&mut pgbench, time + REST_MAX).await?;
        let rate = rate(&said).ok_or_else(|| format!("pgbench says no rate: {said}"))?;
        Ok(Said { rate, p50: self.p50()? })
    }

    /// Reads the log of the transactions, and removes it.
    fn p50(&self) -> Result<f64> {
        let mut latencies = Histogram::new();
        for entry in fs::read_dir(self.directory)? {
            let path = entry?.path();
            let is_log = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pgbench."));
            if is_log {
                fs::read_to_string(&path)?.lines().filter_map(latency).for_each(|micros| latencies.add(micros));
                fs::remove_file(path)?;
            }
        }
        Ok(latencies.quantile(0.5))
    }
}

/// `tps = 5712.3 (without initial connection time)`
fn rate(said: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.trim().strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Client, transaction, microseconds, and more.
fn latency(line: &str) -> Option<u64> {
    line.split_whitespace().nth(2)?.parse().ok()
}

/// Tables as plain as can be: the columns of a gift, its income and who pays, and no index but the primary keys.
fn tables(senders: u32, hosts: u32) -> String {
    format!(
        "CREATE TABLE sender (id bigint PRIMARY KEY, phone text NOT NULL, name text NOT NULL, balance bigint NOT NULL, \
           updated_at timestamptz NOT NULL) WITH (fillfactor = 80); \
         CREATE TABLE host (id bigint PRIMARY KEY, diamonds bigint NOT NULL, coins bigint NOT NULL) WITH (fillfactor = 80); \
         CREATE TABLE gift (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sender_id bigint NOT NULL, \
           receiver_id bigint NOT NULL, gift_key text NOT NULL, gift_name text NOT NULL, category text NOT NULL, \
           coin_value bigint NOT NULL, quantity integer NOT NULL, total_cost bigint NOT NULL, host_share_bp integer NOT NULL, \
           host_income bigint NOT NULL, created_at timestamptz NOT NULL); \
         CREATE TABLE income (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, host_id bigint NOT NULL, \
           gift_id bigint NOT NULL, income bigint NOT NULL, type text NOT NULL, created_at timestamptz NOT NULL); \
         INSERT INTO sender SELECT id, '08' || id, 'Bench ' || id, 1000000000, now() FROM generate_series(1, {senders}) id; \
         INSERT INTO host SELECT id, 0, 0 FROM generate_series(1, {hosts}) id; \
         ANALYZE;"
    )
}

/// What everybody writes first: the sender's row held and changed, the gift, and the host's income in a row of its own, which the
/// server that is measured does without.
fn transaction(script: Script, senders: u32, hosts: u32) -> String {
    let (host, update) = match script {
        Script::Spread => (format!("random(1, {hosts})"), ""),
        Script::OneHost => {
            ("1".to_owned(), "UPDATE host SET diamonds = diamonds + 5, coins = coins + 10 WHERE id = :host;\n")
        }
    };
    format!(
        "\\set sender random(1, {senders})\n\
         \\set host {host}\n\
         BEGIN;\n\
         SELECT balance FROM sender WHERE id = :sender FOR UPDATE;\n\
         UPDATE sender SET balance = balance - 10, updated_at = now() WHERE id = :sender;\n\
         INSERT INTO gift (sender_id, receiver_id, gift_key, gift_name, category, coin_value, quantity, total_cost, \
         host_share_bp, host_income, created_at) \
         VALUES (:sender, :host, 'rose', 'Rose', 'normal', 10, 1, 10, 5000, 5, now());\n\
         INSERT INTO income (host_id, gift_id, income, type, created_at) \
         VALUES (:host, lastval(), 5, 'normal', now());\n\
         {update}COMMIT;\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pgbench_says_is_understood() {
        let said = "latency average = 1.751 ms\ninitial connection time = 9.1 ms\ntps = 5712.31 (without initial …)\n";
        assert_eq!(rate(said), Some(5712.31));
        assert_eq!(rate("pgbench: error"), None);
        assert_eq!(latency("0 17 1842 0 1795549573 12345"), Some(1842));
        assert_eq!(latency(""), None);
    }

    #[test]
    fn only_the_one_host_has_a_row_that_all_wait_for() {
        assert!(!transaction(Script::Spread, 1, 1).contains("UPDATE host"));
        assert!(transaction(Script::OneHost, 1, 1).contains("WHERE id = :host;\nCOMMIT"));
    }
}
