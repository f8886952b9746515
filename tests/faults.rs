//! The built server and its own PostgreSQL, killed under one request that was sent many times: one movement, and the same bytes
//! for everybody who hears an answer, then and after a restart.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/postmaster.rs"]
mod postmaster;
#[expect(dead_code, reason = "most of it is for the other tests")]
mod support;

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, time::Duration};

use futures_util::future::join_all;
use pglocal::{Cluster, Options};
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use support::Chatme;
use tempfile::TempDir;
use testkit::Client;
use tokio::{task::spawn_blocking, time::timeout};

/// So many times the same request at once.
const COPIES: usize = 50;
/// How long anything may take that is waited for. Generous: it ends a test that fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is asked with one key each.
const CALLS: [&str; 2] = ["/api/gifts/send", "/api/income/exchange"];

/// A server, somebody with coins and diamonds, and somebody who receives.
struct Stage {
    directory: TempDir,
    server: Chatme,
    http: reqwest::Client,
    fan: i64,
    token: String,
    receiver: i64,
}

impl Stage {
    async fn new() -> Self {
        // PostgreSQL may run as another user, who must find its way in.
        let directory = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
        let path = directory.path().to_owned();
        let server = spawn_blocking(move || Chatme::start(&path)).await.unwrap();
        let (fan, token) = person(&server, "081255500001").await;
        let (receiver, other) = person(&server, "081255500002").await;
        for (user, key) in [(fan, "first"), (receiver, "second")] {
            let user = user.to_string();
            let grant = ["admin", "grant-coins", &user, "10000", "--reason", "test", "--key", key];
            support::command(directory.path(), &grant);
        }
        let roses = json!({"receiverId": fan, "giftId": "rose", "quantity": 100});
        assert_eq!(server.post("/api/gifts/send", Some(&other), &roses).await.0, 200);
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        Self { directory, server, http, fan, token, receiver }
    }

    /// Starts the server again after it was killed.
    async fn start_again(&mut self) {
        let path = self.directory.path().to_owned();
        self.server = spawn_blocking(move || Chatme::start(&path)).await.unwrap();
    }

    /// A call once; the bytes of its answer when it was done, nothing when there is none yet.
    async fn call(&self, path: &str, key: &str) -> Option<Vec<u8>> {
        // A key belongs to one content.
        let body = if path.ends_with("send") {
            json!({"receiverId": self.receiver, "giftId": "rose", "quantity": 3, "clientRef": format!("{key}-gift")})
        } else {
            json!({"amount": 50, "clientRef": format!("{key}-exchange")})
        };
        let request = self.http.post(format!("{}{path}", self.server.url));
        let answer = request.bearer_auth(&self.token).json(&body).send().await.ok()?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.ok()?.to_vec();
        assert!(status == 200 || status == 503, "{status} {}", String::from_utf8_lossy(&bytes));
        (status == 200).then_some(bytes)
    }

    /// Every call many times at once; what was heard, by call.
    async fn at_once(&self, key: &str) -> Vec<Vec<Vec<u8>>> {
        let heard = CALLS.map(|path| {
            let calls = (0..COPIES).map(move |_| self.call(path, key));
            async move { join_all(calls).await.into_iter().flatten().collect() }
        });
        join_all(heard).await
    }

    /// Every call until it is done; the answers.
    async fn until_done(&self, key: &str) -> Vec<Vec<u8>> {
        let done = CALLS.map(|path| async move {
            loop {
                if let Some(answer) = self.call(path, key).await {
                    return answer;
                }
                tokio::task::yield_now().await;
            }
        });
        timeout(PATIENCE, join_all(done)).await.unwrap()
    }

