//! What is done to each server, and what comes of it.

use std::{
    process,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::{
    Result,
    client::Client,
    process::{cpu_seconds, resident_bytes},
    room::Room,
    servers::Server,
};

/// How many clients speak.
pub(crate) const SPEAKERS: usize = 8;
/// Messages of each that wait for an answer at full speed: 64 in all.
const OUTSTANDING: usize = 8;
/// How long nothing may arrive before what is missing is lost.
const SILENCE: Duration = Duration::from_secs(2);
/// How long all of it may take to arrive.
const DRAIN_MAX: Duration = Duration::from_secs(30);
/// How often it is looked whether something has happened.
const LOOK: Duration = Duration::from_millis(20);
/// How long all connections and joins may take.
const ENTRY_MAX: Duration = Duration::from_secs(60);
/// How many connections are being made at once.
const CONNECTING: usize = 32;

/// The phases in a room, in order: how many messages a second; without a number as fast as it goes.
pub(crate) const PHASES: [Option<u32>; 3] = [Some(20), Some(200), None];

/// How long a server may take for everything, its phases not counted.
pub(crate) const REST_MAX: Duration = Duration::from_secs(420);

/// What a phase came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Deliveries that never came, or came twice.
    pub(crate) lost: f64,
    /// Sockets that the server ended.
    pub(crate) cut: f64,
    /// Messages that it refused.
    pub(crate) refused: f64,
    /// Milliseconds within which half of the deliveries came.
    pub(crate) p50: f64,
    /// Milliseconds within which 99 % came.
    pub(crate) p99: f64,
    /// Deliveries a second, to the last one.
    pub(crate) rate: f64,
    /// Microseconds of the server's CPU time a delivery.
    pub(crate) cpu: f64,
    /// How busy the load was, in percent of a core.
    pub(crate) load: f64,
}

/// Fills a room and speaks in it. Answers what each phase came to, and why the first message was refused that was.
pub(crate) async fn speak(server: &Server, sockets: usize, time: Duration) -> Result<(Vec<Measured>, Option<String>)> {
    let room = Room::new();
    let tokens = server.tokens(SPEAKERS).await?;
    let clients = connect(&room, server, sockets, &tokens).await?;
    enter(&room, &clients).await?;
    let speakers = clients.get(..SPEAKERS).unwrap_or(&clients);
    let mut phases = Vec::new();
    for rate in PHASES {
        phases.push(phase(&room, server.id, (clients.len(), speakers), rate, time).await?);
    }
    room.leave();
    Ok((phases, room.refusal()))
}

/// Connects sockets that do nothing. Answers the bytes of the server's memory that each takes.
pub(crate) async fn idle(server: &Server, sockets: usize) -> Result<f64> {
    /// What the server does after a connection is done by then.
    const SETTLED: Duration = Duration::from_secs(1);

    let room = Room::new();
    let before = resident_bytes(server.id)?;
    let clients = connect(&room, server, sockets, &[]).await?;
    sleep(SETTLED).await;
    let after = resident_bytes(server.id)?;
    room.leave();
    match room.counts().cut {
        0 => Ok((after - before) / clients.len() as f64),
        cut => Err(format!("{cut} idle sockets of {} were cut", clients.len()).into()),
    }
}

/// Connects clients, the first of them with the tokens.
async fn connect(room: &Rc<Room>, server: &Server, sockets: usize, tokens: &[String]) -> Result<Vec<Rc<Client>>> {
    let connecting = async {
        let mut clients = Vec::with_capacity(sockets);
        while clients.len() < sockets {
            let first = clients.len();
            let begun: Vec<_> = (first..sockets.min(first + CONNECTING))
                .map(|number| {
                    let (room, address, token) = (Rc::clone(room), server.address, tokens.get(number).cloned());
                    tokio::task::spawn_local(async move { Client::connect(&room, address, token.as_deref()).await })
                })
                .collect();
            for client in begun {
                clients.push(client.await??);
            }
        }
        Ok(clients)
    };
    tokio::time::timeout(ENTRY_MAX, connecting).await?
}

/// Lets all clients into the room, and waits until nothing is said about that any more.
async fn enter(room: &Room, clients: &[Rc<Client>]) -> Result<()> {
    /// Longer than a server waits before it tells how many there are.
    const QUIET: Duration = Duration::from_millis(600);

    clients.iter().for_each(|client| room.join(client));
    let wanted = clients.len() as u64;
    let entering = async {
        while room.counts().acknowledged < wanted {
            sleep(LOOK).await;
        }
        loop {
            let events = room.counts().events;
            sleep(QUIET).await;
            if room.counts().events == events {
                return;
            }
        }
    };
    tokio::time::timeout(ENTRY_MAX, entering).await?;
    match room.counts() {
        counts if counts.refused > 0 => Err(format!("a join was refused: {:?}", room.refusal()).into()),
        counts if counts.cut > 0 => Err(format!("{} sockets were cut as they joined", counts.cut).into()),
        _ => Ok(()),
    }
}

async fn phase(
    room: &Room,
    server: u32,
    (sockets, speakers): (usize, &[Rc<Client>]),
    rate: Option<u32>,
    time: Duration,
) -> Result<Measured> {
    room.reset();
    let (cpu, own, begun) = (cpu_seconds(server)?, cpu_seconds(process::id())?, Instant::now());
    match rate {
        Some(rate) => pace(room, speakers, rate, time).await,
        None => room.race(speakers, OUTSTANDING, time).await,
    }
    let own_cpu = cpu_seconds(process::id())? - own;
    let own_time = begun.elapsed().as_secs_f64();
    drain(room, sockets).await;
    let cpu = cpu_seconds(server)? - cpu;
    let counts = room.counts();
    let expected = deliveries(counts.sent - counts.refused.min(counts.sent), sockets);
    let received = counts.received as f64;
    let taken = counts.received_at.map_or(time, |last| last.duration_since(begun)).max(time);
    Ok(Measured {
        lost: expected.abs_diff(counts.received) as f64,
        cut: counts.cut as f64,
        refused: counts.refused as f64,
        p50: room.latency(0.5),
        p99: room.latency(0.99),
        rate: received / taken.as_secs_f64(),
        cpu: cpu * 1e6 / received,
        load: own_cpu * 100.0 / own_time,
    })
}

/// So many messages a second, evenly, whatever comes of them.
async fn pace(room: &Room, speakers: &[Rc<Client>], rate: u32, time: Duration) {
    let mut ticks = interval(Duration::from_secs(1) / rate);
    // What is late is caught up with, so that the number is right.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let count = (f64::from(rate) * time.as_secs_f64()).round() as usize;
    for speaker in speakers.iter().cycle().take(count) {
        ticks.tick().await;
        room.say(speaker);
    }
    ticks.tick().await;
}

/// Waits for what is on its way.
async fn drain(room: &Room, sockets: usize) {
    let begun = Instant::now();
    let (mut seen, mut seen_at) = (room.counts().events, Instant::now());
    loop {
        let counts = room.counts();
        let is_complete =
            counts.acknowledged >= counts.sent && counts.received >= deliveries(counts.sent - counts.refused, sockets);
        if counts.events != seen {
            (seen, seen_at) = (counts.events, Instant::now());
        }
        if is_complete || seen_at.elapsed() > SILENCE || begun.elapsed() > DRAIN_MAX {
            return;
        }
        sleep(LOOK).await;
    }
}

/// Everybody gets a message but the one who sent it.
fn deliveries(messages: u64, sockets: usize) -> u64 {
    messages * (sockets as u64).saturating_sub(1)
}
