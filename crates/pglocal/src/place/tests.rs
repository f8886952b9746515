use std::{fs::Permissions, os::unix::fs::PermissionsExt};

use super::*;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
                      nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n\
                      postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\n";

#[test]
fn the_servers_user_is_postgres_where_there_is_one() {
    assert_eq!(unprivileged(PASSWD), Some(User { uid: 101, gid: 104 }));
    let without = PASSWD.replace("postgres:", "someone:");
    assert_eq!(unprivileged(&without), Some(User { uid: 65534, gid: 65533 }));
    assert_eq!(unprivileged("root:x:0:0:root:/root:/bin/bash\n"), None);
    assert_eq!(unprivileged("postgres:x:broken\n"), None);
}

#[test]
fn a_closed_directory_stops_the_servers_user() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let stranger = User { uid: 54_321, gid: 54_321 };
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    assert!(reachable(&inner, stranger));
    fs::set_permissions(dir.path(), Permissions::from_mode(0o700)).unwrap();
    assert!(!reachable(&inner, stranger));
    assert!(!reachable(&dir.path().join("missing"), stranger));
}

#[test]
fn a_long_path_gets_a_short_socket() {
    let place = |base: &str| Place { base: PathBuf::from(base), user: None };
    assert_eq!(place("/srv/app").socket(), Path::new("/srv/app/s/.s.PGSQL.5432"));
    let long = place(&format!("/srv/{}", "x".repeat(200)));
    assert!(long.socket().as_os_str().as_bytes().len() < 50);
    assert_ne!(long.socket(), place(&format!("/srv/{}", "y".repeat(200))).socket());
    let longest = SOCKET_PATH_MAX - "/s/".len() - SOCKET.len();
    assert!(!place(&format!("/{}", "x".repeat(longest - 1))).socket().starts_with("/tmp"));
    assert!(place(&format!("/{}", "x".repeat(longest))).socket().starts_with("/tmp"));
}

#[test]
fn fingerprints_never_change() {
    assert_eq!(fingerprint(Path::new("/root/chatme/data/pg")), "d912783341f9d294");
}

#[test]
fn a_directory_with_other_things_in_it_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(".gitkeep"), "").unwrap();
    assert!(refuse_foreign(dir.path()).is_ok());
    fs::write(dir.path().join("thesis.txt"), "").unwrap();
    assert!(matches!(refuse_foreign(dir.path()), Err(Error::ForeignDirectory { .. })));
    fs::write(dir.path().join("lock"), "").unwrap();
    assert!(refuse_foreign(dir.path()).is_ok());
}

#[test]
fn a_taken_lock_is_waited_for_until_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place { base: dir.path().to_owned(), user: None };
    let held = place.lock(Instant::now()).unwrap();
    assert!(matches!(place.lock(Instant::now()), Err(Error::Busy { .. })));
    drop(held);
    assert!(place.lock(Instant::now()).is_ok());
}
