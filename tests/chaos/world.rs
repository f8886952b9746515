//! What clients know of the world: who there is, where the server is, and when it is over.

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Interval, MissedTickBehavior, interval},
};

use crate::{salaries::Salary, support::Chatme};

/// The room that all gifts are sent in.
pub(crate) const ROOM: &str = "chaos";
/// Who there is: each sends, receives and exchanges.
const PEOPLE: u32 = 8;
/// How soon a call is made again that had no answer.
const AGAIN: Duration = Duration::from_millis(50);

/// A user.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) token: String,
}

/// What clients know.
pub(crate) struct World {
    pub(crate) directory: PathBuf,
    pub(crate) people: Vec<Person>,
    pub(crate) salaries: Vec<Salary>,
    /// Where the server is; nowhere while there is none.
    pub(crate) url: watch::Receiver<Option<String>>,
    /// Whether nobody begins anything any more.
    pub(crate) is_over: watch::Receiver<bool>,
}

impl World {
    /// Waits until there is a server.
    pub(crate) async fn url(&self) -> String {
        let mut url = self.url.clone();
        url.wait_for(Option::is_some).await.unwrap().clone().unwrap()
    }

    pub(crate) fn is_over(&self) -> bool {
        *self.is_over.borrow()
    }
}

/// How fast calls are made again.
pub(crate) fn pace() -> Interval {
    let mut pace = interval(AGAIN);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

/// Registers everybody, while nothing happens yet.
pub(crate) async fn people(server: &Chatme) -> Vec<Person> {
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let account = json!({"phone": format!("0812555700{number:02}"), "password": "test123", "name": format!("Chaos {number}")});
        let id = server.post("/api/register", None, &account).await.1.get("userId").and_then(Value::as_i64).unwrap();
        let (_, login) = server.post("/api/login", None, &account).await;
        let token = login.get("token").and_then(Value::as_str).unwrap().to_owned();
        people.push(Person { id, token });
    }
    people
}
