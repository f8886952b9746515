//! Typed settings from the environment and an optional file.
//!
//! Every setting stands once in [`table::SETTINGS`], with its default and its meaning; `chatme config` prints that table
//! with the values in force. The environment wins over the file.

mod cards;
mod cors;
mod secret;
mod sockets;
mod source;
mod table;

pub use cards::CardKeys;
pub use cors::CorsOrigins;
pub use secret::Secret;
pub use sockets::{SocketIdentity, SocketSettings};
pub use source::{ConfigError, Origin, Source, Value};
pub use table::{OUTSIDE, SETTINGS, Setting};

use std::{net::IpAddr, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use domain::{
    rate::Quota,
    time::BusinessCalendar,
    user::{LoginRules, PasswordPolicy, PhoneRegion},
};

/// So much of a body that is too large is read and thrown away, so that its sender gets to read the answer.
pub(crate) const DISCARDED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The largest picture that a setting may allow. A form around it has its own bytes, and all of it must be read.
const AVATAR_BYTES_MAX: usize = DISCARDED_BYTES_MAX - 1024 * 1024;

/// The settings of a server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 lets the system choose.
    pub port: u16,
    /// HTTP workers.
    pub http_workers: usize,
    /// The database, or `None` for the embedded default.
    pub database_url: Option<Secret>,
    /// The most connections to it.
    pub database_connections: u32,
    /// Where the embedded default keeps its data.
    pub data_dir: PathBuf,
    /// Where uploaded pictures are kept.
    pub uploads_dir: PathBuf,
    /// The key that tokens are signed with, or `None` to make and keep one.
    pub jwt_secret: Option<Secret>,
    /// Whether a key of 16 bytes is long enough.
    pub jwt_secret_legacy: bool,
    /// The keys of identity cards.
    pub cards: CardKeys,
    /// The business calendar.
    pub calendar: BusinessCalendar,
    /// The region whose phone numbers are written without a country code.
    pub phone_region: PhoneRegion,
    /// What new passwords must be like.
    pub password_policy: PasswordPolicy,
    /// How many passwords are hashed at once.
    pub hashes_at_once: usize,
    /// How many more may wait for it.
    pub hashes_waiting: usize,
    /// The limits on guessing passwords.
    pub login_rules: LoginRules,
    /// The limit on registrations from one address.
    pub registrations: Quota,
    /// Which origins a browser may call from.
    pub cors: CorsOrigins,
    /// How many proxies in front are believed.
    pub trusted_proxy_hops: usize,
    /// Whether everybody may read the incomes of hosts.
    pub public_host_income: bool,
    /// What HTTP requests are held to.
    pub http: HttpLimits,
    /// What pictures are held to.
    pub avatars: AvatarLimits,
    /// What live rooms are held to.
    pub sockets: SocketSettings,
    /// Money requests in the server at once.
    pub money_queue: usize,
    /// How long a client waits for a money request.
    pub money_wait: Duration,
    /// How long a stop may take.
    pub shutdown_timeout: Duration,
    /// The form of the log.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_level: String,
}

/// What HTTP requests are held to.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// The largest JSON body, in bytes.
    pub body_bytes: usize,
    /// How long the head of a request may take.
    pub head_timeout: Duration,
    /// How long the body of a request may take.
    pub body_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// Connections at once.
    pub connections: usize,
    /// How long a peer may leave what was sent to it unacknowledged.
    pub tcp_user_timeout: Duration,
}

