//! Typed settings from the environment and an optional file.
//!
//! Every setting stands once in [`table::SETTINGS`], with its default and its meaning; `chatme config` prints that table
//! with the values in force. The environment wins over the file.

mod source;
mod table;

pub use source::{ConfigError, Origin, Source, Value};
pub use table::{SETTINGS, Setting};

use std::{net::IpAddr, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use domain::{
    rate::Quota,
    time::BusinessCalendar,
    user::{LoginRules, PasswordPolicy, PhoneRegion},
};

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
    pub database_url: Option<String>,
    /// The most connections to it.
    pub database_connections: u32,
    /// Where the embedded default keeps its data.
    pub data_dir: PathBuf,
    /// Where uploaded pictures are kept.
    pub uploads_dir: PathBuf,
    /// The key that tokens are signed with, or `None` to make and keep one.
    pub jwt_secret: Option<String>,
    /// Whether a key of 16 bytes is long enough.
    pub jwt_secret_legacy: bool,
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

/// Which origins a browser may call from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// All.
    Any,
    /// These; none by default.
    Listed(Vec<String>),
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
            database_url: source
                .optional("DATABASE_URL")?
                .map(|url: String| url.trim_start_matches("psql ").to_owned()),
            database_connections: source.bounded("DATABASE_CONNECTIONS", 2..=1000)?,
            uploads_dir: source.optional("UPLOADS_DIR")?.unwrap_or_else(|| data_dir.join("uploads")),
            data_dir,
            jwt_secret: source.optional("JWT_SECRET")?,
            jwt_secret_legacy: source.required("JWT_SECRET_LEGACY")?,
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
                body_bytes: source.bounded("HTTP_BODY_BYTES", 1_024..=16_777_216)?,
                head_timeout: Duration::from_millis(source.bounded("HTTP_HEAD_TIMEOUT_MS", 100..=60_000)?),
                body_timeout: Duration::from_millis(source.bounded("HTTP_BODY_TIMEOUT_MS", 100..=600_000)?),
            },
            avatars: AvatarLimits {
                bytes: source.bounded("AVATAR_BYTES", 1_024..=67_108_864)?,
                side_pixels: source.bounded("AVATAR_SIDE_PIXELS", 16..=16_384)?,
                at_once: source.bounded("AVATAR_UPLOADS_AT_ONCE", 1..=1_000)?,
            },
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

impl CorsOrigins {
    fn parse(text: &str) -> Result<Self, String> {
        let origins: Vec<String> =
            text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
        if origins.iter().any(|origin| origin == "*") {
            return Ok(Self::Any);
        }
        match origins.iter().find(|origin| !is_origin(origin)) {
            Some(wrong) => Err(format!("{wrong:?} is no origin such as https://admin.example.com")),
            None => Ok(Self::Listed(origins)),
        }
    }
}

/// Scheme and host, no path: what a browser sends as `Origin`.
fn is_origin(text: &str) -> bool {
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    authority.is_some_and(|authority| !authority.is_empty() && !authority.contains(['/', ' ', '?', '#']))
}

#[cfg(test)]
mod tests;
