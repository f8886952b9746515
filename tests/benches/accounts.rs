//! What a start, an idle server and logins cost: `cargo bench -p e2e --bench accounts`, on the release binary.
//!
//! Prints each figure beside its goal, and fails when one is missed.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on has failed")]

#[expect(dead_code, reason = "shared with the tests")]
#[path = "../support.rs"]
mod support;

use std::{
    fs,
    process::{ExitCode, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};
use rustix::process::Signal;
use serde_json::{Value, json};
use support::Chatme;

const SETTINGS: [(&str, &str); 3] = [
    ("LOGIN_RATE_FAILURES", "1000000"),
    ("LOGIN_RATE_ACCOUNT_PER_HOUR", "1000000"),
    ("REGISTER_RATE_PER_HOUR", "1000000"),
];
const LOGINS_OF_A_KIND: usize = 200;
const PARALLEL_LOGINS: usize = 100;
const MIB: f64 = 1024.0 * 1024.0;

/// Prints a figure and whether it meets its goal.
fn figure(name: &str, value: f64, unit: &str, goal_max: f64) -> bool {
    let is_met = value <= goal_max;
    println!("{name:<58} {value:>9.3} {unit:<5} goal ≤ {goal_max} {}", if is_met { "" } else { "MISSED" });
    is_met
}

/// Memory in the main memory now, in MiB, or the most ever (`VmHWM`).
fn memory(server: &Chatme, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).unwrap().as_secs_f64() * 1_000.0
}

async fn timed_login(server: &Chatme, account: &Value) -> (u16, Duration) {
    let begun = Instant::now();
    let (status, _) = server.post("/api/login", None, account).await;
    (status, begun.elapsed())
}

/// The relative difference between the medians of failed logins to a known and to unknown accounts.
async fn guessing_time(server: &Chatme) -> f64 {
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..LOGINS_OF_A_KIND {
        let known = json!({"phone": "089123456789", "password": "wrong-password"});
        let stranger = json!({"phone": format!("0812{number:07}"), "password": "wrong-password"});
        for (account, times) in [(known, &mut wrong), (stranger, &mut unknown)] {
            let (status, time) = timed_login(server, &account).await;
            assert_eq!(status, 401);
            times.push(time);
        }
    }
    let (wrong, unknown) = (median(wrong), median(unknown));
    println!("failed logins, known {wrong:.2} ms, unknown {unknown:.2} ms");
    (wrong - unknown).abs() / wrong
}

/// Logs in many times at once while the catalogue is read; answers how many were refused or neither, and the slowest read.
async fn parallel_logins(server: &Chatme, account: &Value) -> (usize, usize, f64) {
    let is_over = AtomicBool::new(false);
    let logins = async {
        let answers = join_all((0..PARALLEL_LOGINS).map(|_| timed_login(server, account))).await;
        is_over.store(true, Ordering::Relaxed);
        answers
    };
    let reads = async {
        let mut slowest = Duration::ZERO;
        while !is_over.load(Ordering::Relaxed) {
            let begun = Instant::now();
            assert_eq!(server.get("/api/gifts", None).await.0, 200);
            slowest = slowest.max(begun.elapsed());
        }
        slowest
    };
    let (answers, slowest) = join(logins, reads).await;
    let of = |wanted: u16| answers.iter().filter(|(status, _)| *status == wanted).count();
    let (answered, refused) = (of(200), of(429));
    (PARALLEL_LOGINS - answered, PARALLEL_LOGINS - answered - refused, slowest.as_secs_f64() * 1_000.0)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let directory = tempfile::tempdir().unwrap();
    let size = fs::metadata(&*support::BINARY).unwrap().len();
    let start = |name, goal| {
        let begun = Instant::now();
        let server = Chatme::start_with(directory.path(), &SETTINGS, Stdio::null());
        (server, figure(name, begun.elapsed().as_secs_f64(), "s", goal))
    };
    let (server, is_first_fast) = start("a first start, to the banner", 5.0);
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
    let (server, is_later_fast) = start("a later start, to the banner", 1.0);
    assert_eq!(server.get("/health/ready", None).await.0, 200);
    let account = json!({"phone": "089123456789", "password": "test123"});
    assert_eq!(server.post("/api/register", None, &account).await.0, 200);

    let mut is_good = is_first_fast & is_later_fast;
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a size to be shown")]
    let size_mib = size as f64 / MIB;
    is_good &= figure("the binary", size_mib, "MiB", 40.0);
    is_good &= figure("memory when idle, without the database", memory(&server, "VmRSS"), "MiB", 60.0);
    is_good &= figure("failed logins: difference of the medians", guessing_time(&server).await * 100.0, "%", 5.0);
    let before = memory(&server, "VmRSS");
    let (unanswered, lost, slowest) = parallel_logins(&server, &account).await;
    for (name, count, goal) in [
        ("100 parallel logins: not logged in", unanswered, 34.0),
        ("100 parallel logins: neither logged in nor told to wait", lost, 0.0),
    ] {
        is_good &= figure(name, f64::from(u32::try_from(count).unwrap()), "", goal);
    }
    is_good &= figure("100 parallel logins: more memory", memory(&server, "VmHWM") - before, "MiB", 100.0);
    is_good &= figure("100 parallel logins: slowest read of the catalogue", slowest, "ms", 1_000.0);
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
