//! Clients move money while the server and its PostgreSQL are killed again and again; afterwards what the clients were told is
//! compared with what the database holds.
//!
//! `CHAOS_SECONDS` makes it longer, `CHAOS_SEED` repeats what was drawn (not what the machine made of it).
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "chaos/checker.rs"]
mod checker;
#[path = "chaos/client.rs"]
mod client;
#[path = "chaos/dice.rs"]
mod dice;
#[path = "chaos/killer.rs"]
mod killer;
#[path = "chaos/line.rs"]
mod line;
#[path = "chaos/notebook.rs"]
mod notebook;
#[path = "support/postmaster.rs"]
mod postmaster;
#[path = "chaos/salaries.rs"]
mod salaries;
#[expect(dead_code, reason = "most of it is for the other tests")]
mod support;
#[path = "chaos/treasurer.rs"]
mod treasurer;
#[path = "chaos/watcher.rs"]
mod watcher;
#[expect(dead_code, reason = "some of it is for the other tests")]
#[path = "support/websocket.rs"]
mod websocket;
#[path = "chaos/world.rs"]
mod world;

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _, path::Path, process::Stdio, sync::Arc, time::Duration};

use checker::{Books, Summary};
use client::Client;
use dice::Dice;
use killer::{EACH_MIN, Killer, Victim};
use notebook::{Call, Notebook};
use pglocal::{Cluster, Options};
use rustix::process::Signal;
use support::Chatme;
use tokio::{
    sync::watch,
    task::{JoinSet, spawn_blocking},
    time::{Instant, timeout_at},
};
use world::{Person, World};

/// How long it lasts when nobody says otherwise.
const SECONDS: u64 = 60;
/// Clients: two for each person's purse.
const CLIENTS: usize = 16;
/// People of one address who say in a second what people say in minutes.
const SETTINGS: &[(&str, &str)] = &[("SOCKET_EVENT_RATE", "1000"), ("SOCKET_EVENT_BURST", "10000")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_nothing_acknowledged_is_lost_and_nothing_is_applied_twice() {
    let (seed, seconds) = (dice::seed(), dice::setting("CHAOS_SECONDS").unwrap_or(SECONDS));
    println!("CHAOS_SEED={seed} CHAOS_SECONDS={seconds}");
    let mut dice = Dice::new(seed);
    // PostgreSQL may run as another user, who must find its way in.
    let directory = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
    let path = directory.path().to_owned();
    let server = spawn_blocking(move || Chatme::start_with(&path, SETTINGS, Stdio::null())).await.unwrap();
    let people = world::people(&server).await;
    let salaries = salaries::ask(directory.path(), &people).await;

    let (url, url_seen) = watch::channel(Some(server.url.clone()));
    let (over, is_over) = watch::channel(false);
    let (done, is_done) = watch::channel(false);
    let directory_path = directory.path().to_owned();
    let world = Arc::new(World { directory: directory_path, people: people.clone(), salaries, url: url_seen, is_over });
    let watcher = tokio::spawn(watcher::watch(Arc::clone(&world), is_done));
    let mut clients = JoinSet::new();
    clients.spawn(treasurer::grant(Arc::clone(&world), dice.child()));
    for number in 0..CLIENTS {
        clients.spawn(Client::new(&world, number, dice.child()).play());
    }

    let plan = killer::plan(seconds, &mut dice);
    let kills = |victim| plan.iter().filter(|(_, planned)| *planned == victim).count();
    assert!(kills(Victim::Server) >= EACH_MIN && kills(Victim::Postgres) >= EACH_MIN, "{plan:?}");
    let mut killer = Killer::new(directory.path(), SETTINGS, server, url);
    let begun = Instant::now();
    for (at, victim) in &plan {
        wait_until(begun + *at, &mut clients).await;
        println!("{at:?}: {victim:?} is killed");
        killer.kill(*victim).await;
    }
    wait_until(begun + Duration::from_secs(seconds), &mut clients).await;
    over.send(true).unwrap();
    let notebooks = clients.join_all().await;
    done.send(true).unwrap();
    let events = watcher.await.unwrap();
    assert_eq!(killer.server().stop(Signal::TERM).await, Some(0));

    let reads: u32 = notebooks.iter().map(|notebook| notebook.reads).sum();
    let by_socket: u32 = notebooks.iter().map(|notebook| notebook.by_socket).sum();
    let calls: Vec<Call> = notebooks.into_iter().flat_map(|notebook| notebook.calls).collect();
    let (count, told) = (calls.len(), events.len());
    let summary = check(directory.path(), people, calls, events).await;
    println!("{count} calls, {by_socket} answers to sockets, {reads} reads, {told} events, {summary:?}");
    // Else nothing was tried.
    assert!(summary.gifts > 100 && summary.exchanges > 5 && summary.grants > 5, "{summary:?}");
    assert!(by_socket > 0 && reads > 0, "{by_socket} {reads}");
    assert!(summary.approvals > 5 && summary.rejections > 5, "{summary:?}");
    assert!(summary.repeated > 0 && summary.refusals > 0 && told > 0, "{summary:?}");
}

/// Waits for a moment. A client that ends before has failed, and with it the test.
async fn wait_until(moment: Instant, clients: &mut JoinSet<Notebook>) {
    if let Ok(ended) = timeout_at(moment, clients.join_next()).await {
        panic!("a client has ended: {:?}", ended.unwrap().err());
    }
}

/// Lets the program audit the books, and compares them with the notebooks.
async fn check(directory: &Path, people: Vec<Person>, calls: Vec<Call>, events: Vec<watcher::Event>) -> Summary {
    let audited = support::command(directory, &["audit"]);
    assert!(audited.contains("the books are in order"), "{audited}");
    let place = directory.join("data/pg");
    let cluster = spawn_blocking(move || Cluster::start(&Options::new(place)).unwrap()).await.unwrap();
    let database = testkit::connect(&cluster.url("chatme")).await;
    let books = Books::read(&database).await;
    drop(database);
    assert!(spawn_blocking(move || cluster.stop()).await.unwrap(), "PostgreSQL stops with the last who needs it");
    books.compare(&people, &calls, events)
}
