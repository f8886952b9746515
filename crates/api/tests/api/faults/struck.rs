//! A server that is struck, and everything that is asked of it meanwhile.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Client, Proxy};
use tokio::{sync::Mutex, task::yield_now, time::timeout};

use super::{ANSWERED_MAX, HEALED_MAX};
use crate::{
    salaries::{agency, asked},
    sockets::wire::Ws,
    support::{Answer, TestApp, User, answer},
};

/// What the fan has, and spends on roses before.
pub(super) const COINS: i64 = 100_000;
pub(super) const ROSES: i64 = 200;
/// How long a message may take to be heard. Generous: it takes nothing that a fault could hold up.
const HEARD_MAX: Duration = Duration::from_secs(1);
/// How long something may take that takes no time of its own.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many money requests there are, each with a key of its own.
const CALLS: usize = 5;

/// A server behind a proxy, people who move money, and a room.
pub(super) struct Struck {
    pub(super) app: TestApp,
    pub(super) proxy: Proxy,
    /// Past the proxy.
    pub(super) sql: Client,
    pub(super) fan: User,
    /// Whether the server is ready although it is struck.
    pub(super) is_ready_meanwhile: bool,
    host: User,
    owner: User,
    admin: User,
    salary: i64,
    giver: Mutex<Ws>,
    /// Only taken while it speaks.
    room: Option<Room>,
}

/// Somebody who speaks, and somebody who listens.
struct Room {
    speaker: Ws,
    listener: Ws,
    said: u32,
}

impl Room {
    async fn speak(&mut self) {
        for _ in 0..2 {
            let text = format!("number {}", self.said);
            let spoken = async {
                let message = json!({"roomId": "x", "message": text});
                assert_eq!(self.speaker.code("live:message", &message).await, Value::Null);
                while self.listener.event("live:new-message").await["message"] != json!(text) {}
            };
            assert!(timeout(HEARD_MAX, spoken).await.is_ok(), "{text} is not heard");
            self.said += 1;
        }
    }
}

impl Struck {
    pub(super) async fn new() -> Self {
        let (app, proxy) = TestApp::start_behind_a_proxy(&[]).await;
        let (fan, host) = app.fan_and_host(COINS).await;
        let (owner, admin, sql) = (app.user().await, app.admin().await, app.sql().await);
        sql.batch_execute(&agency(&owner)).await.unwrap();
        let salary = asked(&app, host.id, owner.id).await;
        let roses = json!({"receiverId": host.id, "giftId": "rose", "quantity": ROSES});
        assert_eq!(app.post("/api/gifts/send", Some(&fan.token), &roses).await.0, 200);
        let mut sockets = Vec::new();
        for token in [Some(&fan.token), Some(&host.token), None] {
            let mut ws = Ws::joined(&app, token.map(String::as_str)).await;
            assert_eq!(ws.code("live:join", &json!({"roomId": "x"})).await, Value::Null);
            sockets.push(ws);
        }
        let (listener, speaker, giver) = (sockets.remove(2), sockets.remove(1), Mutex::new(sockets.remove(0)));
        let room = Some(Room { speaker, listener, said: 0 });
        Self { app, proxy, sql, fan, is_ready_meanwhile: false, host, owner, admin, salary, giver, room }
    }

