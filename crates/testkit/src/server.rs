//! The server that the test databases live on.

use std::{
    env,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use pglocal::{Cluster, Options};

/// The database that every cluster has.
const MAINTENANCE: &str = "postgres";
/// Many tests at once, each with a pool.
const CONNECTIONS_MAX: u16 = 400;
/// The server waits so long for another test process before it stops.
const LINGER_SECONDS: u32 = 3;

enum Server {
    /// Named by `TEST_DATABASE_URL`.
    Given(String),
    /// Held until the process ends.
    Private(Cluster),
}

static SERVER: LazyLock<Server> = LazyLock::new(|| match env::var("TEST_DATABASE_URL") {
    Ok(url) if !url.is_empty() => Server::Given(url),
    _ => {
        let directory = target_directory().join("test-pg");
        let options =
            Options::new(directory).throw_away().max_connections(CONNECTIONS_MAX).linger_seconds(LINGER_SECONDS);
        Server::Private(Cluster::start(&options).expect("the private test server starts"))
    }
});

pub(crate) fn maintenance_url() -> String {
    match &*SERVER {
        Server::Given(url) => url.clone(),
        Server::Private(cluster) => cluster.url(MAINTENANCE),
    }
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
    let (place, options) = url.split_once('?').map_or((url, None), |(place, options)| (place, Some(options)));
    let base = place.rsplit_once('/').map_or(place, |(base, _)| base);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    format!("{base}/{database}{options}")
}

/// The directory that cargo builds into: the one above `debug/deps`, where test programs are.
fn target_directory() -> PathBuf {
    let program = env::current_exe().expect("the test program has a path");
    program.ancestors().nth(3).map(Path::to_owned).expect("test programs are in target/<profile>/deps")
}

#[cfg(test)]
mod tests {
    use super::replace_database;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        assert_eq!(replace_database("postgres://u@h:1/a?b=c", "d"), "postgres://u@h:1/d?b=c");
        assert_eq!(replace_database("postgres://u@h/a", "d"), "postgres://u@h/d");
    }
}
