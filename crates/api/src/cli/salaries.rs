//! `chatme policies` and `chatme salaries`: what salaries are paid by, and closing weeks by hand.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use domain::{
    idempotency::Actor,
    salary::{ActivationError, DRY_RUN_WEEKS_MAX, DryRun, PolicyDraft, PolicyVersion, SalaryChange, WEEKS_PER_RUN_MAX},
    time::BusinessWeek,
};

use super::{Failure, report};
use crate::{bootstrap::Deployment, policy_form::PolicyForm};

/// A policy of this many rows as the format allows is far smaller.
const POLICY_FILE_BYTES_MAX: u64 = 256 * 1_024;

/// What can be done with policies.
#[derive(Subcommand)]
pub(super) enum Policies {
    /// Print every version, by its first week, and the built-in one.
    List,
    /// Activate a policy from a coming week on.
    Activate {
        /// The policy as JSON, see docs/salaries.md.
        file: PathBuf,
        /// The first week that it holds for, such as 2026-W49.
        #[arg(long)]
        from: BusinessWeek,
    },
}

/// What can be done with salaries.
#[derive(Subcommand)]
pub(super) enum Salaries {
    /// Close every week that is due. Servers do so by themselves; closing again changes nothing.
    Close,
    /// Print what past weeks would have paid under another policy, and who gains and loses. Nothing is changed.
    DryRun {
        /// The policy as JSON, see docs/salaries.md.
        file: PathBuf,
        /// How many closed weeks back.
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=i64::from(DRY_RUN_WEEKS_MAX)))]
        weeks: u32,
    },
}

pub(super) async fn policies(command: Policies, deployment: &Deployment) -> Result<(), Failure> {
    let policies = deployment.policies();
    match command {
        Policies::List => {
            let history = policies.history().await?;
            for version in std::iter::once(&PolicyVersion::built_in()).chain(history.versions()) {
                print(version);
            }
        }
        Policies::Activate { file, from } => {
            let posting =
                policies.activate(Actor::CommandLine, &draft(&file)?, from).await.map_err(activation_failed)?;
            report::line(format_args!("version {} holds from {from} on", posting.version.number));
        }
    }
    Ok(())
}

pub(super) async fn salaries(command: Salaries, deployment: &Deployment) -> Result<(), Failure> {
    match command {
        Salaries::Close => {
            deployment.check_totals().await?;
            close(deployment).await
        }
        Salaries::DryRun { file, weeks } => {
            let run = deployment.policies().dry_run(&draft(&file)?, weeks).await.map_err(activation_failed)?;
            print_changes(&run);
            Ok(())
        }
    }
}

async fn close(deployment: &Deployment) -> Result<(), Failure> {
    let closing = deployment.closing();
    loop {
        let run = closing.run().await?;
        for week in &run.finished {
            report::line(format_args!("closed {week}"));
        }
        report::line(format_args!("{} statements, {} salaries wait", run.statements, run.salaries));
        for (host, week, error) in &run.failures {
            report::line(format_args!("{week} of host {host} cannot be closed: {error}"));
        }
        if !run.failures.is_empty() {
            return Err(Failure::Refused("some weeks stay open".to_owned()));
        }
        // A full run may have left weeks over.
        if run.finished.len() < WEEKS_PER_RUN_MAX {
            return Ok(());
        }
    }
}

fn print(PolicyVersion { number, from, policy }: &PolicyVersion) {
    report::line(format_args!("version {number} from {from}\n{policy}\n"));
}

fn print_changes(run: &DryRun) {
    for SalaryChange { host, week, agency, before, after } in &run.changes {
        report::line(format_args!("host {host} {week} agency {agency}: {before} -> {after}"));
    }
    let DryRun { weeks, gains, losses, before, after, .. } = run;
    report::line(format_args!("{weeks} weeks of hosts: {gains} gain, {losses} lose; {before} -> {after} diamonds"));
}

/// The policy of a file.
fn draft(path: &Path) -> Result<PolicyDraft, Failure> {
    let mut text = String::new();
    File::open(path)?.take(POLICY_FILE_BYTES_MAX).read_to_string(&mut text)?;
    let form: PolicyForm = serde_json::from_str(&text)
        .map_err(|error| Failure::Refused(format!("{} is no policy: {error}", path.display())))?;
    Ok(form.into())
}

fn activation_failed(error: ActivationError) -> Failure {
    match error {
        ActivationError::Store(error) => error.into(),
        ActivationError::Invalid(_) | ActivationError::Refused(_) => Failure::Refused(error.to_string()),
    }
}
