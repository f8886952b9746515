//! Who only watches the room: a guest, who comes back whenever the server does.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    line::Line,
    world::{ROOM, World, pace},
};

/// A gift as the room is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Event {
    pub(crate) sender: i64,
    pub(crate) receiver: i64,
    pub(crate) gift: String,
    pub(crate) quantity: i64,
    /// When it was sent, in milliseconds.
    pub(crate) at: i64,
}

impl Event {
    fn of(event: &Value) -> Self {
        let find = |place: &str| event.pointer(place).unwrap_or_else(|| panic!("{place} is missing: {event}"));
        let number = |place: &str| find(place).as_i64().unwrap();
        Self {
            sender: number("/from/userId"),
            receiver: number("/to/userId"),
            gift: find("/gift/id").as_str().unwrap().to_owned(),
            quantity: number("/count"),
            at: number("/timestamp"),
        }
    }
}

/// Watches until nobody calls any more. Answers every event in the order in which they came.
pub(crate) async fn watch(world: Arc<World>, mut is_done: watch::Receiver<bool>) -> Vec<Event> {
    let mut events = Vec::new();
    let mut pace = pace();
    let watching = async {
        loop {
            if let Some(mut line) = join(&world).await {
                while let Some(event) = line.event("live:gift-received").await {
                    events.push(Event::of(&event));
                }
            }
            pace.tick().await;
        }
    };
    tokio::select! {
        () = watching => {}
        done = is_done.wait_for(|is_done| *is_done) => drop(done.unwrap()),
    }
    events
}

async fn join(world: &World) -> Option<Line> {
    let mut line = Line::open(&world.url().await, None).await?;
    let joined = line.ask("live:join", &json!({"roomId": ROOM})).await?;
    joined.get("ok")?.as_bool()?.then_some(line)
}
