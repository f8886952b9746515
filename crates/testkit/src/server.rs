//! The server that the test databases live on.

use std::{
    env,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use pglocal::{Cluster, Options};
use tokio::task::spawn_blocking;
use tokio_postgres::{Client, NoTls};

/// The database that every cluster has.
const MAINTENANCE: &str = "postgres";

/// Many tests at once, each with a pool.
const CONNECTIONS_MAX: u16 = 400;

/// The server waits so long for another test process before it stops.
const LINGER_SECONDS: u32 = 3;

/// What cargo leaves in the root of its target directory.
const TARGET_MARK: &str = "CACHEDIR.TAG";

enum Server {
    /// Named by `TEST_DATABASE_URL`.
    Given(String),
    /// Held until the process ends.
    Private(Cluster),
}

static SERVER: LazyLock<Server> = LazyLock::new(|| match env::var("TEST_DATABASE_URL") {
    Ok(url) if !url.is_empty() => Server::Given(url),
    _ => {
        let options = Options::new(target_directory().join("test-pg"))
            .throw_away()
            .max_connections(CONNECTIONS_MAX)
            .linger_seconds(LINGER_SECONDS);
        match Cluster::start(&options) {
            Ok(cluster) => Server::Private(cluster),
            Err(error) => panic!("there is no server for the tests: {error}\n{error:?}"),
        }
    }
});

/// A connection to the server's maintenance database. Starts the server if need be.
pub(crate) async fn connect() -> Client {
    let server = spawn_blocking(|| &*SERVER).await.expect("the test server starts");
    let url = match server {
        Server::Given(url) => url.clone(),
        Server::Private(cluster) => cluster.url(MAINTENANCE),
    };
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    client
}

/// The URL of a database on the server.
pub(crate) fn url(database: &str) -> String {
    match &*SERVER {
        Server::Given(url) => replace_database(url, database),
        Server::Private(cluster) => cluster.url(database),
    }
}

/// The same URL with another database.
fn replace_database(url: &str, database: &str) -> String {
    let (place, options) = url.split_at(url.find('?').unwrap_or(url.len()));
    let (scheme, rest) = place.split_once("://").unwrap_or(("postgres", place));
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    format!("{scheme}://{host}/{database}{options}")
}

/// The directory that cargo builds into: the nearest above the running test program that looks like one.
fn target_directory() -> PathBuf {
    let program = env::current_exe().expect("the test program has a path");
    let marked = program.ancestors().find(|directory| directory.join(TARGET_MARK).is_file());
    // Without a mark, as in an unpacked archive of nextest: `target/<profile>/deps/<program>`.
    let usual = || program.ancestors().nth(3);
    marked.or_else(usual).map(Path::to_owned).expect("test programs are in target/<profile>/deps")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        let cases = [
            ("postgres://u@h:1/a?b=c", "postgres://u@h:1/d?b=c"),
            ("postgres://u@h/a", "postgres://u@h/d"),
            ("postgres://u@h", "postgres://u@h/d"),
            ("postgres://u@h?host=/run/postgresql", "postgres://u@h/d?host=/run/postgresql"),
            ("postgresql://u:p@%2Frun%2Fpg/", "postgresql://u:p@%2Frun%2Fpg/d"),
        ];
        for (url, expected) in cases {
            assert_eq!(replace_database(url, "d"), expected, "{url}");
        }
    }

    #[test]
    fn the_target_directory_is_where_cargo_builds() {
        assert!(target_directory().join(TARGET_MARK).is_file());
    }
}
