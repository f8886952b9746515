//! A client: it wishes, writes down, asks, and asks again until it knows.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Interval, timeout};

use crate::{
    dice::Dice,
    line::Line,
    notebook::{Notebook, Outcome, Wish},
    world::{Person, ROOM, World, pace},
};

/// How long an answer is waited for.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// A client that has no patience goes away within so many milliseconds: in the middle of its request.
const IMPATIENCE_MS: usize = 40;
/// How long a call may be without an answer, however often it is made.
const UNANSWERED_MAX: Duration = Duration::from_secs(90);
/// What is given.
const GIFTS: [&str; 4] = ["rose", "heart", "coffee", "cupid"];

/// A client with a socket of one person; over REST it calls as everybody.
pub(crate) struct Client {
    world: Arc<World>,
    name: String,
    person: Person,
    dice: Dice,
    http: reqwest::Client,
    line: Option<(String, Line)>,
    pace: Interval,
    notebook: Notebook,
}

impl Client {
    pub(crate) fn new(world: &Arc<World>, number: usize, dice: Dice) -> Self {
        let person = world.people.get(number % world.people.len()).unwrap().clone();
        let http = reqwest::Client::builder().timeout(ANSWER_MAX).build().unwrap();
        let (name, notebook) = (format!("client-{number}"), Notebook::default());
        Self { world: Arc::clone(world), name, person, dice, http, line: None, pace: pace(), notebook }
    }

    /// Does one thing after the other until it is over, and answers what it has written down.
    pub(crate) async fn play(mut self) -> Notebook {
        while !self.world.is_over() {
            match self.dice.below(20) {
                0 | 1 => self.read().await,
                2 | 3 if !self.notebook.calls.is_empty() => {
                    // Once more what was answered already, perhaps long ago.
                    let number = self.dice.below(self.notebook.calls.len());
                    self.settle(number).await;
                }
                4 | 5 => {
                    let host = self.dice.pick(&self.world.people).id;
                    let diamonds = i64::try_from(4 + self.dice.below(60)).unwrap();
                    self.begin(Wish::Exchange { host, diamonds }).await;
                }
                6 => {
                    let (salary, approve) = (self.dice.pick(&self.world.salaries), self.dice.once_in(2));
                    self.begin(Wish::Decide { salary, approve }).await;
                }
                _ => self.give().await,
            }
        }
        self.notebook
    }

    async fn give(&mut self) {
        // Half of all from the own purse, so that sockets have something to send.
        let sender = if self.dice.once_in(2) { self.person.id } else { self.dice.pick(&self.world.people).id };
        let others: Vec<i64> = self.world.people.iter().map(|person| person.id).filter(|id| *id != sender).collect();
        let (receiver, gift) = (self.dice.pick(&others), self.dice.pick(&GIFTS));
        let quantity = i64::try_from(1 + self.dice.below(5)).unwrap();
        self.begin(Wish::Gift { sender, receiver, gift, quantity }).await;
    }

    async fn begin(&mut self, wish: Wish) {
        let key = format!("{}-{}", self.name, self.notebook.calls.len());
        let number = self.notebook.begin(key, wish);
        self.settle(number).await;
    }

    /// Makes a call until it is answered.
    async fn settle(&mut self, number: usize) {
        let answered = timeout(UNANSWERED_MAX, async {
            loop {
                if let Some(outcome) = self.attempt(number).await {
                    return outcome;
                }
                self.pace.tick().await;
            }
        });
        let answered = answered.await;
        let call = self.notebook.call(number);
        let outcome = answered.unwrap_or_else(|_| panic!("never answered: {call:?}"));
        call.outcomes.push(outcome);
    }

    async fn attempt(&mut self, number: usize) -> Option<Outcome> {
        let url = self.world.url().await;
        let call = self.notebook.call(number);
        call.tries += 1;
        let (key, wish) = (call.key.clone(), call.wish.clone());
        let patience = if self.dice.once_in(12) {
            Duration::from_millis(u64::try_from(self.dice.below(IMPATIENCE_MS)).unwrap())
        } else {
            ANSWER_MAX
        };
        let may_use_socket = matches!(wish, Wish::Gift { sender, .. } if sender == self.person.id);
        if may_use_socket && !self.dice.once_in(4) {
            // It comes back only with an answer: who gives up loses his connection.
            let line = self.line.take().filter(|(of, _)| *of == url).map(|(_, line)| line);
            let asked = ask_line(&url, line, &self.person.token, &key, &wish);
            let (line, answer) = timeout(patience, asked).await.ok()??;
            self.line = Some((url, line));
            self.notebook.by_socket += 1;
            return Outcome::of_socket(&answer);
        }
        let person = self.world.people.iter().find(|person| person.id == wish.actor()).unwrap();
        let asked = ask_rest(&self.http, &url, &person.token, &key, &wish);
        let (status, body) = timeout(patience, asked).await.ok()??;
        Outcome::of_rest(&wish, status, &body)
    }

    /// Reads something: what cannot be read may only be unavailable.
    async fn read(&mut self) {
        let url = self.world.url().await;
        let path =
            self.dice.pick(&["/api/profile", "/api/income/balance", "/api/income/exchange-history", "/api/gifts"]);
        self.notebook.reads += 1;
        let request = self.http.get(format!("{url}{path}")).bearer_auth(&self.person.token);
        let Some((status, body)) = answer(request).await else { return };
        let code = body.get("code").and_then(Value::as_str);
        assert!(status == 200 || (status, code) == (503, Some("unavailable")), "{path}: {status} {body}");
        let coins = body.pointer("/data/balance").and_then(Value::as_i64);
        let diamonds = body.get("diamonds").and_then(Value::as_i64);
        assert!(coins.unwrap_or(0) >= 0 && diamonds.unwrap_or(0) >= 0, "{body}");
    }
}

/// The body of a call.
fn body(key: &str, wish: &Wish) -> Value {
    match wish {
        Wish::Gift { receiver, gift, quantity, .. } => {
            json!({"receiverId": receiver, "giftId": gift, "quantity": quantity, "roomId": ROOM, "clientRef": key})
        }
        Wish::Exchange { diamonds, .. } => json!({"amount": diamonds, "clientRef": key}),
        // A reason that an approval ignores.
        Wish::Decide { salary, .. } => json!({"requestId": salary.id, "reason": "chaos", "clientRef": key}),
        Wish::Grant { .. } => panic!("only the command line grants"),
    }
}

async fn ask_rest(http: &reqwest::Client, url: &str, token: &str, key: &str, wish: &Wish) -> Option<(u16, Value)> {
    let path = match wish {
        Wish::Gift { .. } => "/api/gifts/send".to_owned(),
        Wish::Decide { salary, approve } => {
            format!("/api/agency/{}/salary-{}", salary.owner, if *approve { "approve" } else { "reject" })
        }
        _ => "/api/income/exchange".to_owned(),
    };
    answer(http.post(format!("{url}{path}")).bearer_auth(token).json(&body(key, wish))).await
}

async fn ask_line(url: &str, line: Option<Line>, token: &str, key: &str, wish: &Wish) -> Option<(Line, Value)> {
    let mut line = match line {
        Some(line) => line,
        None => Line::open(url, Some(token)).await?,
    };
    let answer = line.ask("live:gift", &body(key, wish)).await?;
    Some((line, answer))
}

/// Status and body; `None` when not all of it came.
async fn answer(request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.ok()?;
    Some((status, serde_json::from_slice(&bytes).unwrap()))
}
