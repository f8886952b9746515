//! Logs: structured, one line an event, without what they must not hold.
//!
//! Nothing that a client sent is logged but the method and the *template* of the route: no path, no header, no body, no
//! name, no phone number, no token. JSON escapes what is left, so that no value can forge a line.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::LogFormat;

/// The target of the access log: one event an answered request, with `method`, `route`, `status`, `request_id`, `ms`.
pub const ACCESS_LOG: &str = "chatme::access";

/// Sends the log to standard error. Later calls do nothing.
///
/// # Errors
/// When `level` is no filter.
pub(crate) fn init(format: LogFormat, level: &str) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::builder().parse(level)?;
    let is_json = match format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !stderr().is_terminal(),
    };
    let builder = fmt().with_env_filter(filter).with_writer(stderr);
    // An error says that a subscriber is in place already, as in tests.
    let _ = if is_json {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        builder.with_ansi(stderr().is_terminal()).with_target(false).try_init()
    };
    Ok(())
}
