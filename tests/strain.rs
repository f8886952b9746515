//! The built server under clients that hurt others: what it costs, seen from the operating system.
//!
//! H-nn names a known weakness of this family of protocols: one that others had, and that must not be ours.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "strain/client.rs"]
mod client;
#[path = "strain/process.rs"]
mod process;
#[expect(dead_code, reason = "most of it is for the other tests")]
mod support;
#[path = "support/websocket.rs"]
mod websocket;

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use client::Client;
use futures_util::future::join_all;
use process::Process;
use rustix::process::Signal;
use serde_json::{Value, json};
use support::Chatme;
use tempfile::TempDir;
use tokio::time::{MissedTickBehavior, interval, timeout};
use websocket::Ended;

const KIB: u64 = 1_024;
const MIB: u64 = 1_024 * KIB;
/// How long something may take that takes no time of its own.
const PATIENCE: Duration = Duration::from_mins(1);
/// Clients of one address that say in a second what people say in minutes.
const SETTINGS: [(&str, &str); 5] = [
    ("SOCKETS_PER_ADDRESS", "20000"),
    ("SOCKET_EVENT_RATE", "1000"),
    ("SOCKET_EVENT_BURST", "10000"),
    ("CHAT_RATE", "1000"),
    ("CHAT_BURST", "10000"),
];

/// A server, and its process.
fn start(directory: &TempDir) -> (Chatme, Process) {
    process::raise_file_limit();
    let server = Chatme::start_with(directory.path(), &SETTINGS, Stdio::null());
    let process = Process(server.id());
    (server, process)
}

async fn token(server: &Chatme) -> String {
    let account = json!({"phone": "081255500001", "password": "test123", "name": "Speaker"});
    server.post("/api/register", None, &account).await;
    let (_, login) = server.post("/api/login", None, &account).await;
    login.get("token").and_then(Value::as_str).unwrap().to_owned()
}

/// Waits until no more files are open than there were.
async fn until_files_are_back(process: &Process, base: usize) {
    let waited = timeout(PATIENCE, async {
        let mut look = interval(Duration::from_millis(50));
        while process.open_files() > base {
            look.tick().await;
        }
    });
    assert!(waited.await.is_ok(), "{} files are open, {base} were", process.open_files());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_that_never_read_cost_their_room_nothing() {
    const HEALTHY: usize = 50;
    const DEAD: usize = 200;
    const SECONDS: usize = 60;
    /// Two of them are 4 KiB: a message may have 500 characters, of four bytes each.
    const MESSAGES_PER_SECOND: usize = 200;
    /// A dead socket's connections stop taking anything within the first seconds.
    const GONE_AFTER: Duration = Duration::from_secs(50);

    let directory = tempfile::tempdir().unwrap();
    let (server, process) = start(&directory);
    let token = token(&server).await;
    let (files, memory) = (process.open_files(), process.resident_bytes());
    let mut healthy = join_all((0..HEALTHY).map(|_| Client::joined(&server.url, None))).await;
    let mut dead = join_all((0..DEAD).map(|_| Client::joined(&server.url, None))).await;
    let mut speaker = Client::joined(&server.url, Some(&token)).await;
    for client in healthy.iter_mut().chain(&mut dead).chain([&mut speaker]) {
        client.ask("live:join", &json!({"roomId": "crowded"})).await;
    }
    let with_all = process.open_files();
    assert!(with_all > files + HEALTHY + DEAD, "{with_all}");

    let messages = SECONDS * MESSAGES_PER_SECOND;
    let listening = healthy.into_iter().map(|client| tokio::spawn(client.listen("live:new-message", messages)));
    let listening: Vec<_> = listening.collect();
    let text = "\u{1f339}".repeat(496);
    let mut pace = interval(Duration::from_secs(1) / u32::try_from(MESSAGES_PER_SECOND).unwrap());
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let begun = Instant::now();
    let (mut gone_after, mut most_memory) = (None, 0);
    for number in 0..messages {
        pace.tick().await;
        let message = format!("{text}{}", number % 1_000);
        speaker.ask("live:message", &json!({"roomId": "crowded", "message": message})).await;
        if number % MESSAGES_PER_SECOND == 0 {
            most_memory = most_memory.max(process.resident_bytes());
            if gone_after.is_none() && process.open_files() <= with_all - DEAD {
                gone_after = Some(begun.elapsed());
            }
        }
    }
    let heard = timeout(PATIENCE, join_all(listening)).await.unwrap();
    assert!(heard.into_iter().all(|heard| heard.unwrap() == messages), "the healthy lost something");
    assert!(gone_after.is_some_and(|after| after <= GONE_AFTER), "the dead were gone after {gone_after:?}");
    let bound = memory + u64::try_from(DEAD).unwrap() * 384 * KIB + 32 * MIB;
    assert!(most_memory < bound, "{} MiB, of {} MiB", most_memory / MIB, bound / MIB);
    drop((speaker, dead));
    until_files_are_back(&process, files).await;
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn websockets_that_end_before_they_carry_their_session_leave_no_file_open() {
    let directory = tempfile::tempdir().unwrap();
    let (server, process) = start(&directory);
    drop(Client::joined(&server.url, None).await);
    let base = process.open_files();
    join_all((0..50).map(|_| Client::failed_probe(&server.url))).await;
    let begun = Instant::now();
    until_files_are_back(&process, base).await;
    assert!(begun.elapsed() < Duration::from_secs(20), "only with their sessions: {:?}", begun.elapsed());
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_21_gigabytes_that_are_announced_cost_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (server, process) = start(&directory);
    let sockets = join_all((0..32).map(|_| Client::joined(&server.url, None))).await;
    let before = process.resident_bytes();
    let ended = join_all(sockets.into_iter().map(|mut client| async move {
        client.announce(1 << 30).await;
        client.ended().await
    }));
    assert!(timeout(Duration::from_secs(5), ended).await.unwrap().iter().all(|ended| *ended == Ended::Code(1009)));
    let grown = process.resident_bytes().saturating_sub(before);
    assert!(grown < 8 * MIB, "{} KiB more", grown / KIB);
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_25_a_small_message_keeps_no_room_for_a_large_one() {
    const SOCKETS: usize = 5_000;

    let directory = tempfile::tempdir().unwrap();
    let (server, process) = start(&directory);
    let mut sockets = Vec::new();
    // Not more at once than the system's queue of new connections takes.
    while sockets.len() < SOCKETS {
        sockets.extend(join_all((0..100).map(|_| Client::joined(&server.url, None))).await);
    }
    let before = process.resident_bytes();
    for client in &mut sockets {
        // Ten bytes: `42` and a number, and this.
        client.ask("x", &json!(1)).await;
    }
    let grown = process.resident_bytes().saturating_sub(before) / u64::try_from(SOCKETS).unwrap();
    assert!(grown <= KIB, "{grown} bytes more for each");
    drop(sockets);
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h_07_a_thousand_resets_at_each_point_of_the_handshake_leave_no_file_open() {
    const RESETS: usize = 1_000;
    const AT_ONCE: usize = 20;

    let directory = tempfile::tempdir().unwrap();
    let (server, process) = start(&directory);
    // What the server opens once is open.
    drop(Client::joined(&server.url, None).await);
    let base = process.open_files();
    for point in client::POINTS {
        for _ in 0..RESETS / AT_ONCE {
            join_all((0..AT_ONCE).map(|_| Client::reset_at(&server.url, point))).await;
        }
        until_files_are_back(&process, base).await;
    }
    Client::joined(&server.url, None).await;
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
}
