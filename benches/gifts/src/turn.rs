//! One turn: every phase on one server, in turn with `pgbench` on the same PostgreSQL.

use std::{path::Path, process, rc::Rc, time::Duration};

use crate::{
    Result,
    arguments::Arguments,
    books::Books,
    crowd::{self, Crowd, To},
    load::{Load, drive},
    pgbench::{Pgbench, Said, Script},
    postgres::Postgres,
    process::cpu_seconds,
    server::Server,
};

/// Connections of a load, fewer and more.
const FEW: usize = 64;
const MANY: usize = 256;
/// Clients of `pgbench`.
const CLIENTS: u32 = 10;
/// How long the server is warmed, its plans prepared and its pool filled.
const WARMING: Duration = Duration::from_secs(1);

/// What a phase came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Gifts answered 200 a second.
    pub(crate) rate: f64,
    /// Milliseconds within which half of the answers came.
    pub(crate) p50: f64,
    /// Milliseconds within which 99 % came.
    pub(crate) p99: f64,
    /// Microseconds of CPU time a gift: of the server, of PostgreSQL, of the load.
    pub(crate) cpu: [f64; 3],
}

/// What a turn came to.
pub(crate) struct Turn {
    /// To all hosts, over few connections and over many.
    pub(crate) spread: [Measured; 2],
    /// To one host, likewise.
    pub(crate) one: [Measured; 2],
    /// At half of the full speed.
    pub(crate) half: Measured,
    /// One gift at a time.
    pub(crate) lone: Measured,
    /// `pgbench` with random hosts, with one, with one client.
    pub(crate) plain_spread: Said,
    pub(crate) plain_one: Said,
    pub(crate) plain_lone: Said,
    /// Answers other than 200.
    pub(crate) others: f64,
    /// Gifts in the database at the end.
    pub(crate) posted: u64,
    /// How durable that was.
    pub(crate) durability: String,
}

/// What all phases of a turn use.
struct Stage<'a> {
    server: &'a Server,
    postgres: &'a Postgres,
    crowd: Rc<Crowd>,
    pgbench: Option<Pgbench<'a>>,
    time: Duration,
    books: Books,
}

/// Takes a turn in `directory`.
pub(crate) async fn take(arguments: &Arguments, directory: &Path) -> Result<Turn> {
    let server = Server::start(&arguments.chatme, directory).await?;
    let turn = phases(arguments, &server, directory).await;
    let words = server.last_words()?;
    server.stop().await?;
    turn.map_err(|error| format!("{error}\n{words}").into())
}

async fn phases(arguments: &Arguments, server: &Server, directory: &Path) -> Result<Turn> {
    let postgres = Postgres::below(&server.data())?;
    let durability = postgres.durability().await?;
    postgres.ask("chatme", &crowd::sql(arguments.senders, arguments.hosts)).await?;
    let crowd = Rc::new(Crowd::new(server.address, &server.secret()?, arguments.senders, arguments.hosts)?);
    let pgbench = Pgbench::prepare(&postgres, directory, arguments).await?;
    let time = arguments.time;
    let mut stage = Stage { server, postgres: &postgres, crowd, pgbench, time, books: Books::default() };

    stage.measure("warming", Load { connections: FEW, to: To::Spread, rate: None, time: WARMING }).await?;
    let spread = [stage.full("spread, 64", FEW, To::Spread).await?, stage.full("spread, 256", MANY, To::Spread).await?];
    let plain_spread = stage.plain("pgbench, spread", Script::Spread, CLIENTS).await?;
    let one = [stage.full("one host, 64", FEW, To::One).await?, stage.full("one host, 256", MANY, To::One).await?];
    let plain_one = stage.plain("pgbench, one host", Script::OneHost, CLIENTS).await?;
    let rate = Some(best(&spread) / 2.0);
    let half = stage.measure("half speed", Load { connections: MANY, to: To::Spread, rate, time }).await?;
    let lone = stage.full("alone", 1, To::Spread).await?;
    let plain_lone = stage.plain("pgbench, alone", Script::Spread, 1).await?;

    let others = stage.books.others as f64;
    let posted = stage.books.prove(server, &postgres).await?;
    Ok(Turn { spread, one, half, lone, plain_spread, plain_one, plain_lone, others, posted, durability })
}

/// The full speed: over few connections or over many, whatever is more.
pub(crate) fn best(measured: &[Measured]) -> f64 {
    measured.iter().map(|measured| measured.rate).fold(f64::NAN, f64::max)
}

impl Stage<'_> {
    /// As fast as it goes.
    async fn full(&mut self, name: &str, connections: usize, to: To) -> Result<Measured> {
        self.measure(name, Load { connections, to, rate: None, time: self.time }).await
    }

    async fn measure(&mut self, name: &str, load: Load) -> Result<Measured> {
        self.postgres.settle().await?;
        let before = self.cpu()?;
        let tally = drive(&self.crowd, load).await?;
        let after = self.cpu()?;
        self.books.note(&tally);
        let sent = tally.sent as f64;
        let [server, postgres, own] = after;
        let used = [server - before[0], postgres - before[1], own - before[2]];
        let measured = Measured {
            rate: sent / tally.taken.as_secs_f64(),
            p50: tally.latencies.quantile(0.5),
            p99: tally.latencies.quantile(0.99),
            cpu: used.map(|seconds| seconds * 1e6 / sent),
        };
        eprintln!(
            "  {name:<18} {:>8.0} a second, p50 {:.2} ms, p99 {:.2} ms",
            measured.rate, measured.p50, measured.p99
        );
        Ok(measured)
    }

    fn cpu(&self) -> Result<[f64; 3]> {
        Ok([cpu_seconds(self.server.id)?, self.postgres.cpu_seconds()?, cpu_seconds(process::id())?])
    }

    async fn plain(&self, name: &str, script: Script, clients: u32) -> Result<Said> {
        let Some(pgbench) = &self.pgbench else { return Ok(Said::NOTHING) };
        self.postgres.settle().await?;
        let said = pgbench.run(script, clients, self.time).await?;
        eprintln!("  {name:<18} {:>8.0} a second, p50 {:.2} ms", said.rate, said.p50);
        Ok(said)
    }
}
