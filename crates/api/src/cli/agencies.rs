//! `chatme admin agencies`: what waits, and deciding on it.

use clap::Subcommand;
use domain::{
    agency::{AgencyDecisionOrder, ListedAgency, ReviewStatus},
    id::AgencyId,
    idempotency::Actor,
    page::{Limit, PageRequest},
    review::Verdict,
    wallet::Reason,
};

use super::{Failure, report};
use crate::bootstrap::Deployment;

/// What can be done to agencies.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List the applications that wait, newest first, at most a hundred.
    Pending,
    /// Approve an application.
    Approve {
        /// The agency's id.
        agency: i64,
    },
    /// Reject an application.
    Reject {
        /// The agency's id.
        agency: i64,
        /// Why; kept with the decision and in the audit log.
        #[arg(long)]
        reason: Option<String>,
    },
}

pub(super) async fn execute(command: Command, deployment: &Deployment) -> Result<(), Failure> {
    let (agency, verdict, done) = match command {
        Command::Pending => return pending(deployment).await,
        Command::Approve { agency } => (agency, Verdict::Approve, "approved"),
        Command::Reject { agency, reason } => {
            let reason = reason.as_deref().map(Reason::parse).transpose().map_err(refused)?;
            (agency, Verdict::Reject { reason }, "rejected")
        }
    };
    let order = AgencyDecisionOrder { by: Actor::CommandLine, agency: AgencyId::new(agency), verdict };
    deployment.agencies()?.agencies.decide(order).await.map_err(refused)?;
    report::line(format_args!("agency {agency} {done}"));
    Ok(())
}

async fn pending(deployment: &Deployment) -> Result<(), Failure> {
    let page = PageRequest { limit: Limit::MAX, after: None };
    let waiting = deployment.agencies()?.agencies.list(ReviewStatus::Pending, page).await?;
    for ListedAgency { agency, owner_name, card, .. } in &waiting.items {
        let card = card.as_ref().map_or("no card".to_owned(), |card| format!("card {card}"));
        let (id, owner, name) = (agency.id, agency.owner, &agency.family_name);
        report::line(format_args!("{id}  {name}  of {owner_name} ({owner}), {card}"));
    }
    report::line(format_args!("{} agencies wait", waiting.items.len()));
    Ok(())
}

fn refused(refusal: impl std::fmt::Display) -> Failure {
    Failure::Refused(refusal.to_string())
}
