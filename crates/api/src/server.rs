//! The HTTP server: built from a state, run until it is told to stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use actix_cors::Cors;
use actix_web::{
    App,
    http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName},
    middleware::{Compress, from_fn},
    web::Data,
};
use tokio::time::{Instant, timeout_at};

use crate::{
    bootstrap::{Deployment, StartError},
    config::{CorsOrigins, Settings},
    http::{routes, surround},
    lane::Lane,
    listener::{self, ConnectionLimits},
    state::AppState,
};

/// How long a browser may keep the answer to a preflight request, in seconds.
const PREFLIGHT_SECONDS: usize = 3_600;

/// A server that listens and is not run yet.
pub struct Server {
    state: Data<AppState>,
    settings: Settings,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on the address of the deployment's settings.
    ///
    /// # Errors
    /// [`StartError`], when there is no usable secret or the address cannot be had.
    pub fn bind(deployment: &Deployment) -> Result<Self, StartError> {
        let (settings, state) = (deployment.settings().clone(), deployment.state()?);
        let cannot_listen =
            |error| StartError::Io(format!("cannot listen on {}:{}", settings.host, settings.port), error);
        let listener = TcpListener::bind((settings.host, settings.port)).map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        Ok(Self { state: Data::new(state), settings, listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until `stop` is ready; then finishes what was accepted, within the settings' time.
    ///
    /// # Errors
    /// When the server fails, at its start or later, or does not finish in time.
    pub async fn run(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let settings = self.settings;
        let (state, cors) = (self.state.clone(), settings.cors.clone());
        let limits = ConnectionLimits {
            workers: settings.http_workers,
            connections: settings.http.connections,
            keep_alive: settings.http.keep_alive,
            head_timeout: settings.http.head_timeout,
            user_timeout: Some(settings.http.tcp_user_timeout),
            shutdown_timeout: settings.shutdown_timeout,
        };
        // The caller decides what a signal means: SIGINT drains too.
        let server = listener::serve(self.listener, &limits, move || {
            let app = App::new()
                .app_data(state.clone())
                .wrap(Compress::default())
                .wrap(cors_rules(&cors))
                .wrap(from_fn(surround));
            routes::add_to(app, &state.live)
        })?;
        let handle = server.handle();
        let mut running = tokio::spawn(server);
        tokio::select! {
            ended = &mut running => {
                // Without a listener the process would only look alive.
                self.state.readiness.stop();
                ended.map_err(io::Error::other)??;
                return Err(io::Error::other("the HTTP server ended by itself"));
            }
            () = stop => {}
        }
        // Before the listener is closed: whoever is still connected is told.
        self.state.readiness.stop();
        let deadline = Instant::now() + settings.shutdown_timeout;
        // Half of the time: what is left is for requests.
        self.state.live.stop(settings.shutdown_timeout / 2).await;
        drain(handle.stop(true), &[&self.state.money, &self.state.messages, &self.state.pictures], deadline).await?;
        match timeout_at(deadline, running).await {
            Ok(ended) => ended.map_err(io::Error::other)?,
            // Whoever is still connected is cut off by the end of the process.
            Err(_) => Ok(()),
        }
    }
}

/// Stops accepting, waits for the requests in work, then for those that nobody waits for any more, until the deadline.
async fn drain(stopped: impl Future<Output = ()>, lanes: &[&Lane], deadline: Instant) -> io::Result<()> {
    // A client that does not finish its request in time loses nothing that was accepted: that is in a lane.
    let _ = timeout_at(deadline, stopped).await;
    for lane in lanes {
        if !lane.drained(deadline).await {
            let text = "requests were still running when the time to stop was over";
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
    }
    Ok(())
}

fn cors_rules(origins: &CorsOrigins) -> Cors {
    let rules = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "DELETE"])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("idempotency-key")])
        .expose_headers([HeaderName::from_static("x-request-id"), HeaderName::from_static("retry-after")])
        .max_age(PREFLIGHT_SECONDS);
    match origins {
        CorsOrigins::Any => rules.allow_any_origin(),
        CorsOrigins::Listed(origins) => origins.iter().fold(rules, |rules, origin| rules.allowed_origin(origin)),
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn both_steps_of_a_stop_share_one_deadline() {
        let patience = Duration::from_secs(10);
        let (money, pictures) = (Lane::new(1, patience), Lane::new(1, patience));
        let begun = Instant::now();
        let slow = async {
            let _ = tokio::time::timeout(patience, pending::<()>()).await;
        };
        assert!(drain(slow, &[&money, &pictures], Instant::now() + patience).await.is_ok());
        // Nobody waits for this one any more, and it never ends.
        let abandoned = money.run(pending::<Result<(), crate::error::ApiError>>());
        assert!(tokio::time::timeout(Duration::from_secs(1), abandoned).await.is_err());
        let slow = async {
            let _ = tokio::time::timeout(patience, pending::<()>()).await;
        };
        assert!(drain(slow, &[&money, &pictures], Instant::now() + patience).await.is_err());
        assert!(begun.elapsed() <= patience * 2 + Duration::from_secs(2), "{:?}", begun.elapsed());
    }
}
