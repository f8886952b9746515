//! What lies at a border is counted on one side of it.

use chrono::{DateTime, Utc};
use domain::{gift::GiftLedger as _, id::UserId, live::LiveSessions as _};
use persistence::PgLiveSessions;

use super::month::{AGENCIES, HOSTS, Month, TICK, on};
use crate::support::{Calls, Place, calendar, deciding, order};

/// The stored statement of a host's week.
async fn statement(month: &Month, host: UserId, monday: &str) -> String {
    let one = format!("SELECT statement FROM salary_statements WHERE host_id = {host} AND monday = '{monday}'");
    month.fixture.texts(&one).await.concat()
}

fn micros(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_micros()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_who_changed_agency_on_wednesday_has_two_parts_and_the_second_agency_decides() {
    let month = Month::new().await;
    month.close(on(7, 0, 5)).await;
    let (text, noon) = (statement(&month, HOSTS[1], "2026-11-23").await, micros(on(2, 12, 0)));
    let [before, after] = AGENCIES;
    for line in [
        format!("membership 2 agency={before} from={} to={noon} sessions=4,5,6\n", micros(on(0, 0, 0))),
        // One hour of the session at noon, and the gift of the last microsecond before.
        "  2026-11-25 live=3600000000 diamonds=15000\n".to_owned(),
        format!("membership 3 agency={after} from={noon} to={} sessions=6,7,8,9\n", micros(on(7, 0, 0))),
        "  2026-11-25 live=3600000000 diamonds=5000\n".to_owned(),
        "day 2026-11-25 minutes=120 counted=120 valid=true diamonds=20000\n".to_owned(),
        "week minutes=660 days=5 diamonds=30000 membership_week=1\n".to_owned(),
        "award row=2 missed=- salary=6000\n".to_owned(),
        format!("payee {after}\n"),
    ] {
        assert!(text.contains(&line), "{line}{text}");
    }
    month.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_and_gifts_at_the_weeks_end_are_split_at_it() {
    let month = Month::new().await;
    month.close(on(14, 0, 5)).await;
    let (first, second) =
        (statement(&month, HOSTS[2], "2026-11-23").await, statement(&month, HOSTS[2], "2026-11-30").await);
    let (start, border, end) = (micros(on(6, 22, 0)), micros(on(7, 0, 0)), micros(on(7, 1, 0)));
    for (text, lines) in [
        (
            &first,
            [
                format!("session 10 from={start} to={border} valid=true\n"),
                "day 2026-11-29 minutes=120 counted=120 valid=true diamonds=35\n".to_owned(),
                "week minutes=120 days=1 diamonds=35 membership_week=1\n".to_owned(),
            ],
        ),
        (
            &second,
            [
                format!("session 10 from={border} to={end} valid=true\n"),
                "day 2026-11-30 minutes=60 counted=60 valid=false diamonds=55\n".to_owned(),
                "week minutes=60 days=0 diamonds=55 membership_week=2\n".to_owned(),
            ],
        ),
    ] {
        for line in lines {
            assert!(text.contains(&line), "{line}{text}");
        }
    }
    month.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_runs_on_counts_up_to_its_last_sign_of_life() {
    let month = Month::empty().await;
    let lives = PgLiveSessions::new(month.fixture.database.clone(), calendar());
    let (silent, running) = (HOSTS[0], HOSTS[2]);
    for (host, start, sign) in [(silent, on(6, 20, 0), on(6, 21, 30)), (running, on(6, 20, 0), on(7, 0, 4))] {
        let session = lives.start(host, None, start).await.unwrap().session;
        let sign = format!("UPDATE live_sessions SET last_sign_at = '{}' WHERE id = {}", sign.to_rfc3339(), session.id);
        month.fixture.execute(&sign).await;
    }
    month.close(on(7, 0, 5)).await;
    for (host, minutes) in [(silent, 90), (running, 240)] {
        let text = statement(&month, host, "2026-11-23").await;
        assert!(text.contains(&format!("week minutes={minutes} ")), "{text}");
    }
    month.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_of_the_week_that_is_still_being_booked_is_waited_for() {
    let month = Month::empty().await;
    let gate = month.fixture.shut_gate(Place::Before("pending_rollups")).await;
    let gifting = tokio::spawn({
        let (gifts, order) = (month.fixture.gifts(), order(month.fan, HOSTS[0], "rose", 3, "slow"));
        let decide = deciding(&order, &Calls::default());
        async move { gifts.settle(order, on(7, 0, 0) - TICK, decide).await }
    });
    month.fixture.until_waiting(1).await;
    let closing = tokio::spawn({
        let service = month.closing(on(7, 0, 5));
        async move { service.run().await.unwrap() }
    });
    month.fixture.until_waiting(2).await;
    gate.open().await;
    gifting.await.unwrap().unwrap();
    assert_eq!(closing.await.unwrap().statements, 3);
    let text = statement(&month, HOSTS[0], "2026-11-23").await;
    assert!(text.contains("diamonds=15 membership_week=1"), "{text}");
    super::assert_sums(&month.fixture).await;
    month.fixture.assert_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_week_is_closed_while_gifts_of_it_wait_to_be_rolled_up() {
    let month = Month::empty().await;
    // However often notes of the week are rolled up, there is another one.
    let note = format!(
        "INSERT INTO pending_rollups (hour_starts_at, day_starts_at, week_starts_at, month_starts_at, gift_ids)
         SELECT at, at, at, at, '{{0}}' FROM (SELECT timestamptz '{}' AS at) AS week",
        on(6, 0, 0).to_rfc3339()
    );
    let again = note.replace('\'', "''");
    month
        .fixture
        .execute(&format!(
            "CREATE SEQUENCE rolled_up; CREATE FUNCTION note_again() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN PERFORM nextval(''rolled_up''); {again}; RETURN NULL; END';
             CREATE TRIGGER again AFTER DELETE ON pending_rollups FOR EACH STATEMENT EXECUTE FUNCTION note_again(); {note}"
        ))
        .await;

    let result = month.closing(on(7, 0, 5)).run().await;

    assert!(result.is_err(), "{result:?}");
    assert_eq!(month.fixture.count("salary_statements").await, 0);
    assert!(month.fixture.number("SELECT last_value FROM rolled_up").await < 20, "it is given up");
    month.fixture.execute("DROP TRIGGER again ON pending_rollups; DELETE FROM pending_rollups").await;
    assert_eq!(month.closing(on(7, 0, 5)).run().await.unwrap().statements, 3);
    month.fixture.assert_in_order().await;
}
