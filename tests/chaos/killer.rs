//! Who kills the server and PostgreSQL, and starts the server again. PostgreSQL is started again by those who hold it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{interval, timeout},
};

use crate::{dice::Dice, postmaster::postmaster, support::Chatme};

/// So many kills of each kind at least.
pub(crate) const EACH_MIN: usize = 5;
/// One kill in so many seconds, where there are more of them than [`EACH_MIN`] ask for.
const SECONDS_A_KILL: u64 = 5;
/// How long PostgreSQL may be away before that is a failure.
const REVIVAL_MAX: Duration = Duration::from_secs(60);

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Victim {
    Server,
    Postgres,
}

/// Who is killed and when, from the beginning: in each slot of time one, somewhere within.
pub(crate) fn plan(seconds: u64, dice: &mut Dice) -> Vec<(Duration, Victim)> {
    let mut victims = [[Victim::Server, Victim::Postgres]; EACH_MIN].concat();
    let wanted = usize::try_from(seconds / SECONDS_A_KILL).unwrap().max(victims.len());
    while victims.len() < wanted {
        victims.push(dice.pick(&[Victim::Server, Victim::Postgres]));
    }
    dice.shuffle(&mut victims);
    let slot = Duration::from_secs(seconds) / u32::try_from(wanted).unwrap();
    let mut slots = std::iter::successors(Some(Duration::ZERO), |start| Some(*start + slot));
    let within = |dice: &mut Dice| slot * u32::try_from(dice.below(1_000)).unwrap() / 1_000;
    victims.into_iter().map(|victim| (slots.next().unwrap() + within(dice), victim)).collect()
}

/// The server, killed and started again in its directory.
pub(crate) struct Killer {
    directory: PathBuf,
    settings: &'static [(&'static str, &'static str)],
    server: Option<Chatme>,
    url: watch::Sender<Option<String>>,
    last: Option<Pid>,
}

impl Killer {
    /// Takes over a server that runs.
    pub(crate) fn new(
        directory: &Path,
        settings: &'static [(&'static str, &'static str)],
        server: Chatme,
        url: watch::Sender<Option<String>>,
    ) -> Self {
        Self { directory: directory.to_owned(), settings, server: Some(server), url, last: None }
    }

    /// Kills, and waits until the server is back.
    pub(crate) async fn kill(&mut self, victim: Victim) {
        match victim {
            Victim::Server => {
                self.server.take().unwrap().kill();
                self.url.send(None).unwrap();
                let (directory, settings) = (self.directory.clone(), self.settings);
                let start = move || Chatme::start_with(&directory, settings, Stdio::null());
                let server = spawn_blocking(start).await.unwrap();
                self.url.send(Some(server.url.clone())).unwrap();
                self.server = Some(server);
            }
            Victim::Postgres => {
                let revived = timeout(REVIVAL_MAX, async {
                    let mut look = interval(Duration::from_millis(20));
                    loop {
                        look.tick().await;
                        let found = postmaster(&self.directory).filter(|found| Some(*found) != self.last);
                        if let Some(found) = found.filter(|found| test_kill_process(*found).is_ok()) {
                            return found;
                        }
                    }
                });
                let found = revived.await.unwrap_or_else(|_| panic!("nobody starts PostgreSQL again"));
                kill_process(found, Signal::KILL).unwrap();
                self.last = Some(found);
            }
        }
    }

    /// The server, to be stopped politely.
    pub(crate) fn server(self) -> Chatme {
        self.server.unwrap()
    }
}
