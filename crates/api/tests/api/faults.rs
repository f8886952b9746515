//! A server whose database is away, silent, full, recovering, read-only or at odds with itself: money is refused in time, rooms
//! live on, and all is well again soon after.

mod struck;

use std::time::{Duration, Instant};

use testkit::Weather;

use self::struck::Struck;

/// How long a client waits for a money request, and what a busy machine adds.
const ANSWERED_MAX: Duration = Duration::from_millis(2_500);
/// How long after the end of a fault all is well.
const HEALED_MAX: Duration = Duration::from_secs(3);

/// Twice, because a fault meets first what was open before, and then what is opened.
async fn endure(struck: &mut Struck, code: &[&str]) {
    for _ in 0..2 {
        struck.endure(code).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_refuses_money_in_time_and_is_found_again() {
    let mut struck = Struck::new().await;
    struck.proxy.turn(Weather::Away);
    endure(&mut struck, &["unavailable"]).await;
    struck.proxy.turn(Weather::Fine);
    struck.heal(Instant::now()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_says_nothing_refuses_money_in_time_and_is_found_again() {
    let mut struck = Struck::new().await;
    struck.proxy.turn(Weather::Silent);
    endure(&mut struck, &["unavailable", "outcome_unknown"]).await;
    struck.proxy.turn(Weather::Fine);
    struck.heal(Instant::now()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_went_silent_for_ever_are_replaced_at_once() {
    let struck = Struck::new().await;
    struck.open_many().await;
    struck.proxy.lose_open();
    struck.heal(Instant::now()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_recovers_refuses_money_in_time_and_is_found_again() {
    let mut struck = Struck::new().await;
    struck.proxy.turn(Weather::RECOVERING);
    endure(&mut struck, &["unavailable"]).await;
    struck.proxy.turn(Weather::Fine);
    struck.heal(Instant::now()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_connections_left_refuses_money_in_time_and_is_found_again() {
    let mut struck = Struck::new().await;
    struck.proxy.turn(Weather::FULL);
    endure(&mut struck, &["unavailable"]).await;
    struck.proxy.turn(Weather::Fine);
    struck.heal(Instant::now()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_may_only_be_read_is_read_and_refuses_money_in_time() {
    let set =
        |what: &str| format!("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {what}', current_database()); END $$");
    let mut struck = Struck::new().await;
    struck.sql.batch_execute(&set("SET default_transaction_read_only = on")).await.unwrap();
    struck.end_sessions().await;
    struck.until_ready(false).await;
    endure(&mut struck, &["unavailable"]).await;
    assert_eq!(struck.app.balance(&struck.fan).await, struck::COINS - struck::ROSES * 10, "it is read");
    // The sessions that are open stay read-only.
    struck.sql.batch_execute(&set("RESET default_transaction_read_only")).await.unwrap();
    struck.heal(Instant::now()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_transactions_all_deadlock_refuses_money_in_time() {
    let mut struck = Struck::new().await;
    let deadlocks = "CREATE FUNCTION deadlock() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected'; END $$;
         CREATE TRIGGER deadlock BEFORE INSERT ON idempotency_keys EXECUTE FUNCTION deadlock()";
    struck.sql.batch_execute(deadlocks).await.unwrap();
    struck.is_ready_meanwhile = true;
    endure(&mut struck, &["unavailable"]).await;
    struck.sql.batch_execute("DROP TRIGGER deadlock ON idempotency_keys").await.unwrap();
    struck.heal(Instant::now()).await;
}
