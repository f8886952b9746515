//! Opening a connection, with TLS where the URL asks for it.

use std::{sync::Arc, time::Duration};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer, pki_types::pem::PemObject as _};
use tokio::time::timeout;
use tokio_postgres::{Config, NoTls, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::silence::Lines;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long one of a pool may take until it can be used, where the URL says nothing: whoever accepts a connection may say
/// nothing afterwards, and as long as it is waited for, its place in the pool is taken.
const OPENING_MAX: Duration = Duration::from_millis(1_500);

/// How long what was sent may stay unacknowledged before the connection counts as lost: the server's own time limits do
/// not help where the network is silent.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// How long a connection is idle before it is probed, and how often it is probed then.
const KEEPALIVE: Duration = Duration::from_secs(10);
const KEEPALIVE_PROBES: u32 = 3;

/// Opens a connection: TLS with verified chain and host name for `sslmode=require` (`verify-ca` and `verify-full` mean
/// the same here), plain otherwise. `PGSSLROOTCERT` names a file with additional authorities.
pub(crate) async fn establish(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let config = config(url)?;
    if config.get_ssl_mode() == SslMode::Require {
        let connector = MakeRustlsConnect::new(client_config()?);
        let (client, connection) = config.connect(connector).await.map_err(bad_connection)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    } else {
        let (client, connection) = config.connect(NoTls).await.map_err(bad_connection)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}

/// The same for a pool: within a limit, set up, and watched.
pub(crate) async fn open(url: &str, setup: &str, lines: &Lines) -> ConnectionResult<AsyncPgConnection> {
    let config: Config = config(url)?;
    let stated = accepted(url).parse().ok().and_then(|stated: Config| stated.get_connect_timeout().copied());
    let opening = async {
        let mut connection = if config.get_ssl_mode() == SslMode::Require {
            let connector = MakeRustlsConnect::new(client_config()?);
            let (client, connection) = config.connect(connector).await.map_err(bad_connection)?;
            lines.take(client, connection).await?
        } else {
            let (client, connection) = config.connect(NoTls).await.map_err(bad_connection)?;
            lines.take(client, connection).await?
        };
        connection.batch_execute(setup).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(connection)
    };
    timeout(stated.unwrap_or(OPENING_MAX), opening).await.unwrap_or_else(|silence| Err(bad_connection(silence)))
}

/// What the URL says, with limits on silence where it says nothing.
fn config(url: &str) -> ConnectionResult<Config> {
    let mut config: Config =
        accepted(url).parse().map_err(|error: tokio_postgres::Error| invalid_url(&error.to_string()))?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE_MAX);
    }
    if config.get_application_name().is_none() {
        config.application_name("chatme");
    }
    config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE).keepalives_retries(KEEPALIVE_PROBES);
    Ok(config)
}

/// The URL in the words that the driver knows. Its `require` verifies as much as the two modes that it does not know.
fn accepted(url: &str) -> String {
    url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require")
}

fn client_config() -> ConnectionResult<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = std::env::var_os("PGSSLROOTCERT") {
        let certificates = CertificateDer::pem_file_iter(path).map_err(bad_connection)?;
        for certificate in certificates {
            roots.add(certificate.map_err(bad_connection)?).map_err(bad_connection)?;
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(bad_connection)?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// An error without the URL, which holds a password.
fn invalid_url(reason: &str) -> ConnectionError {
    ConnectionError::InvalidConnectionUrl(reason.to_owned())
}

fn bad_connection(error: impl std::error::Error) -> ConnectionError {
    use std::fmt::Write as _;

    // The driver's own text is a heading; the reason is in its sources.
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    ConnectionError::BadConnection(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifying_modes_are_understood() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let config: Config = accepted(&format!("postgres://u@localhost/d?sslmode={mode}")).parse().unwrap();
            assert_eq!(config.get_ssl_mode(), SslMode::Require, "{mode}");
        }
    }

    #[test]
    fn silence_is_limited_unless_the_url_says_how() {
        let silent = config("postgres://u@localhost/d").unwrap();
        assert_eq!(silent.get_connect_timeout(), Some(&CONNECT_TIMEOUT));
        assert_eq!(silent.get_tcp_user_timeout(), Some(&SILENCE_MAX));
        assert_eq!(silent.get_application_name(), Some("chatme"));
        let stated = config("postgres://u@localhost/d?connect_timeout=9&application_name=other").unwrap();
        assert_eq!(stated.get_connect_timeout(), Some(&Duration::from_secs(9)));
        assert_eq!(stated.get_application_name(), Some("other"));
    }

    #[tokio::test]
    async fn an_error_does_not_show_the_password() {
        let refused = establish("postgres://user:hunter2@localhost:badport/db").await.err().unwrap();
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
    }
}
