//! Directories: long ones, closed ones, wrong ones.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
};

use pglocal::{Cluster, Error, Options};

use crate::support::{Dir, query};

#[test]
fn a_path_too_long_for_a_socket_works() {
    let dir = Dir::new();
    let long = dir.path().join("a, long \"path\"".repeat(10));
    let cluster = Cluster::start(&Options::new(&long).throw_away()).unwrap();
    assert!(cluster.url("postgres").contains("%2Ftmp%2Fpglocal-"));
    assert_eq!(query(&cluster, "postgres", "SELECT 1").unwrap(), ["1"]);
    let second = Cluster::start(&Options::new(&long).throw_away()).unwrap();
    assert!(!second.started_here());
    let sockets = query(&cluster, "postgres", "SHOW unix_socket_directories").unwrap().remove(0);
    drop(second);
    assert!(cluster.stop());
    fs::remove_dir(sockets.trim_matches('"')).unwrap();
}

#[test]
fn a_path_with_odd_characters_works() {
    let dir = Dir::new();
    let odd = dir.path().join("a, \"b\" %20 'ü' $x");
    let cluster = Cluster::start(&Options::new(&odd).throw_away()).unwrap();
    assert_eq!(query(&cluster, "postgres", "SELECT 1").unwrap(), ["1"]);
    assert!(Cluster::start(&Options::new(&odd).throw_away()).is_ok_and(|second| !second.started_here()));
    assert!(cluster.stop());
}

#[test]
fn everything_is_private() {
    let dir = Dir::new();
    let cluster = Cluster::start(&dir.throw_away()).unwrap();
    for private in [dir.path(), dir.path().join("s"), cluster.data_dir()] {
        let found = fs::metadata(&private).unwrap();
        assert_eq!(found.mode() & 0o777, 0o700, "{}", private.display());
        if rustix::process::geteuid().is_root() {
            assert_ne!(found.uid(), 0, "{}", private.display());
        }
    }
}

#[test]
fn as_root_a_cluster_out_of_the_servers_reach_moves() {
    if !rustix::process::geteuid().is_root() {
        return; // everybody else runs the server as themselves
    }
    let closed = tempfile::tempdir().unwrap();
    fs::set_permissions(closed.path(), Permissions::from_mode(0o700)).unwrap();
    let asked = closed.path().join("pg");
    let cluster = Cluster::start(&Options::new(&asked).throw_away()).unwrap();
    assert_eq!(query(&cluster, "postgres", "SELECT 1").unwrap(), ["1"]);
    let note = fs::read_to_string(asked.join("MOVED")).unwrap();
    let moved = Path::new(note.trim());
    assert!(moved.starts_with("/var/lib"), "{note}");
    assert_eq!(cluster.data_dir(), moved.join("data"));
    assert!(Cluster::start(&Options::new(&asked).throw_away()).is_ok_and(|second| !second.started_here()));
    assert!(cluster.stop());
    fs::remove_dir_all(moved).unwrap();
}

#[test]
fn a_directory_with_other_things_in_it_is_left_alone() {
    let dir = Dir::new();
    fs::create_dir(dir.path()).unwrap();
    fs::write(dir.path().join("thesis.txt"), "").unwrap();
    let before = fs::metadata(dir.path()).unwrap();
    let error = Cluster::start(&Options::new(dir.path())).unwrap_err();
    assert!(matches!(error, Error::ForeignDirectory { .. }), "{error:?}");
    let after = fs::metadata(dir.path()).unwrap();
    assert_eq!((after.uid(), after.mode()), (before.uid(), before.mode()));
}

#[test]
fn nothing_is_written_through_a_link_that_the_servers_user_planted() {
    let dir = Dir::new();
    assert!(Cluster::start(&dir.throw_away()).unwrap().stop());
    let victim = dir.path().with_file_name("victim");
    fs::write(&victim, "precious").unwrap();
    let before = fs::metadata(&victim).unwrap();
    for name in ["state", "holders", "holders.lock", "lock", "THROW_AWAY", "server.log"] {
        let planted = dir.path().join(name);
        let kept = fs::rename(&planted, planted.with_extension("kept"));
        symlink(&victim, &planted).unwrap();
        // Some are in the way of a start, some are made anew.
        drop(Cluster::start(&dir.throw_away()));
        let after = fs::metadata(&victim).unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious", "{name}");
        assert_eq!((after.uid(), after.mode()), (before.uid(), before.mode()), "{name}");
        fs::remove_file(&planted).unwrap();
        if kept.is_ok() {
            fs::rename(planted.with_extension("kept"), &planted).unwrap();
        }
    }
    assert!(Cluster::start(&dir.throw_away()).unwrap().stop());
}

#[test]
fn durable_and_throw_away_do_not_mix() {
    let dir = Dir::new();
    drop(Cluster::start(&dir.throw_away()).unwrap());
    let error = Cluster::start(&Options::new(dir.path())).unwrap_err();
    assert!(matches!(error, Error::OtherKind { made: "throw-away", asked: "durable", .. }), "{error:?}");
    assert!(Cluster::start(&dir.throw_away()).is_ok());
}
