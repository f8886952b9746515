//! `chatme admin`: what an operator does to accounts, coins, agencies and the catalogue. Whoever may run it may do everything.

use std::io::{self, BufRead as _, IsTerminal as _};

use clap::{Args, Subcommand};
use domain::{
    id::UserId,
    idempotency::{Actor, RequestKey},
    money::Coins,
    user::{AdminError, AdminService, DisplayName, NewAdmin, PhoneNumber, PlainPassword},
    wallet::{CoinChange, CoinError, CoinOrder, CorrectionAmount, GrantAmount, Reason},
};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::{Failure, agencies, catalogue, report};
use crate::{adapters::OsDice, bootstrap::Deployment, config::Settings};

/// What can be administered.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Create an administrator. The password is asked for, or read from the first line of standard input.
    Create {
        /// The phone number to log in with.
        phone: String,
        /// The name that others see.
        #[arg(long)]
        name: Option<String>,
    },
    /// Set a user's password, and log him out everywhere.
    SetPassword(User),
    /// Give coins to a user.
    GrantCoins {
        #[command(flatten)]
        user: User,
        /// How many coins.
        amount: i64,
        /// Why; kept with the movement.
        #[arg(long)]
        reason: String,
        /// A key that makes repeating this command safe: the same key grants once.
        #[arg(long)]
        key: Option<String>,
    },
    /// Give coins to a user, or take them from him, to put a mistake right. Never takes more than he has.
    CorrectCoins {
        #[command(flatten)]
        user: User,
        /// How many coins; below zero, they are taken.
        #[arg(allow_negative_numbers = true)]
        amount: i64,
        /// Why; kept with the movement.
        #[arg(long)]
        reason: String,
        /// A key that makes repeating this command safe: the same key corrects once.
        #[arg(long)]
        key: Option<String>,
    },
    /// Ban a user, and log him out everywhere.
    Ban(User),
    /// Lift a user's ban.
    Unban(User),
    /// See and decide on agencies that wait.
    #[command(subcommand)]
    Agencies(agencies::Command),
    /// See and change what can be sent.
    #[command(subcommand)]
    Catalogue(catalogue::Command),
}

/// A user, by id or by phone number.
#[derive(Args)]
pub(super) struct User {
    /// The user's id (eight digits) or phone number.
    user: String,
}

pub(super) async fn execute(command: Command, deployment: &Deployment) -> Result<(), Failure> {
    let (admin, settings) = (deployment.admin()?, deployment.settings());
    match command {
        Command::Agencies(command) => return agencies::execute(command, deployment).await,
        Command::Catalogue(command) => return catalogue::execute(command, deployment).await,
        Command::Create { phone, name } => {
            let phone = parse_phone(&phone, settings)?;
            let name = name.as_deref().map(DisplayName::parse).transpose().map_err(refused)?;
            let password = read_password(&phone, settings)?;
            let id = admin.create(NewAdmin { phone, password, name }).await.map_err(failed)?;
            report::line(format_args!("administrator {id} created"));
        }
        Command::SetPassword(user) => {
            let (id, phone) = find(&admin, &user, settings).await?;
            let phone = match phone {
                Some(phone) => phone,
                // Only to be refused as a password.
                None => deployment.user(id).await?.ok_or_else(|| failed(AdminError::UnknownUser))?.phone,
            };
            let password = read_password(&phone, settings)?;
            admin.set_password(id, &password).await.map_err(failed)?;
            report::line(format_args!("password of user {id} set; older tokens are refused"));
        }
        Command::GrantCoins { user, amount, reason, key } => {
            let (id, _) = find(&admin, &user, settings).await?;
            let change = CoinChange::Grant(GrantAmount::parse(amount).map_err(refused)?);
            let balance = change_coins(deployment, id, change, &reason, key.as_deref()).await?;
            report::line(format_args!("{amount} coins granted to user {id}; balance {balance}"));
        }
        Command::CorrectCoins { user, amount, reason, key } => {
            let (id, _) = find(&admin, &user, settings).await?;
            let change = CoinChange::Correction(CorrectionAmount::parse(amount).map_err(refused)?);
            let balance = change_coins(deployment, id, change, &reason, key.as_deref()).await?;
            report::line(format_args!("coins of user {id} corrected by {amount}; balance {balance}"));
        }
        Command::Ban(user) => {
            let (id, _) = find(&admin, &user, settings).await?;
            admin.ban(id).await.map_err(failed)?;
            report::line(format_args!("user {id} banned"));
        }
        Command::Unban(user) => {
            let (id, _) = find(&admin, &user, settings).await?;
            admin.unban(id).await.map_err(failed)?;
            report::line(format_args!("ban of user {id} lifted"));
        }
    }
    Ok(())
}

/// Changes a user's coins; answers what he has then.
async fn change_coins(
    deployment: &Deployment,
    user: UserId,
    change: CoinChange,
    reason: &str,
    key: Option<&str>,
) -> Result<Coins, Failure> {
    let key = match key {
        Some(key) => RequestKey::parse(key).map_err(refused)?,
        None => RequestKey::generate(&OsDice),
    };
    let reason = Reason::parse(reason).map_err(refused)?;
    let wish = CoinOrder { actor: Actor::CommandLine, user, change, reason, key: key.clone() };
    let changed = deployment.coins().change(wish).await.map_err(|error| match error {
        CoinError::Refused(refusal) => refused(refusal),
        // The coins may have moved: without the key, who tries again may move them twice.
        CoinError::Store(error) => refused(format_args!("{error}; to try again safely, add --key {}", key.as_str())),
    })?;
    Ok(changed.balance_after)
}

/// The user that a person named. Eight digits without a leading zero are an id, everything else a phone number.
async fn find(
    admin: &AdminService,
    user: &User,
    settings: &Settings,
) -> Result<(UserId, Option<PhoneNumber>), Failure> {
    let is_id = user.user.len() <= 8 && !user.user.starts_with('0');
    if let Some(id) = user.user.parse().ok().and_then(UserId::parse).filter(|_| is_id) {
        return Ok((id, None));
    }
    let phone = parse_phone(&user.user, settings)?;
    let id = admin.find(&phone).await.map_err(failed)?;
    Ok((id, Some(phone)))
}

fn parse_phone(text: &str, settings: &Settings) -> Result<PhoneNumber, Failure> {
    PhoneNumber::parse(text, &settings.phone_region).map_err(refused)
}

/// A new password from standard input: never from the command line, which other users of the machine can see.
fn read_password(phone: &PhoneNumber, settings: &Settings) -> Result<PlainPassword, Failure> {
    let password = if io::stdin().is_terminal() {
        let silence = Silence::of_terminal()?;
        report::line("New password (not shown):");
        let password = first_line();
        drop(silence);
        password?
    } else {
        first_line()?
    };
    settings.password_policy.accept(password, phone, &settings.phone_region).map_err(refused)
}

fn first_line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// While this exists, the terminal does not show what is typed, but for the end of the line.
struct Silence(Termios);

impl Silence {
    fn of_terminal() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // The terminal is gone at worst.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

fn refused(refusal: impl std::fmt::Display) -> Failure {
    Failure::Refused(refusal.to_string())
}

fn failed(error: AdminError) -> Failure {
    match error {
        AdminError::Store(error) => error.into(),
        AdminError::UnknownUser | AdminError::PhoneTaken | AdminError::Hashing(_) => refused(error),
    }
}
