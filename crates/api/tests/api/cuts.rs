//! Money requests that are cut at every point of their way, alone and with many duplicates of theirs: one movement, and one
//! answer for everybody who hears one. That of a server or a PostgreSQL that is killed, the package of end-to-end tests shows.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Client, Cut, Proxy};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};

use crate::support::{Answer, TestApp, User, answer};

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many times the same request at once.
const COPIES: [usize; 3] = [1, 8, 50];
const COINS: i64 = 10_000;

/// Where a request is cut.
#[derive(Debug, Clone, Copy)]
enum Point {
    /// The client goes away before it has sent all.
    Unsent,
    /// The client goes away as soon as it has sent all.
    Sent,
    /// The client goes away while its transaction waits.
    Waiting,
    /// The session of the transaction is killed.
    SessionKilled,
    /// The COMMIT is lost, or its answer.
    Commit(Cut),
    /// The client goes away when its gift is committed, and hears nothing.
    Committed,
}

const POINTS: [Point; 7] = [
    Point::Unsent,
    Point::Sent,
    Point::Waiting,
    Point::SessionKilled,
    Point::Commit(Cut::BeforeCommit),
    Point::Commit(Cut::AfterCommit),
    Point::Committed,
];

/// A fan's gift that is sent again and again.
struct Stage {
    app: TestApp,
    proxy: Proxy,
    sql: Client,
    watch: Client,
    fan: User,
    host: User,
}

impl Stage {
    fn order(&self, key: &str) -> Value {
        json!({"receiverId": self.host.id, "giftId": "rose", "clientRef": key})
    }

    async fn send(&self, key: &str) -> Answer {
        let request = self.app.request(Method::POST, "/api/gifts/send").bearer_auth(&self.fan.token);
        answer(request.json(&self.order(key))).await
    }

    /// Writes so many requests, each but its last `missing` bytes, on a connection of its own.
    async fn written(&self, key: &str, copies: usize, missing: usize) -> Vec<TcpStream> {
        let body = self.order(key).to_string();
        let request = format!(
            "POST /api/gifts/send HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.fan.token,
            body.len()
        );
        let part = &request.as_bytes()[..request.len() - missing];
        let written = (0..copies).map(|_| async move {
            let mut stream = TcpStream::connect(self.app.address).await.unwrap();
            stream.write_all(part).await.unwrap();
            stream
        });
        join_all(written).await
    }

    async fn hold(&self) {
        let lock = format!("BEGIN; SELECT FROM users WHERE id = {} FOR UPDATE", self.fan.id);
        self.sql.batch_execute(&lock).await.unwrap();
    }

    async fn release(&self) {
        self.sql.batch_execute("ROLLBACK").await.unwrap();
    }

    /// Waits until a query counts at least so many.
    async fn until(&self, query: &str, least: i64) {
        let counted = async { while self.watch.query_one(query, &[]).await.unwrap().get::<_, i64>(0) < least {} };
        assert!(timeout(PATIENCE, counted).await.is_ok(), "{query}");
    }

    async fn until_waiting(&self) {
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.until(waiting, 1).await;
    }

    /// Sends the request so many times at once, and cuts it; answers what was heard.
    async fn cut(&self, point: Point, key: &str, copies: usize) -> Vec<Answer> {
        let reset = |streams: Vec<TcpStream>| {
            for stream in streams {
                stream.set_zero_linger().unwrap();
            }
        };
        match point {
            Point::Unsent => reset(self.written(key, copies, 5).await),
            Point::Sent => reset(self.written(key, copies, 0).await),
            Point::Waiting => {
                self.hold().await;
                let streams = self.written(key, copies, 0).await;
                self.until_waiting().await;
                reset(streams);
                self.release().await;
            }
            Point::Committed => {
                let streams = self.written(key, copies, 0).await;
                self.until(&format!("SELECT count(*) FROM idempotency_keys WHERE key = '{key}'"), 1).await;
                reset(streams);
            }
            Point::SessionKilled => {
                self.hold().await;
                let killed = async {
                    self.until_waiting().await;
                    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name = 'chatme'";
                    self.watch.batch_execute(kill).await.unwrap();
                    self.release().await;
                };
                return tokio::join!(join_all((0..copies).map(|_| self.send(key))), killed).0;
            }
            Point::Commit(cut) => {
                self.proxy.cut(cut, 1);
                let answers = join_all((0..copies).map(|_| self.send(key))).await;
                assert!(self.proxy.is_done());
                return answers;
            }
        }
        Vec::new()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_cut_anywhere_with_any_number_of_duplicates_is_one_gift_with_one_answer() {
    let (app, proxy) = TestApp::start_behind_a_proxy(&[]).await;
    let (fan, host) = app.fan_and_host(COINS).await;
    let (sql, watch) = (app.sql().await, app.sql().await);
    let stage = Stage { app, proxy, sql, watch, fan, host };
    let mut gifts: usize = 0;
    for point in POINTS {
        for copies in COPIES {
            let (key, case) = (format!("cut-{gifts}"), format!("{point:?}, {copies} copies"));
            let heard = stage.cut(point, &key, copies).await;
            // Now it is sent, or the first answer comes again.
            let first = stage.send(&key).await;
            assert_eq!(first.0, 200, "{case}: {first:?}");
            assert!(heard.iter().all(|answer| *answer == first), "{case}: {first:?}, {heard:?}");
            assert_eq!(stage.send(&key).await, first, "{case}");
            gifts += 1;
            let spent = i64::try_from(gifts).unwrap() * 10;
            assert_eq!(stage.app.balance(&stage.fan).await, COINS - spent, "{case}");
        }
    }
    assert_eq!(stage.app.income(&stage.host).await.1, gifts);
    stage.app.stop().await;
}
