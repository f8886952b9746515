//! Measures gifts through the whole path (token, validation, key, gift, income, totals, answer), beside the plain
//! transaction by `pgbench` on the same PostgreSQL in the same run.
//!
//! `cargo xtask bench gifts` builds the server and starts this. All of the load runs on one thread and sends requests that
//! were made before, so that it costs less than what it measures; what it cost stands in the table.

mod answer;
mod arguments;
mod books;
mod crowd;
// The same buckets as of live rooms.
#[path = "../../rooms/src/histogram.rs"]
mod histogram;
mod load;
mod pgbench;
mod postgres;
mod process;
mod report;
mod server;
mod token;
mod turn;

use std::{error::Error, fs, path::Path, process::ExitCode};

use tokio::{task::LocalSet, time::timeout};

use arguments::{Arguments, HELP};
use turn::Turn;

/// Answers of this program: an error ends it.
type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("gifts: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all goals are met, where that was asked.
async fn run() -> Result<bool> {
    let Some(arguments) = Arguments::read(std::env::args().skip(1))? else {
        println!("{HELP}");
        return Ok(true);
    };
    process::raise_file_limit()?;
    let mut turns = Vec::new();
    for run in 1..=arguments.runs {
        eprintln!("run {run} of {}", arguments.runs);
        let directory = std::env::temp_dir().join(format!("chatme-gifts-{}-{run}", std::process::id()));
        fs::create_dir(&directory)?;
        let turn = turn(&arguments, &directory).await;
        fs::remove_dir_all(&directory)?;
        turns.push(turn?);
    }
    let is_good = report::print(&turns, &arguments);
    Ok(is_good || !arguments.is_check)
}

/// One turn on a server and a database of its own: what an earlier one wrote slows no later one.
async fn turn(arguments: &Arguments, directory: &Path) -> Result<Turn> {
    let local = LocalSet::new();
    let most = arguments.turn_max();
    let turn = timeout(most, local.run_until(turn::take(arguments, directory))).await;
    turn.unwrap_or_else(|_| Err(format!("not done in {most:?}").into()))
}
