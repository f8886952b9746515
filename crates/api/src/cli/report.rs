//! What commands print: to standard output what was asked for, to standard error what went wrong.

use std::{
    env, fmt,
    io::{Write as _, stderr, stdout},
    net::SocketAddr,
};

use domain::wallet::Discrepancy;

use super::Failure;
use crate::{
    bootstrap::Deployment,
    config::{OUTSIDE, Origin, SETTINGS, Setting, Source},
};

pub(super) fn failure(failure: &Failure) {
    // Nobody is left to tell when this fails.
    let _ = writeln!(stderr(), "chatme: {failure}");
}

/// Prints a line. A server goes on when nobody reads it any more, which `println!` would not.
pub(super) fn line(text: impl fmt::Display) {
    let _ = writeln!(stdout(), "{text}");
}

/// Where the server is, and what to try next.
pub(super) fn banner(address: SocketAddr, deployment: &Deployment) {
    let host = if address.ip().is_unspecified() { "localhost".to_owned() } else { address.ip().to_string() };
    let url = format!("http://{host}:{}", address.port());
    line(format_args!(
        "\nChatMe {version} is ready.\n\
         \n  Address    {url} (listening on {address})\
         \n  Database   {database}\
         \n  API docs   {url}/docs/\
         \n  Try next   curl {url}/api/gifts\n",
        version = env!("CARGO_PKG_VERSION"),
        database = deployment.database_label(),
    ));
}

pub(super) fn migrated(deployment: &Deployment) {
    for version in deployment.applied() {
        line(format_args!("applied {version}"));
    }
    line(format_args!("{} is up to date", deployment.database_label()));
}

/// Every setting, aligned.
pub(super) fn config(source: &Source) {
    for setting in SETTINGS {
        let Some(value) = source.value(setting.name) else { continue };
        show(setting, &value.text, value.origin);
    }
    line("\nFrom the environment alone:");
    for setting in OUTSIDE {
        let value = env::var(setting.name).unwrap_or_default();
        let origin = if value.is_empty() { Origin::Default } else { Origin::Environment };
        show(setting, &value, origin);
    }
}

fn show(setting: &Setting, text: &str, origin: Origin) {
    let width = SETTINGS.iter().map(|setting| setting.name.len()).max().unwrap_or_default();
    let shown = match (text.is_empty(), setting.is_secret) {
        (true, _) => "(not set)",
        (false, true) => "(secret)",
        (false, false) => text,
    };
    line(format_args!("{name:width$} = {shown}  [{origin}]", name = setting.name));
    line(format_args!("{:width$}   {}", "", setting.about));
}

pub(super) fn rebuilt(discrepancies: &[Discrepancy]) {
    violations(discrepancies);
    line(format_args!("the totals were made anew, {} of them were wrong", discrepancies.len()));
}

fn violations(discrepancies: &[Discrepancy]) {
    for Discrepancy { proof, subject, difference } in discrepancies {
        line(format_args!("{subject}: violates \"{proof}\" by {difference}"));
    }
}

pub(super) fn audit(discrepancies: &[Discrepancy]) -> Result<(), Failure> {
    violations(discrepancies);
    match discrepancies.len() {
        0 => {
            line("the books are in order");
            Ok(())
        }
        count => Err(Failure::Refused(format!("{count} discrepancies"))),
    }
}
