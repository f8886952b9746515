//! The checks of this workspace, run by `cargo xtask <command>`; and the measurements that need more than one program.
//!
//! What a check asks is said where it is decided: the house rules in `tidy`, who may depend on whom in `arrows`,
//! what the black-box tests must have seen in `coverage`. `ci` runs them all, with the compiler's own.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this program's answers are printed")]

mod arrows;
mod bench;
mod ci;
mod coverage;
mod error;
mod tidy;
mod workspace;

use std::{error::Error as _, process::ExitCode};

use error::Error;
use workspace::Workspace;

const HELP: &str = "\
cargo xtask <command>

  ci         every check, the cheap ones first; stops at the first failure
  check      the quick part of it: fmt, tidy, arrows, clippy
  tidy       the house rules that no compiler knows (CONTRIBUTING.md)
  arrows     which crate may depend on which (ARCHITECTURE.md)
  coverage   what the last run of the black-box tests saw, against the server's own OpenAPI document
  bench      `bench gifts`: gifts beside pgbench; `bench rooms`: live rooms beside other servers; `bench reports`: reports of
             few gifts beside those of many; with `--help` each shows its flags
  help       this text";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["help" | "-h" | "--help"] => {
            println!("{HELP}");
            Ok(())
        }
        ["ci"] => Workspace::find().and_then(|workspace| ci::run(&workspace, ci::EVERYTHING)),
        ["check"] => Workspace::find().and_then(|workspace| ci::run(&workspace, ci::QUICK)),
        ["tidy"] => Workspace::find().and_then(|workspace| tidy::run(&workspace)),
        ["arrows"] => Workspace::find().and_then(|workspace| arrows::run(&workspace)),
        ["coverage"] => Workspace::find().and_then(|workspace| coverage::run(&workspace)),
        ["bench", "gifts", flags @ ..] => Workspace::find().and_then(|workspace| bench::gifts(&workspace, flags)),
        ["bench", "rooms", flags @ ..] => Workspace::find().and_then(|workspace| bench::rooms(&workspace, flags)),
        ["bench", "reports", flags @ ..] => Workspace::find().and_then(|workspace| bench::reports(&workspace, flags)),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The summary has said it; the last line is the tests' totals.
        Err(Error::Step { .. }) => ExitCode::FAILURE,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// Prints an error with its causes, on one line.
fn report(error: &Error) {
    let mut line = format!("xtask: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    eprintln!("{line}");
}
