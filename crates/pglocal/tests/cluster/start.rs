//! Starting: the first time, later, at once, and in vain.

use std::{fs, path::Path};

use pglocal::{Cluster, Error, Options};

use crate::{
    holder::Holder,
    support::{Dir, query},
};

#[test]
fn a_first_start_creates_the_cluster_and_a_later_one_finds_it() {
    let dir = Dir::new();
    let options = Options::new(dir.path());

    let cluster = Cluster::start(&options).unwrap();
    assert!(cluster.started_here() && cluster.is_alive());
    assert_eq!(cluster.data_dir(), dir.data());
    assert!(cluster.ensure_database("chatme").unwrap(), "created");
    assert!(!cluster.ensure_database("chatme").unwrap(), "there already");
    query(&cluster, "chatme", "CREATE TABLE kept AS SELECT 42 AS answer").unwrap();
    for (name, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("listen_addresses", ""),
        ("lc_messages", "C"),
        ("server_encoding", "UTF8"),
    ] {
        assert_eq!(query(&cluster, "chatme", &format!("SHOW {name}")).unwrap(), [value], "{name}");
    }

    let second = Cluster::start(&options).unwrap();
    assert!(!second.started_here() && second.is_alive());
    assert!(!second.stop(), "the first holds on");
    assert!(cluster.stop(), "the last");
    dir.assert_quiet();

    let cluster = Cluster::start(&options).unwrap();
    assert_eq!(query(&cluster, "chatme", "SELECT answer FROM kept").unwrap(), ["42"]);
    assert!(dir.path().join("server.log.old").exists());
}

#[test]
fn of_three_starters_at_once_one_starts_the_server() {
    let dir = Dir::new();
    let mut holders = [(); 3].map(|()| Holder::throw_away(&dir.path()));
    let started = holders.each_mut().map(Holder::started);
    assert_eq!(started.iter().filter(|started| **started).count(), 1, "{started:?}");
    let postmaster = dir.postmaster();
    let ended = holders.map(Holder::leave);
    assert!(!ended[0] && !ended[1] && ended[2], "the last one to leave sees it go down: {ended:?}");
    assert!(!crate::support::is_running(postmaster));
    dir.assert_quiet();
}

#[test]
fn several_may_ask_for_a_database_at_once() {
    let dir = Dir::new();
    let cluster = Cluster::start(&dir.throw_away()).unwrap();
    let name = r#"it's "odd" ünïcode"#;
    let created = std::thread::scope(|scope| {
        let askers = [(); 4].map(|()| scope.spawn(|| cluster.ensure_database(name).unwrap()));
        askers.map(|asker| asker.join().unwrap()).iter().filter(|created| **created).count()
    });
    assert_eq!(created, 1);
    assert_eq!(query(&cluster, name, "SELECT current_database()").unwrap(), [name]);
}

#[test]
fn the_environment_has_no_say() {
    let dir = Dir::new();
    let mut holder = Holder::with_environment(
        &dir.path(),
        &[
            ("PGDATA", "/nonexistent"),
            ("PGPORT", "1"),
            ("PGHOST", "nowhere.invalid"),
            ("PGUSER", "nobody"),
            ("PGOPTIONS", "-c no_such_setting=1"),
            ("PGCLIENTENCODING", "LATIN1"),
            ("PG_GRANDPARENT_PID", "1"),
            ("LANG", "xx_XX.nonsense"),
            ("LC_MESSAGES", "xx_XX.nonsense"),
            ("TZ", "Mars/Olympus"),
        ],
    );
    assert!(holder.started());
    let cluster = Cluster::start(&Options::new(dir.path())).unwrap();
    assert_eq!(query(&cluster, "postgres", "SHOW timezone").unwrap(), ["UTC"]);
    drop(cluster);
    assert!(holder.leave());
}

#[test]
fn missing_programs_are_named_in_one_line() {
    let dir = Dir::new();
    let empty = Dir::new();
    let options = Options::new(dir.path()).programs(empty.path());
    let error = Cluster::start(&options).unwrap_err();
    assert!(matches!(error, Error::NoPrograms { .. }), "{error:?}");
    let text = error.to_string();
    for hint in ["make setup", "DATABASE_URL", &*empty.path().to_string_lossy()] {
        assert!(text.contains(hint), "{text}");
    }
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(!dir.data().exists());
}

#[test]
fn a_cluster_of_another_major_version_is_refused_untouched() {
    let dir = Dir::new();
    drop(Cluster::start(&Options::new(dir.path())).unwrap());
    let version = dir.data().join("PG_VERSION");
    let was = fs::read_to_string(&version).unwrap();
    fs::write(&version, "9999\n").unwrap();
    let error = Cluster::start(&Options::new(dir.path())).unwrap_err();
    assert!(matches!(&error, Error::WrongMajor { have, .. } if have == "9999"), "{error:?}");
    assert!(error.to_string().contains(was.trim()), "names what is installed: {error}");
    fs::write(&version, was).unwrap();
    assert!(Cluster::start(&Options::new(dir.path())).is_ok());
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let dir = Dir::new();
    drop(Cluster::start(&Options::new(dir.path())).unwrap());
    break_settings(&dir.data());
    let error = Cluster::start(&Options::new(dir.path())).unwrap_err();
    assert!(matches!(&error, Error::Start { tail, .. } if tail.contains("no_such_setting")), "{error:?}");
    dir.assert_quiet();
}

#[test]
fn a_throw_away_cluster_that_cannot_start_is_made_anew() {
    let dir = Dir::new();
    let cluster = Cluster::start(&dir.throw_away()).unwrap();
    assert_eq!(query(&cluster, "postgres", "SHOW fsync").unwrap(), ["off"]);
    drop(cluster);
    break_settings(&dir.data());
    let cluster = Cluster::start(&dir.throw_away()).unwrap();
    assert_eq!(query(&cluster, "postgres", "SELECT 1").unwrap(), ["1"]);
}

fn break_settings(data: &Path) {
    let path = data.join("postgresql.conf");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{text}\nno_such_setting = 1\n")).unwrap();
}
