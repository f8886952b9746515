//! `chatme demo`: an empty database becomes a world with figures to look at.

mod progress;

use std::time::Instant;

use chrono::{DateTime, SubsecRound as _, Utc};
use clap::Args;
use domain::{time::Clock as _, user::PlainPassword};

use self::progress::{Progress, grouped};
use super::{Failure, report};
use crate::{
    adapters::SystemClock,
    bootstrap::Deployment,
    demo::{self, FANS_MAX, GIFTS_MAX, HOSTS_MAX, PASSWORD, Size, Way, World},
};

/// Worlds with more gifts are written in bulk.
const ONE_BY_ONE_MAX: u32 = 20_000;

/// How large a world is to be.
#[derive(Args)]
pub(super) struct Options {
    /// How many gifts are sent within the six weeks.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=i64::from(GIFTS_MAX)))]
    gifts: u32,
    /// How many hosts receive them; the first one about a tenth.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=i64::from(HOSTS_MAX)))]
    hosts: u32,
    /// How many fans send them.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=i64::from(FANS_MAX)))]
    fans: u32,
    /// The same seed and end make the same world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// When the six weeks end, such as 2026-11-24T12:00:00Z; now, when it is not given.
    #[arg(long)]
    until: Option<DateTime<Utc>>,
    /// Write many gifts in a transaction, as above 20,000 gifts. Both ways end in the same rows.
    #[arg(long)]
    bulk: bool,
}

pub(super) async fn execute(options: Options, deployment: &Deployment) -> Result<(), Failure> {
    let settings = deployment.settings();
    let size = Size { gifts: options.gifts, hosts: options.hosts, fans: options.fans };
    // The way through the services takes seconds, and its commits reach the disk one by one.
    let way = if options.bulk || size.gifts > ONE_BY_ONE_MAX { Way::InBulk } else { Way::OneByOne };
    let until = options.until.unwrap_or_else(|| SystemClock.now()).trunc_subsecs(0);
    let surroundings = (settings.calendar, settings.phone_region.clone());
    let world = World::new(size, options.seed, until, surroundings, deployment.catalogue().await?).map_err(refused)?;
    let password = password(&world, deployment)?;
    let begun = Instant::now();
    let mut progress = Progress::new(size);
    let filled = demo::fill(&deployment.demo()?, &world, &password, way, |filled| progress.show(filled)).await;
    progress.end();
    filled.map_err(refused)?;
    summary(&world, begun.elapsed().as_secs_f64(), settings.port).map_err(refused)
}

/// The one password, as the settings accept it of everybody.
fn password(world: &World, deployment: &Deployment) -> Result<PlainPassword, Failure> {
    let (settings, person) = (deployment.settings(), world.people().next());
    let phone = person.ok_or_else(|| refused("a world has people"))?.map_err(refused)?.phone;
    settings.password_policy.accept(PASSWORD.to_owned(), &phone, &settings.phone_region).map_err(refused)
}

/// What a newcomer can try.
fn summary(world: &World, seconds: f64, port: u16) -> Result<(), demo::NoWorld> {
    let Size { gifts, hosts, fans } = world.size;
    report::line(format_args!(
        "\n{} gifts of {} fans to {} hosts within the six weeks up to {}, in {seconds:.1} s.\n",
        grouped(gifts),
        grouped(fans),
        grouped(hosts),
        world.until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    ));
    let person = |number: u32| world.people().nth(usize::try_from(number).unwrap_or_default());
    if let (Some(host), Some(fan)) = (person(0).transpose()?, person(hosts).transpose()?) {
        report::line(format_args!("  Host      phone {}, \"{}\"", host.phone.reveal(), host.name.as_str()));
        report::line(format_args!("  Fan       phone {}, \"{}\"", fan.phone.reveal(), fan.name.as_str()));
        report::line(format_args!("  Password  {PASSWORD}, of everybody: not for a server that strangers reach"));
        let url = format!("http://localhost:{port}/api");
        report::line(format_args!(
            "\nStart the server and look at\n\
             \n  {url}/ranking/hosts?period=all\
             \n  {url}/ranking/fans/{id}?period=all\
             \n  {url}/host-income/week/{id}\n",
            id = host.id,
        ));
    }
    Ok(())
}

fn refused(reason: impl std::fmt::Display) -> Failure {
    Failure::Refused(reason.to_string())
}
