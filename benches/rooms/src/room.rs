//! What the clients of one room count together. Everything runs on one thread.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    client::{Client, READ_BYTES},
    frames,
    histogram::Histogram,
};

/// The room that all are in.
const ROOM: &str = "1001";

/// The counts of a room, and who speaks when.
pub(crate) struct Room {
    begun: Instant,
    /// What all clients read into, one at a time.
    pub(crate) buffer: RefCell<Vec<u8>>,
    latencies: RefCell<Histogram>,
    counts: Cell<Counts>,
    /// While it lasts, each acknowledgement lets its client say the next thing.
    closed_loop_until: Cell<Option<Instant>>,
    is_leaving: Cell<bool>,
    /// When what is being taken arrived: looked at once a read, not once a frame.
    arrived_at: Cell<Instant>,
    refusal: RefCell<Option<String>>,
}

/// What happened since the phase began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    /// Messages that were sent.
    pub(crate) sent: u64,
    /// Packets that were acknowledged.
    pub(crate) acknowledged: u64,
    /// Of them, refused.
    pub(crate) refused: u64,
    /// Broadcasts of messages that arrived.
    pub(crate) received: u64,
    /// When the last one did.
    pub(crate) received_at: Option<Instant>,
    /// Events of any kind that arrived.
    pub(crate) events: u64,
    /// Sockets that the server ended.
    pub(crate) cut: u64,
}

impl Counts {
    const NONE: Self = Self { sent: 0, acknowledged: 0, refused: 0, received: 0, received_at: None, events: 0, cut: 0 };
}

impl Room {
    /// A room without anybody.
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self {
            begun: Instant::now(),
            buffer: RefCell::new(vec![0; READ_BYTES]),
            latencies: RefCell::new(Histogram::new()),
            counts: Cell::new(Counts::NONE),
            closed_loop_until: Cell::new(None),
            is_leaving: Cell::new(false),
            arrived_at: Cell::new(Instant::now()),
            refusal: RefCell::default(),
        })
    }

    /// Counts from zero.
    pub(crate) fn reset(&self) {
        self.counts.set(Counts::NONE);
        *self.latencies.borrow_mut() = Histogram::new();
    }

    /// What happened since then.
    pub(crate) fn counts(&self) -> Counts {
        self.counts.get()
    }

    /// What no more than `share` of the deliveries took, in milliseconds.
    pub(crate) fn latency(&self, share: f64) -> f64 {
        self.latencies.borrow().quantile(share)
    }

    /// Why the first packet was refused that was.
    pub(crate) fn refusal(&self) -> Option<String> {
        self.refusal.borrow().clone()
    }

    /// The end of a connection is no cut any more.
    pub(crate) fn leave(&self) {
        self.is_leaving.set(true);
    }

    /// Asks for a place in the room.
    pub(crate) fn join(&self, client: &Rc<Client>) {
        client.send(&format!("420[\"live:join\",{{\"roomId\":\"{ROOM}\"}}]"));
    }

    /// Says something now.
    pub(crate) fn say(&self, client: &Rc<Client>) {
        let sent = self.count(|counts| counts.sent += 1).sent;
        let message = frames::message(self.micros());
        client.send(&format!("42{sent}[\"live:message\",{{\"roomId\":\"{ROOM}\",\"message\":\"{message}\"}}]"));
    }

    /// Says as much as goes for so long: each of the speakers has `outstanding` messages that wait for an answer.
    pub(crate) async fn race(&self, speakers: &[Rc<Client>], outstanding: usize, time: Duration) {
        let end = Instant::now() + time;
        self.closed_loop_until.set(Some(end));
        for _ in 0..outstanding {
            speakers.iter().for_each(|speaker| self.say(speaker));
        }
        tokio::time::sleep_until(end.into()).await;
        self.closed_loop_until.set(None);
    }

    /// Something was read.
    pub(crate) fn arrived(&self) {
        self.arrived_at.set(Instant::now());
    }

    /// An event has come.
    pub(crate) fn event(&self, payload: &[u8]) {
        let stamp = frames::broadcast(payload);
        let now = self.arrived_at.get();
        if let Some(stamp) = stamp {
            let micros = u64::try_from(now.duration_since(self.begun).as_micros()).unwrap_or(u64::MAX);
            self.latencies.borrow_mut().add(micros.saturating_sub(stamp));
        }
        self.count(|counts| {
            counts.events += 1;
            if stamp.is_some() {
                counts.received += 1;
                counts.received_at = Some(now);
            }
        });
    }

    /// An acknowledgement has come: its number and its body.
    pub(crate) fn acknowledged(&self, client: &Rc<Client>, answer: &[u8]) {
        let is_ok = answer.windows(9).any(|bytes| bytes == b"\"ok\":true");
        self.count(|counts| counts.acknowledged += 1);
        if !is_ok {
            self.count(|counts| counts.refused += 1);
            self.refusal.borrow_mut().get_or_insert_with(|| String::from_utf8_lossy(answer).into_owned());
        } else if self.closed_loop_until.get().is_some_and(|end| Instant::now() < end) {
            self.say(client);
        }
    }

    /// The server has ended a connection.
    pub(crate) fn ended(&self) {
        if !self.is_leaving.get() {
            self.count(|counts| counts.cut += 1);
        }
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) -> Counts {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
        counts
    }
}