    /// Lets the pool open some connections, which then are idle.
    pub(super) async fn open_many(&self) {
        let lock = format!("BEGIN; SELECT FROM users WHERE id = {} FOR UPDATE", self.host.id);
        self.sql.batch_execute(&lock).await.unwrap();
        let wishes = (0..6).map(|number| async move {
            let request = self.app.request(Method::POST, "/api/income/exchange").bearer_auth(&self.host.token);
            answer(request.json(&json!({"amount": 4, "clientRef": format!("open-{number}")}))).await
        });
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let watch = self.app.sql().await;
        let release = async {
            while watch.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) < 6 {}
            self.sql.batch_execute("ROLLBACK").await.unwrap();
        };
        let (answers, ()) = tokio::join!(join_all(wishes), release);
        assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    }

    /// Ends the sessions of the server.
    pub(super) async fn end_sessions(&self) {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'chatme'";
        self.sql.batch_execute(end).await.unwrap();
    }

    pub(super) async fn until_ready(&self, is_ready: bool) {
        let turned = async { while (self.app.get("/health/ready", None).await.0 == 200) != is_ready {} };
        assert!(timeout(PATIENCE, turned).await.is_ok(), "readiness does not turn {is_ready}");
    }

    /// One of the money requests, under the key that it has.
    async fn call(&self, number: usize) -> Answer {
        let gift = json!({"receiverId": self.host.id, "giftId": "rose", "roomId": "x", "clientRef": "socket-gift"});
        let (path, user, mut body) = match number {
            0 => ("/api/gifts/send".to_owned(), &self.fan, json!({"receiverId": self.host.id, "giftId": "rose"})),
            1 => ("/api/income/exchange".to_owned(), &self.host, json!({"amount": 100})),
            2 => {
                let path = format!("/api/agency/{}/salary-approve", self.owner.id);
                (path, &self.owner, json!({"requestId": self.salary}))
            }
            3 => {
                let body = json!({"userId": self.fan.id, "amount": 7, "reason": "fault"});
                ("/api/admin/coins/grant".to_owned(), &self.admin, body)
            }
            _ => {
                let told = self.giver.lock().await.ask("live:gift", &gift).await;
                let status = if told["ok"] == json!(true) { 200 } else { 503 };
                return (status, told);
            }
        };
        body["clientRef"] = json!(format!("call-{number}"));
        self.app.post(&path, Some(&user.token), &body).await
    }

    /// Money is refused in time with one of these codes, readiness says so, and the room speaks on.
    pub(super) async fn endure(&mut self, codes: &[&str]) {
        let mut room = self.room.take().unwrap();
        let calls = join_all((0..CALLS).map(|number| timed(self.call(number))));
        let ready = timed(self.app.get("/health/ready", None));
        let live = timed(self.app.get("/health/live", None));
        let (calls, ready, live, ()) = tokio::join!(calls, ready, live, room.speak());
        self.room = Some(room);
        for (number, ((status, body), took)) in calls.iter().enumerate() {
            let is_refused = *status == 503 && codes.iter().any(|code| body["code"] == json!(code));
            assert!(is_refused && *took <= ANSWERED_MAX, "call {number} after {took:?}: {status} {body}");
        }
        let expected = if self.is_ready_meanwhile { 200 } else { 503 };
        assert!(ready.0.0 == expected && ready.1 <= ANSWERED_MAX, "{ready:?}");
        assert!(live.0.0 == 200 && live.1 <= HEARD_MAX, "{live:?}");
    }

    /// Since `healed` all is well again, soon: every call is done, once, and no session is left in a transaction.
    pub(super) async fn heal(mut self, healed: Instant) {
        let mut room = self.room.take().unwrap();
        let this = &self;
        let calls = join_all((0..CALLS).map(|number| async move {
            loop {
                let (status, body) = this.call(number).await;
                if status == 200 {
                    return (body, healed.elapsed());
                }
                yield_now().await;
            }
        }));
        let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND application_name = 'chatme' AND state LIKE 'idle in transaction%' AND state_change < now() - interval '1 s'";
        let all = async {
            let (calls, (), ()) = tokio::join!(calls, self.until_ready(true), room.speak());
            while self.sql.query_one(open, &[]).await.unwrap().get::<_, i64>(0) > 0 {}
            calls
        };
        let calls = timeout(PATIENCE, all).await.unwrap();
        let took = healed.elapsed();
        assert!(took <= HEALED_MAX, "all is well after {took:?}, {calls:?}");
        for (number, (body, _)) in calls.into_iter().enumerate() {
            let mut again = self.call(number).await;
            while again.0 != 200 && healed.elapsed() < HEALED_MAX {
                again = self.call(number).await;
            }
            assert_eq!(again, (200, body), "call {number} again");
        }
        let done = "SELECT concat_ws(' ', (SELECT count(*) FROM gifts WHERE quantity = 1),
            (SELECT count(*) FROM exchanges WHERE diamonds = 100),
            (SELECT count(*) FROM diamond_movements WHERE type = 'salary'),
            (SELECT count(*) FROM coin_movements WHERE kind = 'grant' AND amount = 7))";
        assert_eq!(self.sql.query_one(done, &[]).await.unwrap().get::<_, &str>(0), "2 1 1 1");
        self.app.stop().await;
    }
}

/// What something comes to, and how long it took.
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    (work.await, began.elapsed())
}
