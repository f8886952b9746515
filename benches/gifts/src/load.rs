//! Connections that each send a gift, wait for the answer and send the next.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::{JoinHandle, spawn_local},
    time::{sleep_until, timeout},
};

use crate::{
    Result, answer,
    crowd::{Crowd, To},
    histogram::Histogram,
};

/// How long an answer may take: longer than the server itself waits.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Connections, each with one gift under way at most.
    pub(crate) connections: usize,
    /// To whom.
    pub(crate) to: To,
    /// Gifts a second, whatever comes of them; without a number as many as there are answers.
    pub(crate) rate: Option<f64>,
    /// For how long gifts are begun.
    pub(crate) time: Duration,
}

/// What came back.
pub(crate) struct Tally {
    /// Gifts that were answered 200.
    pub(crate) sent: u64,
    /// How often something else was answered, by status; 0 is no answer.
    pub(crate) others: BTreeMap<u16, u64>,
    /// How long answers took from when they were due.
    pub(crate) latencies: Histogram,
    /// From the first request to the last answer.
    pub(crate) taken: Duration,
}

/// What the connections of a load share.
struct Shared {
    load: Load,
    begun: Instant,
    /// How many gifts were begun.
    begun_count: u64,
    tally: Tally,
}

impl Shared {
    /// When the next gift is due; `None` when no more is.
    fn due(&mut self) -> Option<Instant> {
        let due = match self.load.rate {
            None => Instant::now(),
            Some(rate) => self.begun + Duration::from_secs_f64(self.begun_count as f64 / rate),
        };
        self.begun_count += 1;
        (due < self.begun + self.load.time).then_some(due)
    }

    fn note(&mut self, status: u16, due: Instant) {
        if status == 200 {
            self.tally.sent += 1;
        } else {
            *self.tally.others.entry(status).or_default() += 1;
        }
        self.tally.latencies.add(due.elapsed().as_micros().try_into().unwrap_or(u64::MAX));
        self.tally.taken = self.begun.elapsed();
    }
}

/// Sends a load and waits for every answer.
pub(crate) async fn drive(crowd: &Rc<Crowd>, load: Load) -> Result<Tally> {
    let mut connections = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        connections.push(Connection::open(crowd).await?);
    }
    let tally = Tally { sent: 0, others: BTreeMap::new(), latencies: Histogram::new(), taken: Duration::from_nanos(1) };
    let shared = Rc::new(RefCell::new(Shared { load, begun: Instant::now(), begun_count: 0, tally }));
    let send = |connection: Connection| spawn_local(send(connection, Rc::clone(crowd), Rc::clone(&shared)));
    let tasks: Vec<JoinHandle<std::result::Result<(), String>>> = connections.into_iter().map(send).collect();
    for task in tasks {
        task.await??;
    }
    let shared = Rc::into_inner(shared).ok_or("a connection still sends")?;
    Ok(shared.into_inner().tally)
}

async fn send(
    mut connection: Connection,
    crowd: Rc<Crowd>,
    shared: Rc<RefCell<Shared>>,
) -> std::result::Result<(), String> {
    let to = shared.borrow().load.to;
    let is_paced = shared.borrow().load.rate.is_some();
    let mut request = Vec::new();
    loop {
        let due = shared.borrow_mut().due();
        let Some(due) = due else { return Ok(()) };
        if is_paced {
            sleep_until(due.into()).await;
        }
        crowd.write(to, &mut request);
        match connection.ask(&request).await {
            Ok(status) => shared.borrow_mut().note(status, due),
            Err(_) => {
                shared.borrow_mut().note(0, due);
                connection = Connection::open(&crowd).await.map_err(|error| error.to_string())?;
            }
        }
    }
}

/// A connection that is kept alive.
struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    async fn open(crowd: &Crowd) -> Result<Self> {
        let stream = timeout(ANSWER_MAX, TcpStream::connect(crowd.address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4 * 1_024) })
    }

    /// Sends a request and answers the status of what comes back.
    async fn ask(&mut self, request: &[u8]) -> Result<u16> {
        timeout(ANSWER_MAX, async {
            self.stream.write_all(request).await?;
            self.read.clear();
            loop {
                if self.stream.read_buf(&mut self.read).await? == 0 {
                    return Err("the server has closed the connection".into());
                }
                if let Some(answer) = answer::parse(&self.read)? {
                    let is_alone = answer.length == self.read.len();
                    return if is_alone { Ok(answer.status) } else { Err("more than one answer".into()) };
                }
            }
        })
        .await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paced_is_due_evenly_and_ends_in_time() {
        let load = Load { connections: 1, to: To::One, rate: Some(100.0), time: Duration::from_millis(35) };
        let begun = Instant::now();
        let tally = Tally { sent: 0, others: BTreeMap::new(), latencies: Histogram::new(), taken: Duration::ZERO };
        let mut shared = Shared { load, begun, begun_count: 0, tally };
        let due: Vec<_> = std::iter::from_fn(|| shared.due()).map(|due| (due - begun).as_millis()).collect();
        assert_eq!(due, [0, 10, 20, 30]);
    }
}
