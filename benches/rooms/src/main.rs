//! Measures live rooms: ChatMe beside socketioxide and Node's `socket.io`, in turn, under the same load.
//!
//! `cargo xtask bench rooms` builds the three and starts this. All of the load runs on one thread and speaks frames of its
//! own making, so that it costs less than what it measures; how busy it was stands in the table.

mod arguments;
mod client;
mod frames;
mod histogram;
mod phases;
mod process;
mod report;
mod room;
mod servers;

use std::{error::Error, fs, path::Path, process::ExitCode, time::Duration};

use tokio::{task::LocalSet, time::timeout};

use arguments::{Arguments, HELP};
use phases::{Measured, PHASES, REST_MAX};
use servers::{Kind, Server};

/// Answers of this program: an error ends it.
type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// What one turn of one server came to.
struct Turn {
    run: u32,
    kind: Kind,
    phases: Vec<Measured>,
    idle_bytes: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rooms: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all goals are met that are judged.
async fn run() -> Result<bool> {
    let Some(arguments) = Arguments::read(std::env::args().skip(1))? else {
        println!("{HELP}");
        return Ok(true);
    };
    process::raise_file_limit()?;
    let directory = std::env::temp_dir().join(format!("chatme-rooms-{}", std::process::id()));
    fs::create_dir(&directory)?;
    let turns = turns(&arguments, &directory).await;
    fs::remove_dir_all(&directory)?;
    let is_good = report::print(&turns?, &arguments);
    Ok(is_good || arguments.is_quick)
}

async fn turns(arguments: &Arguments, directory: &Path) -> Result<Vec<Turn>> {
    let mut turns = Vec::new();
    let patience = arguments.time * u32::try_from(PHASES.len())? + REST_MAX;
    for run in 1..=arguments.runs {
        for kind in &arguments.only {
            eprintln!("run {run} of {}: {kind}", arguments.runs);
            let turn = timeout(patience, turn(run, *kind, arguments, directory)).await;
            let turn = turn.unwrap_or_else(|_| Err(format!("not done in {patience:?}").into()));
            turns.push(turn.map_err(|error| format!("{kind}: {error}"))?);
        }
    }
    Ok(turns)
}

/// Starts a server twice: what a socket takes is seen on one that has not worked yet.
async fn turn(run: u32, kind: Kind, arguments: &Arguments, directory: &Path) -> Result<Turn> {
    let server = Server::start(kind, arguments, directory).await?;
    let idle = LocalSet::new().run_until(phases::idle(&server, arguments.idle)).await;
    let log = server.stop().await?;
    let idle_bytes = idle.map_err(|error| format!("{error}\n{log}"))?;

    let server = Server::start(kind, arguments, directory).await?;
    let spoken = LocalSet::new().run_until(phases::speak(&server, arguments.sockets, arguments.time)).await;
    let log = server.stop().await?;
    let (phases, refusal) = spoken.map_err(|error| format!("{error}\n{log}"))?;
    if let Some(refusal) = refusal {
        eprintln!("a message was refused: {refusal}");
    }
    if phases.iter().any(|phase| phase.lost + phase.cut > 0.0) {
        eprintln!("something was lost or cut; the end of the log of {kind}:\n{log}");
    }
    // What the kernel still does for the closed connections is over before the next turn.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(Turn { run, kind, phases, idle_bytes })
}
