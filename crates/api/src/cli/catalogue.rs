//! `chatme admin catalogue`: what can be sent, and what it costs.

use clap::{Args, Subcommand};
use domain::{
    gift::{CatalogueEdit, CatalogueError, CatalogueGift, CatalogueOrder, CataloguePosting, GiftDraft, GiftKey},
    idempotency::Actor,
    wallet::Reason,
};

use super::{Failure, report};
use crate::bootstrap::Deployment;

/// What can be done to the catalogue.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List every gift, on sale or not.
    List,
    /// Add a gift. It can be sent at once, on every server.
    Add {
        /// The key to send it by, such as rose; it is never changed.
        key: String,
        #[command(flatten)]
        entry: Entry,
    },
    /// Change a gift: what is not named stays. The next gift that is sent costs what the catalogue says then.
    Change {
        /// The gift's key.
        key: String,
        #[command(flatten)]
        entry: Entry,
    },
    /// Take a gift off sale. It stays in the catalogue.
    Retire {
        /// The gift's key.
        key: String,
        /// Why; kept in the audit log.
        #[arg(long)]
        reason: Option<String>,
    },
}

/// What is said of a gift.
#[derive(Args)]
pub(super) struct Entry {
    /// The name that people see.
    #[arg(long)]
    name: Option<String>,
    /// The price of one piece, in coins.
    #[arg(long)]
    price: Option<i64>,
    /// normal, luxury, lucky or s-lucky.
    #[arg(long)]
    category: Option<String>,
    /// What the receiver earns, in hundredths of a per cent of the price: 5000 is half of it.
    #[arg(long)]
    host_share_bp: Option<i64>,
    /// Whether it can be sent.
    #[arg(long)]
    on_sale: Option<bool>,
    /// Its place in lists; smaller comes first.
    #[arg(long)]
    sort_order: Option<i64>,
    /// How large its animation is: normal or large.
    #[arg(long)]
    size_class: Option<String>,
    /// Why; kept in the audit log.
    #[arg(long)]
    reason: Option<String>,
}

impl Entry {
    fn draft(self) -> (GiftDraft, Option<String>) {
        let draft = GiftDraft {
            name: self.name,
            coin_value: self.price,
            category: self.category,
            host_share_bp: self.host_share_bp,
            is_active: self.on_sale,
            sort_order: self.sort_order,
            size_class: self.size_class,
        };
        (draft, self.reason)
    }
}

pub(super) async fn execute(command: Command, deployment: &Deployment) -> Result<(), Failure> {
    let (key, edit, reason) = match command {
        Command::List => return list(deployment).await,
        Command::Add { key, entry } => {
            let (draft, reason) = entry.draft();
            (key, CatalogueEdit::Add(draft.entry().map_err(refused)?), reason)
        }
        Command::Change { key, entry } => {
            let (draft, reason) = entry.draft();
            (key, CatalogueEdit::Change(draft.change().map_err(refused)?), reason)
        }
        Command::Retire { key, reason } => {
            let draft = GiftDraft { is_active: Some(false), ..GiftDraft::default() };
            (key, CatalogueEdit::Change(draft.change().map_err(refused)?), reason)
        }
    };
    let key = GiftKey::parse(&key).map_err(refused)?;
    let reason = reason.as_deref().map(Reason::parse).transpose().map_err(refused)?;
    let order = CatalogueOrder { by: Actor::CommandLine, key, edit, reason };
    let posting = deployment.catalogue_editor().edit(order).await.map_err(|error| match error {
        CatalogueError::Refused(refusal) => refused(refusal),
        CatalogueError::Store(error) => error.into(),
    })?;
    print(&posting);
    Ok(())
}

async fn list(deployment: &Deployment) -> Result<(), Failure> {
    let gifts = deployment.catalogue_editor().gifts().await?;
    for gift in &gifts {
        report::line(line(gift));
    }
    report::line(format_args!("{} gifts", gifts.len()));
    Ok(())
}

fn print(posting: &CataloguePosting) {
    match &posting.before {
        Some(_) if !posting.is_change() => report::line("nothing changed"),
        Some(before) => report::line(format_args!("was  {}", line(before))),
        None => report::line("added"),
    }
    report::line(format_args!("is   {}", line(&posting.after)));
}

fn line(gift: &CatalogueGift) -> String {
    let CatalogueGift { key, name, price, category, host_share, is_active, sort_order, size_class } = gift;
    let (key, price, share) = (key.as_str(), price.value(), host_share.value());
    let (category, size) = (category.word(), size_class.word());
    let sale = if *is_active { "on sale" } else { "off sale" };
    format!("{key}  {name}  {price} coins, {category}, {share} basis points, place {sort_order}, {size}, {sale}")
}

fn refused(refusal: impl std::fmt::Display) -> Failure {
    Failure::Refused(refusal.to_string())
}