    /// Whoever heard an answer heard this one; now and after a restart everybody does; and it is one movement each.
    async fn check(mut self, key: &str, heard: Vec<Vec<Vec<u8>>>) {
        let first = self.until_done(key).await;
        let again = self.at_once(key).await;
        self.server.kill();
        self.start_again().await;
        let restarted = self.at_once(key).await;
        assert!(again.iter().chain(&restarted).all(|answers| answers.len() == COPIES));
        for (number, first) in first.iter().enumerate() {
            for answers in [&heard, &again, &restarted] {
                let is_same = answers.get(number).unwrap().iter().all(|answer| answer == first);
                assert!(is_same, "{} {}", String::from_utf8_lossy(first), answers.get(number).unwrap().len());
            }
        }
        let (database, cluster) = self.database().await;
        let moved = "SELECT concat_ws(' ', (SELECT count(*) FROM gifts), (SELECT count(*) FROM exchanges),
            (SELECT balance FROM users WHERE id = $1), (SELECT sum(income) FROM host_income WHERE host_id = $1))";
        let moved: String = database.query_one(moved, &[&self.fan]).await.unwrap().get(0);
        // Ten thousand, less thirty for three roses, and fifteen for fifty of five hundred diamonds.
        assert_eq!(moved, "2 1 9985 450");
        drop(database);
        spawn_blocking(move || cluster.stop()).await.unwrap();
        let audited = support::command(self.directory.path(), &["audit"]);
        assert!(audited.contains("the books are in order"), "{audited}");
        assert_eq!(self.server.stop(Signal::TERM).await, Some(0));
    }

    /// The server's database, beside it.
    async fn database(&self) -> (Client, Cluster) {
        let place = self.directory.path().join("data/pg");
        let cluster = spawn_blocking(move || Cluster::start(&Options::new(place)).unwrap()).await.unwrap();
        (testkit::connect(&cluster.url("chatme")).await, cluster)
    }

    /// Holds the fan's row, so that his requests wait.
    async fn hold(&self, database: &Client) {
        let lock = format!("BEGIN; SELECT FROM users WHERE id = {} FOR UPDATE", self.fan);
        database.batch_execute(&lock).await.unwrap();
    }
}

async fn person(server: &Chatme, phone: &str) -> (i64, String) {
    let account = json!({"phone": phone, "password": "test123"});
    let id = server.post("/api/register", None, &account).await.1.get("userId").and_then(Value::as_i64).unwrap();
    let (_, login) = server.post("/api/login", None, &account).await;
    (id, login.get("token").and_then(Value::as_str).unwrap().to_owned())
}

/// Waits until a query counts something.
async fn until(database: &Client, query: &str) {
    let counted = async { while database.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 0 {} };
    assert!(timeout(PATIENCE, counted).await.is_ok(), "{query}");
}

/// Somebody waits for a row.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_fifty_times_at_once_and_again_after_a_restart_is_one_movement_with_one_answer() {
    let stage = Stage::new().await;
    let heard = stage.at_once("once").await;
    assert!(heard.iter().all(|answers| answers.len() == COPIES));
    stage.check("once", heard).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_amid_its_transactions_has_moved_nothing_and_does_so_once_when_asked_again() {
    let mut stage = Stage::new().await;
    let ((database, cluster), watch) = (stage.database().await, stage.database().await.0);
    stage.hold(&database).await;
    let pid = rustix::process::Pid::from_raw(i32::try_from(stage.server.id()).unwrap()).unwrap();
    let killed = async {
        until(&watch, WAITING).await;
        kill_process(pid, Signal::KILL).unwrap();
    };
    let (heard, ()) = tokio::join!(stage.at_once("killed"), killed);
    assert!(heard.iter().all(Vec::is_empty));
    database.batch_execute("ROLLBACK").await.unwrap();
    drop((database, watch));
    stage.server.kill();
    stage.start_again().await;
    spawn_blocking(move || cluster.stop()).await.unwrap();
    stage.check("killed", heard).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_between_commit_and_answer_answers_when_asked_again() {
    let mut stage = Stage::new().await;
    let (database, cluster) = stage.database().await;
    let pid = rustix::process::Pid::from_raw(i32::try_from(stage.server.id()).unwrap()).unwrap();
    let killed = async {
        until(&database, "SELECT count(*) FROM idempotency_keys WHERE key LIKE 'killed-%'").await;
        kill_process(pid, Signal::KILL).unwrap();
    };
    let (heard, ()) = tokio::join!(stage.at_once("killed"), killed);
    drop(database);
    stage.server.kill();
    stage.start_again().await;
    spawn_blocking(move || cluster.stop()).await.unwrap();
    stage.check("killed", heard).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_killed_amid_transactions_is_started_again_and_they_move_once() {
    let stage = Stage::new().await;
    let (database, cluster) = stage.database().await;
    let watch = testkit::connect(&cluster.url("chatme")).await;
    stage.hold(&database).await;
    let killed = async {
        until(&watch, WAITING).await;
        kill_process(postmaster::postmaster(stage.directory.path()).unwrap(), Signal::KILL).unwrap();
    };
    let (heard, ()) = tokio::join!(stage.at_once("killed"), killed);
    drop((database, watch));
    stage.until_done("killed").await;
    spawn_blocking(move || cluster.stop()).await.unwrap();
    stage.check("killed", heard).await;
}
