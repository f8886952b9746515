//! Measures whether reports cost the same however many gifts there are: a server on a database with few gifts and one on a
//! database with many, of the same people, asked in turn over one connection each.
//!
//! `cargo xtask bench reports` builds the server and starts this.

mod arguments;
mod client;
mod report;
mod server;
mod world;

use std::{error::Error, fs, process::ExitCode, time::Duration};

use arguments::{Arguments, HELP};
use client::Client;
use report::{Line, REPORTS, Report};
use server::Server;
use world::{People, World};

/// Answers of this program: an error ends it.
type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Requests of each report before its time is taken.
const WARM_UP: usize = 20;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("reports: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether no report grows by more than it may.
fn run() -> Result<bool> {
    let Some(arguments) = Arguments::read(std::env::args().skip(1))? else {
        println!("{HELP}");
        return Ok(true);
    };
    let (directory, is_ours) = match &arguments.directory {
        Some(directory) => (directory.clone(), false),
        None => (std::env::temp_dir().join(format!("chatme-reports-{}", std::process::id())), true),
    };
    fs::create_dir_all(&directory)?;
    let measured = measure(&arguments, &directory);
    if is_ours {
        fs::remove_dir_all(&directory)?;
    }
    let is_good = report::print(&measured?, &arguments);
    Ok(is_good || arguments.is_quick)
}

fn measure(arguments: &Arguments, directory: &std::path::Path) -> Result<Vec<Line>> {
    let until = world::until()?;
    let small = World::ready(arguments, directory, arguments.small, until)?;
    let large = World::ready(arguments, directory, arguments.large, until)?;
    let (small, large) = (Side::start(arguments, &small)?, Side::start(arguments, &large)?);
    let lines: Result<Vec<Line>> =
        REPORTS.iter().map(|report| line(report, &small, &large, arguments.requests)).collect();
    small.server.stop()?;
    large.server.stop()?;
    lines
}

/// A server and who asks it.
struct Side {
    server: Server,
    people: People,
}

impl Side {
    fn start(arguments: &Arguments, world: &World) -> Result<Self> {
        let server = Server::start(&arguments.chatme, world)?;
        let people = world.people(&mut Client::connect(server.address)?)?;
        Ok(Self { server, people })
    }
}

/// Asks both servers for a report in turn.
fn line(report: &'static Report, small: &Side, large: &Side, requests: usize) -> Result<Line> {
    let mut clients = (Client::connect(small.server.address)?, Client::connect(large.server.address)?);
    // Pages of equal length: what is asked is whether finding it costs more, not whether there is more to show.
    let first = clients.0.get(&report.path(&small.people, None), report.token(&small.people))?;
    let rows = report.rows(&first.body);
    let limit = rows.map(|rows| rows.max(1));
    let paths = (report.path(&small.people, limit), report.path(&large.people, limit));
    let tokens = (report.token(&small.people), report.token(&large.people));
    let mut times: (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
    let mut bodies = (String::new(), String::new());
    for round in 0..WARM_UP + requests {
        // Who is asked first takes turns, too.
        for turn in [round % 2, (round + 1) % 2] {
            let (client, path, token, times, body) = match turn {
                0 => (&mut clients.0, &paths.0, tokens.0, &mut times.0, &mut bodies.0),
                _ => (&mut clients.1, &paths.1, tokens.1, &mut times.1, &mut bodies.1),
            };
            let answer = client.get(path, token)?;
            if answer.status != 200 {
                return Err(format!("{path}: {} {}", answer.status, answer.body).into());
            }
            if round >= WARM_UP {
                times.push(answer.took);
            }
            *body = answer.body;
        }
    }
    Ok(Line::of(report, (report.rows(&bodies.0), report.rows(&bodies.1)), times))
}
