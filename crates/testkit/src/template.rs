//! The database that the others are cloned from, and the leftovers of processes that were killed.

use std::{fmt::Display, process};

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use tokio::{sync::OnceCell, task::spawn_blocking};
use tokio_postgres::Client;

use crate::server;

/// The key of the advisory lock under which templates are built and leftovers are swept.
const LOCK: i64 = 0x7465_7374;

/// What the names of templates begin with, before the fingerprint of the migrations.
const PREFIX: &str = "chatme_test_template_";

/// What the names of the tests' databases begin with, before the number of the process that they belong to. Other
/// programs' databases on a shared server begin with something else.
const TEST_PREFIX: &str = "chatme_test_";

static READY: OnceCell<String> = OnceCell::const_new();

/// The name of the template. At the first call in a process leftovers are swept, and the template is built if it is
/// missing.
pub(crate) async fn ready() -> String {
    READY.get_or_init(rebuilt).await.clone()
}

/// The same, whatever was found before.
pub(crate) async fn rebuilt() -> String {
    // Elsewhere, because migrations ask for a multi-thread runtime, which is not for tests to provide.
    let built = spawn_blocking(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime").block_on(prepare())
    });
    built.await.expect("the template is built")
}

async fn prepare() -> String {
    let template = format!("{PREFIX}{}", persistence::migrations_fingerprint());
    let admin = server::connect().await;
    // It goes with the connection.
    admin.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).await.expect("the lock is taken");
    let names = databases(&admin).await;
    sweep(&admin, names.iter().filter(|name| is_leftover(name, &template))).await;
    if !names.contains(&template) {
        build(&admin, &template).await;
    }
    template
}

/// Builds it under another name: a crash leaves a leftover, never half a template.
async fn build(admin: &Client, template: &str) {
    let draft = name("draft");
    // A killed process may have had our number.
    execute(admin, &format!("DROP DATABASE IF EXISTS {draft}")).await;
    execute(admin, &format!("CREATE DATABASE {draft} TEMPLATE template0")).await;
    persistence::migrate(&server::url(&draft)).await.expect("the migrations apply");
    // Nobody may be connected to a database that is cloned.
    execute(admin, &format!("ALTER DATABASE {draft} ALLOW_CONNECTIONS false")).await;
    // The server waits some seconds for the connection of the migrations to end.
    execute(admin, &format!("ALTER DATABASE {draft} RENAME TO {template}")).await;
}

/// The name of a database of this process.
pub(crate) fn name(what: impl Display) -> String {
    format!("{TEST_PREFIX}{}_{what}", process::id())
}

async fn execute(admin: &Client, statement: &str) {
    admin.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
}

async fn databases(admin: &Client) -> Vec<String> {
    let rows = admin.query("SELECT datname FROM pg_database", &[]).await.expect("databases are listed");
    rows.iter().map(|row| row.get(0)).collect()
}

/// Drops databases, but for those that somebody is connected to: on a shared server these may belong to a process of
/// another machine, which looks dead from here.
async fn sweep(admin: &Client, leftovers: impl Iterator<Item = &String>) {
    for name in leftovers {
        // In vain at worst; then it is the next one's.
        let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await;
    }
}

/// Whether a database belongs to a process that is gone, or is the template of other migrations.
fn is_leftover(name: &str, template: &str) -> bool {
    if name.starts_with(PREFIX) {
        return name != template;
    }
    let Some((owner, _)) = name.strip_prefix(TEST_PREFIX).and_then(|rest| rest.split_once('_')) else { return false };
    let owner = owner.parse().ok().filter(|pid| *pid > 0).and_then(Pid::from_raw);
    // Any other answer means that there is such a process, if only one that we may not touch.
    owner.is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// The number of a process that is gone.
    fn dead() -> u32 {
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    #[test]
    fn leftovers_are_known_by_their_names() {
        let cases = [
            (format!("chatme_test_{}_0", dead()), true),
            (format!("chatme_test_{}_draft", dead()), true),
            (name(0), false),
            ("chatme_test_1_0".to_owned(), false),
            ("chatme_test_template_old".to_owned(), true),
            ("chatme_test_template_new".to_owned(), false),
            ("template0".to_owned(), false),
            ("template_postgis".to_owned(), false),
            ("postgres".to_owned(), false),
            ("chatme".to_owned(), false),
            ("chatme_test_".to_owned(), false),
            ("chatme_test_x_0".to_owned(), false),
            ("chatme_test_-1_0".to_owned(), false),
            (format!("t_{}_0", dead()), false),
        ];
        for (name, expected) in cases {
            assert_eq!(is_leftover(&name, "chatme_test_template_new"), expected, "{name}");
        }
    }

    #[tokio::test]
    async fn databases_of_the_dead_are_swept_and_those_of_the_living_are_not() {
        let admin = server::connect().await;
        let names = [format!("{TEST_PREFIX}{}_left", dead()), name("living")];
        for name in &names {
            execute(&admin, &format!("DROP DATABASE IF EXISTS {name}")).await;
            // Another process may sweep it in this moment, which is as well.
            execute(&admin, &format!("CREATE DATABASE {name}")).await;
        }
        rebuilt().await;
        let left = databases(&admin).await;
        assert!(!left.contains(&names[0]), "{left:?}");
        assert!(left.contains(&names[1]), "{left:?}");
        execute(&admin, &format!("DROP DATABASE {}", names[1])).await;
    }

    #[tokio::test]
    async fn the_template_is_there_once_and_closed() {
        let template = ready().await;
        assert_eq!(rebuilt().await, template);
        let admin = server::connect().await;
        let sql = "SELECT datallowconn FROM pg_database WHERE datname = $1";
        let rows = admin.query(sql, &[&template]).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.get::<_, bool>(0)).collect::<Vec<_>>(), [false]);
    }
}
