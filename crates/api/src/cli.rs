//! The command line.

mod admin;
mod agencies;
mod catalogue;
mod demo;
mod health;
mod report;
mod salaries;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    bootstrap::{self, Deployment, StartError, look_at_secret},
    config::{ConfigError, Settings, Source},
    os,
    server::Server,
    telemetry,
};

/// The backend of a live-streaming and gifting app.
#[derive(Parser)]
#[command(name = "chatme", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (the default).
    Serve,
    /// Bring the schema of the database up to date, and nothing else.
    Migrate,
    /// List every setting with the value in force and where it comes from.
    Config,
    /// Prove the books: print everything that must not be, and fail if there is anything.
    Audit,
    /// Look after the totals that reports are read from.
    #[command(subcommand)]
    Totals(TotalsCommand),
    /// Fill an empty database with a believable world: hosts, fans, and their gifts of six weeks. Not for production.
    Demo(demo::Options),
    /// Ask a server on this machine whether it takes requests.
    Health,
    /// Administer accounts, coins, agencies and the catalogue.
    #[command(subcommand)]
    Admin(admin::Command),
    /// Look after the salary policy.
    #[command(subcommand)]
    Policies(salaries::Policies),
    /// Close weeks, or try a policy on past ones.
    #[command(subcommand)]
    Salaries(salaries::Salaries),
}

#[derive(Subcommand)]
enum TotalsCommand {
    /// Make them anew from the gifts, in the present BUSINESS_TIMEZONE, and print in what they were wrong. Gifts wait
    /// meanwhile.
    Rebuild,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("LOG_LEVEL cannot be used: {0}")]
    LogLevel(#[from] tracing_subscriber::filter::ParseError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Store(#[from] domain::store::StoreError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Refused(String),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(execute(arguments.command.unwrap_or(Command::Serve))));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report::failure(&failure);
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: Command) -> Result<(), Failure> {
    let source = Source::load()?;
    if matches!(command, Command::Config) {
        report::config(&source);
        // Printed first: who looks for the mistake sees it in the list.
        return Ok(look_at_secret(&Settings::read(&source)?)?);
    }
    let settings = Settings::read(&source)?;
    telemetry::init(settings.log_format, &settings.log_level)?;
    match command {
        Command::Serve => serve(settings).await,
        Command::Health => health::ask(&settings).await,
        Command::Migrate => {
            let deployment = Deployment::open(settings).await?;
            report::migrated(&deployment);
            Ok(())
        }
        Command::Audit => {
            let deployment = Deployment::open(settings).await?;
            deployment.check_totals().await?;
            report::audit(&deployment.audit().discrepancies().await?)
        }
        Command::Totals(TotalsCommand::Rebuild) => {
            report::rebuilt(&Deployment::open(settings).await?.totals().rebuild().await?);
            Ok(())
        }
        Command::Demo(options) => demo::execute(options, &Deployment::open(settings).await?).await,
        Command::Admin(command) => admin::execute(command, &Deployment::open(settings).await?).await,
        Command::Policies(command) => salaries::policies(command, &Deployment::open(settings).await?).await,
        Command::Salaries(command) => salaries::salaries(command, &Deployment::open(settings).await?).await,
        // Answered above.
        Command::Config => Ok(()),
    }
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    // A server that could not run must not have migrated its database before it says so.
    bootstrap::secret(&settings)?;
    let connections = u64::try_from(settings.http.connections).unwrap_or(u64::MAX);
    os::raise_file_limit(connections.saturating_add(settings.database_connections.into()));
    let deployment = Deployment::open(settings).await?;
    deployment.check_totals().await?;
    let server = Server::bind(&deployment)?;
    // Before the banner: who reads it may stop the server at once.
    let stop = stop_signal()?;
    report::banner(server.address(), &deployment);
    server.run(stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Ready at the first SIGTERM or SIGINT. A second one ends the process at once.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    /// What a shell makes of a process that SIGINT ended.
    const INTERRUPTED: i32 = 130;

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: finishing what was accepted");
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(INTERRUPTED);
        });
    })
}
