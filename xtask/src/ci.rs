//! Every check in order, the cheap ones first, until one fails.

mod totals;

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    arrows, coverage,
    error::Error,
    report, tidy,
    workspace::{Workspace, answers, line, show},
};
use totals::Totals;

/// One check.
pub(crate) struct Step {
    name: &'static str,
    run: fn(&Workspace, &mut Totals) -> Result<Outcome, Error>,
}

/// How a check ended when nothing is wrong.
enum Outcome {
    Passed,
    Skipped(&'static str),
}

const FMT: Step = Step { name: "fmt", run: |workspace, _| shown(workspace.cargo(&["fmt", "--all", "--check"])) };
const TIDY: Step = Step { name: "tidy", run: |workspace, _| tidy::run(workspace).map(|()| Outcome::Passed) };
const ARROWS: Step = Step { name: "arrows", run: |workspace, _| arrows::run(workspace).map(|()| Outcome::Passed) };
const DENY: Step = Step { name: "deny", run: deny };
const CLIPPY: Step = Step {
    name: "clippy",
    run: |workspace, _| {
        shown(workspace.cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
    },
};
const DOCS: Step = Step {
    name: "docs",
    run: |workspace, _| {
        let mut command = workspace.cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        shown(command)
    },
};
const TESTS: Step = Step { name: "tests", run: tests };
const COVERAGE: Step =
    Step { name: "coverage", run: |workspace, _| coverage::run(workspace).map(|()| Outcome::Passed) };
const DOCTESTS: Step = Step { name: "doctests", run: doctests };

/// What `cargo xtask ci` runs. `coverage` judges what the black-box tests among `tests` recorded.
pub(crate) const EVERYTHING: &[Step] = &[FMT, TIDY, ARROWS, DENY, CLIPPY, DOCS, TESTS, COVERAGE, DOCTESTS];

/// What `cargo xtask check` runs.
pub(crate) const QUICK: &[Step] = &[FMT, TIDY, ARROWS, CLIPPY];

/// Runs the steps until one fails, then says how each went.
pub(crate) fn run(workspace: &Workspace, steps: &[Step]) -> Result<(), Error> {
    let start = Instant::now();
    let mut totals = Totals::default();
    let mut summary = Vec::new();
    let mut failed = None;
    for step in steps {
        if failed.is_some() {
            summary.push((step.name, "not run".to_owned()));
            continue;
        }
        println!("\n== {}", step.name);
        let begun = Instant::now();
        let result = (step.run)(workspace, &mut totals);
        let time = seconds(begun.elapsed());
        let verdict = match result {
            Ok(Outcome::Passed) => format!("ok       {time}"),
            Ok(Outcome::Skipped(why)) => format!("skipped: {why}"),
            Err(error) => {
                report(&error);
                failed = Some(step.name);
                format!("FAILED   {time}")
            }
        };
        println!("== {}: {}", step.name, verdict);
        summary.push((step.name, verdict));
    }
    println!("\n== summary");
    for (name, verdict) in &summary {
        println!("   {name:<9} {verdict}");
    }
    println!("   {:<9} {:<8} {}", "total", if failed.is_some() { "FAILED" } else { "ok" }, seconds(start.elapsed()));
    let result = failed.map_or(Ok(()), |step| Err(Error::Step { step }));
    if let Err(error) = &result {
        report(error);
    }
    if let Some(line) = totals.line() {
        println!("{line}");
    }
    result
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn shown(mut command: Command) -> Result<Outcome, Error> {
    println!("$ {}", line(&command));
    show(&mut command).map(|()| Outcome::Passed)
}

fn deny(workspace: &Workspace, _: &mut Totals) -> Result<Outcome, Error> {
    if !answers(&mut workspace.cargo(&["deny", "--version"])) {
        return Ok(Outcome::Skipped("not installed"));
    }
    // It looks at the packages of every platform, and must not have to fetch them itself.
    shown(workspace.cargo(&["fetch", "--locked"]))?;
    shown(workspace.cargo(&["deny", "--offline", "check", "bans", "licenses", "sources"]))
}

fn tests(workspace: &Workspace, totals: &mut Totals) -> Result<Outcome, Error> {
    coverage::empty(workspace)?;
    if !answers(&mut workspace.cargo(&["nextest", "--version"])) {
        // `--tests`, because the doctests have a step of their own.
        return counted(workspace.cargo(&["test", "--workspace", "--tests", "--no-fail-fast", "--locked"]), totals);
    }
    let report = totals::NextestReport::fresh(workspace)?;
    let result = shown(workspace.cargo(&["nextest", "run", "--workspace", "--locked", "--profile", "ci"]));
    report.add_to(totals);
    result
}

fn doctests(workspace: &Workspace, totals: &mut Totals) -> Result<Outcome, Error> {
    counted(workspace.cargo(&["test", "--workspace", "--doc", "--no-fail-fast", "--locked"]), totals)
}

/// Runs `cargo test`, shows what it prints, and takes the totals from it.
fn counted(mut command: Command, totals: &mut Totals) -> Result<Outcome, Error> {
    println!("$ {}", line(&command));
    let start = |source| Error::Start { command: "cargo test".to_owned(), source };
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(start)?;
    if let Some(stdout) = child.stdout.take() {
        for text in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&text);
            println!("{text}");
            totals.add_libtest(&text);
        }
    }
    let status = child.wait().map_err(start)?;
    if status.success() { Ok(Outcome::Passed) } else { Err(Error::Status { command: line(&command), status }) }
}
