//! The server lives as long as anybody holds it, and no longer.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use pglocal::{Cluster, Options};

use crate::{
    holder::Holder,
    support::{Dir, PATIENCE, eventually, is_running, kill, query},
};

#[test]
fn it_outlives_the_holder_that_started_it() {
    let dir = Dir::new();
    let mut starter = Holder::throw_away(&dir.path());
    assert!(starter.started());
    let cluster = Cluster::start(&dir.throw_away()).unwrap();
    assert!(!cluster.started_here());
    let postmaster = dir.postmaster();

    assert!(!starter.leave(), "one that is not the last leaves a running server");
    let mut third = Holder::throw_away(&dir.path());
    assert!(!third.started(), "and others can still join");
    third.kill();

    assert!(cluster.is_alive());
    assert_eq!(query(&cluster, "postgres", "SELECT 1").unwrap(), ["1"]);
    assert_eq!(dir.postmaster(), postmaster, "all the time the same server");
    assert!(cluster.stop());
    assert!(!is_running(postmaster), "`stop` of the last holder waits");
    dir.assert_quiet();
}

#[test]
fn it_outlives_a_starter_that_is_killed() {
    let dir = Dir::new();
    let mut starter = Holder::throw_away(&dir.path());
    assert!(starter.started());
    let cluster = Cluster::start(&dir.throw_away()).unwrap();
    starter.kill();
    for _ in 0..20 {
        assert_eq!(query(&cluster, "postgres", "SELECT 1").unwrap(), ["1"]);
    }
    assert!(cluster.is_alive());
    assert!(cluster.stop());
    dir.assert_quiet();
}

#[test]
fn a_killed_last_holder_leaves_no_orphan() {
    let dir = Dir::new();
    let mut holder = Holder::durable(&dir.path());
    assert!(holder.started());
    let postmaster = dir.postmaster();
    let begun = Instant::now();
    holder.kill();
    eventually("the server goes down", || !is_running(postmaster));
    let took = begun.elapsed();
    dir.assert_quiet();
    println!("down {took:?} after the kill");
}

#[test]
fn a_holder_killed_while_it_starts_leaves_no_orphan() {
    let dir = Dir::new();
    drop(Cluster::start(&dir.throw_away()).unwrap());
    for pause in 0..12_u64 {
        let holder = Holder::throw_away(&dir.path());
        // Not waiting for anything: the point is to hit every moment of a start.
        thread::sleep(Duration::from_millis(pause * 7));
        holder.kill();
        dir.assert_quiet();
    }
    let cluster = Cluster::start(&dir.throw_away()).unwrap();
    assert_eq!(query(&cluster, "postgres", "SELECT 1").unwrap(), ["1"]);
}

#[test]
fn a_holder_killed_while_it_creates_the_cluster_leaves_nothing_half_done() {
    let dir = Dir::new();
    for _ in 0..3 {
        let holder = Holder::durable(&dir.path());
        let begun = || {
            let entries = std::fs::read_dir(dir.path()).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).any(|path| path.join("PG_VERSION").exists())
        };
        eventually("initdb has begun", begun);
        holder.kill();
        assert!(!dir.data().exists());
    }
    // At once, while the `initdb` of the killed may still run.
    let cluster = Cluster::start(&Options::new(dir.path())).unwrap();
    assert_eq!(query(&cluster, "postgres", "SELECT 1").unwrap(), ["1"]);
    assert!(cluster.stop());
    dir.assert_quiet();
}

#[test]
fn children_of_a_holder_do_not_hold() {
    let dir = Dir::new();
    let cluster = Cluster::start(&dir.throw_away()).unwrap();
    let mut child = Command::new("sleep").arg(PATIENCE.as_secs().to_string()).spawn().unwrap();
    assert!(cluster.stop(), "down although the child lives");
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn open_sessions_do_not_keep_it() {
    let dir = Dir::new();
    let cluster = Cluster::start(&dir.throw_away()).unwrap();
    let url = cluster.url("postgres");
    let session = thread::spawn(move || crate::support::query_url(&url, "SELECT pg_sleep(60)"));
    let asleep = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND wait_event = 'PgSleep'";
    eventually("the session sleeps", || query(&cluster, "postgres", asleep).unwrap() == ["1"]);
    assert!(cluster.stop());
    assert!(session.join().unwrap().is_err(), "its statement was cut off");
}

/// Everybody comes and goes as fast as possible, some by `kill -9`, so that newcomers meet the server in every state.
/// Whoever has got a cluster must be able to use it.
#[test]
fn coming_and_going_at_once_never_leaves_anybody_without_a_server() {
    const ROUNDS: u32 = 12;
    let dir = Dir::new();
    thread::scope(|scope| {
        for name in 0..3 {
            let dir = &dir;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let cluster = Cluster::start(&dir.throw_away()).unwrap();
                    for _ in 0..3 {
                        let answer = query(&cluster, "postgres", "SELECT 1");
                        assert!(answer.is_ok_and(|rows| rows == ["1"]), "{name}, round {round}");
                    }
                    assert!(cluster.is_alive(), "{name}, round {round}");
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..ROUNDS {
                let mut holder = Holder::throw_away(&dir.path());
                holder.started();
                holder.kill();
            }
        });
    });
    dir.assert_quiet();
}

#[test]
fn with_linger_it_waits_for_the_next_holder() {
    let dir = Dir::new();
    let options = dir.throw_away().linger_seconds(2);
    let first = Cluster::start(&options).unwrap();
    let postmaster = dir.postmaster();
    let begun = Instant::now();
    assert!(!first.stop());
    assert!(begun.elapsed().as_millis() < 1_000, "and keeps nobody waiting");
    let second = Cluster::start(&options).unwrap();
    assert!(!second.started_here());
    assert_eq!(dir.postmaster(), postmaster);
    // Past the end of the first linger, the second still holds.
    let sleeping = query(&second, "postgres", "SELECT pg_sleep(3)");
    assert!(sleeping.is_ok() && second.is_alive());
    drop(second);
    dir.assert_quiet();
}

#[test]
fn a_watchdog_killed_outright_does_not_leave_the_server_untied() {
    let dir = Dir::new();
    let mut first = Holder::throw_away(&dir.path());
    assert!(first.started());
    let postmaster = dir.postmaster();
    kill(&dir.shells());
    first.kill();
    assert!(is_running(postmaster), "nobody is left to stop it");
    let cluster = Cluster::start(&dir.throw_away()).unwrap();
    assert!(cluster.started_here(), "the next start does, and starts another");
    assert!(!is_running(postmaster));
    drop(cluster);
    dir.assert_quiet();
}
