//! What is asked of the operating system for connections.

use std::time::Duration;

use actix_web::rt::net::TcpStream;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files of the process beside its connections: logs, pictures, what the runtime needs.
const OTHER_FILES: u64 = 256;

/// Lets the process open as many files as `connections` need, as far as the system allows.
pub(crate) fn raise_file_limit(connections: u64) {
    let needed = connections.saturating_add(OTHER_FILES);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` means that there is no limit.
    if current.is_none_or(|current| current >= needed) {
        return;
    }
    let possible = maximum.map_or(needed, |maximum| maximum.min(needed));
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum }) {
        tracing::warn!(%error, needed, "the limit of open files (ulimit -n) was not raised");
    } else if possible < needed {
        tracing::warn!(possible, needed, "the hard limit of open files (ulimit -Hn) is too low for HTTP_CONNECTIONS");
    }
}

/// Gives an accepted connection up when its client does not acknowledge for so long what was sent to it. Otherwise the
/// system keeps it for a quarter of an hour. On Linux; elsewhere nothing is done.
pub(crate) fn limit_silence(connection: &TcpStream, patience: Duration) {
    #[cfg(target_os = "linux")]
    {
        let milliseconds = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(connection, milliseconds) {
            tracing::debug!(%error, "a connection has no time limit");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (connection, patience);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_accepted_connection_gets_its_limit() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, _client) = tokio::join!(listener.accept(), client);
        let (stream, _) = accepted.unwrap();
        limit_silence(&stream, Duration::from_millis(1_234));
        assert_eq!(rustix::net::sockopt::tcp_user_timeout(&stream).unwrap(), 1_234);
    }

    #[test]
    fn the_limit_of_files_is_raised_as_far_as_the_system_allows() {
        let Rlimit { maximum: Some(maximum), .. } = getrlimit(Resource::Nofile) else { return };
        raise_file_limit(maximum);
        let after = getrlimit(Resource::Nofile);
        assert_eq!((after.current, after.maximum), (Some(maximum), Some(maximum)));
        raise_file_limit(1);
        assert_eq!(getrlimit(Resource::Nofile), after, "it is never lowered");
    }
}