/// What pictures are held to.
#[derive(Debug, Clone, Copy)]
pub struct AvatarLimits {
    /// The largest upload, in bytes.
    pub bytes: usize,
    /// The longest side of an upload, in pixels.
    pub side_pixels: u32,
    /// Uploads in the server at once.
    pub at_once: usize,
    /// The fewest bytes a second of an upload that has taken longer than a body may.
    pub rate_min: u32,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text at a terminal, JSON elsewhere.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

impl Settings {
    /// Reads the settings from a source.
    ///
    /// # Errors
    /// [`ConfigError`] names a setting that cannot be read, and why.
    pub fn read(source: &Source) -> Result<Self, ConfigError> {
        let data_dir: PathBuf = source.required("DATA_DIR")?;
        Ok(Self {
            host: source.required("HOST")?,
            port: source.required("PORT")?,
            http_workers: source.bounded("HTTP_WORKERS", 1..=1024)?,
            database_url: source.optional("DATABASE_URL")?,
            database_connections: source.bounded("DATABASE_CONNECTIONS", 2..=1000)?,
            uploads_dir: source.optional("UPLOADS_DIR")?.unwrap_or_else(|| data_dir.join("uploads")),
            data_dir,
            jwt_secret: source.optional("JWT_SECRET")?,
            jwt_secret_legacy: source.required("JWT_SECRET_LEGACY")?,
            cards: CardKeys::read(source)?,
            calendar: source.parsed("BUSINESS_TIMEZONE", BusinessCalendar::in_zone)?,
            phone_region: source.parsed("PHONE_REGION", PhoneRegion::parse)?,
            password_policy: PasswordPolicy {
                chars_min: source.bounded("PASSWORD_MIN", 1..=128)?,
                strict: source.parsed("PASSWORD_POLICY", |word| match word {
                    "standard" => Ok(false),
                    "strict" => Ok(true),
                    _ => Err("is neither standard nor strict"),
                })?,
            },
            hashes_at_once: source.bounded("PASSWORD_HASHES_AT_ONCE", 1..=64)?,
            hashes_waiting: source.bounded("PASSWORD_HASHES_WAITING", 0..=10_000)?,
            login_rules: LoginRules {
                failures_max: source.bounded("LOGIN_RATE_FAILURES", 1..=1_000_000)?,
                wait_max: TimeDelta::seconds(source.bounded("LOGIN_RATE_WAIT_SECONDS", 1..=86_400)?),
                account_quota: Quota::per_hour(source.bounded("LOGIN_RATE_ACCOUNT_PER_HOUR", 1..=1_000_000)?),
            },
            registrations: Quota::per_hour(source.bounded("REGISTER_RATE_PER_HOUR", 1..=1_000_000)?),
            cors: source.parsed("CORS_ALLOWED_ORIGINS", CorsOrigins::parse)?,
            trusted_proxy_hops: source.bounded("TRUSTED_PROXY_HOPS", 0..=10)?,
            public_host_income: source.required("PUBLIC_HOST_INCOME")?,
            http: HttpLimits {
                body_bytes: source.bounded("HTTP_BODY_BYTES", 1_024..=DISCARDED_BYTES_MAX)?,
                head_timeout: Duration::from_millis(source.bounded("HTTP_HEAD_TIMEOUT_MS", 100..=60_000)?),
                body_timeout: Duration::from_millis(source.bounded("HTTP_BODY_TIMEOUT_MS", 100..=600_000)?),
                keep_alive: Duration::from_millis(source.bounded("HTTP_KEEP_ALIVE_MS", 1_000..=600_000)?),
                connections: source.bounded("HTTP_CONNECTIONS", 16..=1_000_000)?,
                tcp_user_timeout: Duration::from_millis(source.bounded("TCP_USER_TIMEOUT_MS", 1_000..=600_000)?),
            },
            avatars: AvatarLimits {
                bytes: source.bounded("AVATAR_BYTES", 1_024..=AVATAR_BYTES_MAX)?,
                side_pixels: source.bounded("AVATAR_SIDE_PIXELS", 16..=16_384)?,
                at_once: source.bounded("AVATAR_UPLOADS_AT_ONCE", 1..=1_000)?,
                rate_min: source.bounded("AVATAR_RATE_MIN", 1..=1_048_576)?,
            },
            sockets: SocketSettings::read(source)?,
            money_queue: source.bounded("MONEY_QUEUE", 1..=1_000_000)?,
            money_wait: Duration::from_millis(source.bounded("MONEY_WAIT_MS", 100..=60_000)?),
            shutdown_timeout: Duration::from_secs(source.bounded("SHUTDOWN_TIMEOUT_SECONDS", 1..=600)?),
            log_format: source.parsed("LOG_FORMAT", |word| match word {
                "auto" => Ok(LogFormat::Auto),
                "json" => Ok(LogFormat::Json),
                "text" => Ok(LogFormat::Text),
                _ => Err("is none of auto, json and text"),
            })?,
            log_level: source.required("LOG_LEVEL")?,
        })
    }
}

#[cfg(test)]
mod tests;
