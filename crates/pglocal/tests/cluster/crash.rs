//! `kill -9` of everything that can be killed.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    process::Command,
};

use pglocal::{Cluster, Options};

use crate::{
    holder::Holder,
    support::{Dir, eventually, is_running, kill, query},
};

#[test]
fn a_killed_server_is_revived() {
    let dir = Dir::new();
    let mut cluster = Cluster::start(&Options::new(dir.path())).unwrap();
    query(&cluster, "postgres", "CREATE TABLE kept AS SELECT 42 AS answer").unwrap();
    assert!(!cluster.revive().unwrap(), "nothing to do");
    for _ in 0..3 {
        kill(&[dir.postmaster()]);
        eventually("its death is noticed", || !cluster.is_alive());
        assert!(cluster.revive().unwrap());
        assert!(cluster.is_alive());
        assert_eq!(query(&cluster, "postgres", "SELECT answer FROM kept").unwrap(), ["42"]);
    }
    assert!(cluster.stop());
    dir.assert_quiet();
}

#[test]
fn a_server_killed_amid_busy_sessions_is_revived() {
    let dir = Dir::new();
    let mut cluster = Cluster::start(&Options::new(dir.path())).unwrap();
    let url = cluster.url("postgres");
    // Does not look up from its work, so it outlives the server that is its parent for a while.
    let work = "SELECT count(*) FROM generate_series(1, 20000000)";
    let session = std::thread::spawn(move || crate::support::query_url(&url, work));
    let busy = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%generate_series%' AND pid <> pg_backend_pid()";
    eventually("the session works", || query(&cluster, "postgres", busy).unwrap() == ["1"]);
    kill(&[dir.postmaster()]);
    eventually("its death is noticed", || !cluster.is_alive());
    assert!(cluster.revive().unwrap());
    assert_eq!(query(&cluster, "postgres", "SELECT 1").unwrap(), ["1"]);
    drop(session.join().unwrap());
}

#[test]
fn all_holders_find_back_to_a_revived_server() {
    let dir = Dir::new();
    let mut first = Cluster::start(&dir.throw_away()).unwrap();
    let mut second = Cluster::start(&dir.throw_away()).unwrap();
    kill(&[dir.postmaster()]);
    eventually("its death is noticed", || !first.is_alive() && !second.is_alive());
    let revived = std::thread::scope(|scope| {
        let both = [&mut first, &mut second].map(|cluster| scope.spawn(|| cluster.revive().unwrap()));
        both.map(|one| one.join().unwrap())
    });
    assert!(revived.contains(&true));
    assert!(first.is_alive() && second.is_alive());
    assert!(!first.stop(), "the second holds the new server");
    assert_eq!(query(&second, "postgres", "SELECT 1").unwrap(), ["1"]);
    assert!(second.stop());
    dir.assert_quiet();
}

#[test]
fn after_a_kill_of_everything_no_commit_is_lost() {
    let dir = Dir::new();
    for round in 1..=3 {
        let mut holder = Holder::durable(&dir.path());
        assert!(holder.started());
        let cluster = Cluster::start(&Options::new(dir.path())).unwrap();
        if round == 1 {
            query(&cluster, "postgres", "CREATE TABLE coins (n int)").unwrap();
        }
        query(&cluster, "postgres", &format!("INSERT INTO coins SELECT generate_series(1, {round}000)")).unwrap();
        // Before ourselves, so that nobody has time for an orderly end.
        kill(&dir.processes());
        holder.kill();
        drop(cluster);
    }
    let cluster = Cluster::start(&Options::new(dir.path())).unwrap();
    assert!(cluster.started_here());
    assert_eq!(query(&cluster, "postgres", "SELECT count(*) FROM coins").unwrap(), ["6000"]);
    assert!(cluster.stop());
    dir.assert_quiet();
}

#[test]
fn a_killed_watchdog_is_noticed_and_replaced() {
    let dir = Dir::new();
    let mut cluster = Cluster::start(&dir.throw_away()).unwrap();
    let postmaster = dir.postmaster();
    kill(&dir.shells());
    eventually("its death is noticed", || !cluster.is_alive());
    assert!(is_running(postmaster));
    assert!(cluster.revive().unwrap());
    assert!(cluster.is_alive() && !is_running(postmaster));
    assert!(cluster.stop());
    dir.assert_quiet();
}

/// The worst mixture: the server and the parent shell gone, the shell at the pipe left, and somebody who holds it.
#[test]
fn half_a_watchdog_does_not_block_the_next_server() {
    let dir = Dir::new();
    let mut first = Holder::throw_away(&dir.path());
    assert!(first.started());
    let postmaster = dir.postmaster();
    let parent = parent(postmaster);
    assert!(dir.shells().contains(&parent));
    kill(&[parent, postmaster]);

    let cluster = Cluster::start(&dir.throw_away()).unwrap();
    assert!(cluster.started_here() && cluster.is_alive());
    first.kill();
    dir.shells(); // two, so the old one has ended
    assert!(cluster.is_alive(), "without harm to the new server");
    assert_eq!(query(&cluster, "postgres", "SELECT 1").unwrap(), ["1"]);
    assert!(cluster.stop());
    dir.assert_quiet();
}

/// As in a container that is started again: the number in the lock file belongs to another process of the same user.
#[test]
fn a_lock_file_with_somebody_elses_number_is_stale() {
    let dir = Dir::new();
    let cluster = Cluster::start(&Options::new(dir.path())).unwrap();
    let lock = dir.data().join("postmaster.pid");
    let left = fs::read_to_string(&lock).unwrap();
    let owner = fs::metadata(dir.data()).unwrap();
    assert!(cluster.stop());

    let mut other = Command::new("sleep").arg("60").uid(owner.uid()).gid(owner.gid()).spawn().unwrap();
    let rest = left.split_once('\n').unwrap().1;
    fs::write(&lock, format!("{}\n{rest}", other.id())).unwrap();
    fs::write(dir.path().join("s/.s.PGSQL.5432.lock"), format!("{}\n{rest}", other.id())).unwrap();

    let cluster = Cluster::start(&Options::new(dir.path())).unwrap();
    assert_eq!(query(&cluster, "postgres", "SELECT 1").unwrap(), ["1"]);
    assert!(other.try_wait().unwrap().is_none(), "the other process was let be");
    assert!(cluster.stop());
    other.kill().unwrap();
    other.wait().unwrap();
}

fn parent(pid: i32) -> i32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
}
