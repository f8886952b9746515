//! The HTTP server: built from a state, run until it is told to stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_cors::Cors;
use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName},
    middleware::{Compress, from_fn},
    web::Data,
};

use crate::{
    bootstrap::{Deployment, StartError},
    config::{CorsOrigins, Settings},
    http::{access_log, routes},
    state::AppState,
};

/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Connections of one worker at once.
const CONNECTIONS_PER_WORKER_MAX: usize = 12_500;
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
    /// When the server fails, or does not finish in time.
    pub async fn run(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let (state, settings) = (self.state.clone(), self.settings.clone());
        let cors = self.settings.cors.clone();
        let server = HttpServer::new(move || {
            let app = App::new()
                .app_data(state.clone())
                .wrap(Compress::default())
                .wrap(cors_rules(&cors))
                .wrap(from_fn(access_log));
            routes::add_to(app)
        })
        .workers(settings.http_workers)
        .max_connections(CONNECTIONS_PER_WORKER_MAX)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(settings.http.head_timeout)
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        // The caller decides what a signal means: SIGINT drains too.
        .disable_signals()
        .listen(self.listener)?
        .run();
        let handle = server.handle();
        let running = tokio::spawn(server);
        stop.await;
        drain(&self.state, &handle, settings.shutdown_timeout).await?;
        running.await.map_err(io::Error::other)?
    }
}

/// Stops accepting, waits for the requests in work, then for the money requests that nobody waits for any more.
async fn drain(state: &AppState, handle: &ServerHandle, patience: Duration) -> io::Result<()> {
    state.readiness.stop();
    handle.stop(true).await;
    if state.money.drained(patience).await {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::TimedOut, "money requests were still running when the time to stop was over"))
    }
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
