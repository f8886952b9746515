//! The built binary with its embedded default, in an empty directory, as a newcomer starts it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs::{self, File};

use rustix::process::Signal;
use serde_json::{Value, json};
use support::Chatme;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_sends_a_first_gift_and_it_survives_everything() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Chatme::start(directory.path());

    let fan = json!({"phone": "089123456789", "password": "test123", "name": "Test User"});
    assert_eq!(server.post("/api/register", None, &fan).await.1["message"], "Registrasi berhasil!");
    let host = json!({"phone": "081234567890", "password": "test123"});
    let host_id = server.post("/api/register", None, &host).await.1["userId"].as_i64().unwrap();
    let login = server.post("/api/login", None, &fan).await.1;
    let token = login["token"].as_str().unwrap().to_owned();
    assert_eq!(server.get("/api/profile", Some(&token)).await.1["data"]["phone"], "089123456789");

    // While the server runs, the command line joins its database.
    let granted = support::command(
        directory.path(),
        &["admin", "grant-coins", "089123456789", "100", "--reason", "welcome", "--key", "first"],
    );
    assert!(granted.contains("balance 100"), "{granted}");
    let again = support::command(
        directory.path(),
        &["admin", "grant-coins", "089123456789", "100", "--reason", "welcome", "--key", "first"],
    );
    assert!(again.contains("balance 100"), "{again}");
    let gift = json!({"receiverId": host_id.to_string(), "giftId": "rose", "quantity": 5, "clientRef": "tap-1"});
    let (status, sent) = server.post("/api/gifts/send", Some(&token), &gift).await;
    assert_eq!(
        (status, &sent["data"]["hostIncome"], &sent["data"]["balance"]),
        (200, &json!(25), &json!(50)),
        "{sent}"
    );

    // Nothing is asked politely: the next start finds everything, and the key answers as it did.
    server.kill();
    let server = Chatme::start(directory.path());
    let income = server.get(&format!("/api/host-income/today/{host_id}"), None).await.1;
    assert_eq!(income["total"], 25);
    assert_eq!(server.post("/api/gifts/send", Some(&token), &gift).await, (200, sent));
    assert!(support::command(directory.path(), &["audit"]).contains("the books are in order"));
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_signals_stop_politely_and_the_commands_work_without_a_server() {
    let directory = tempfile::tempdir().unwrap();
    for signal in [Signal::INT, Signal::TERM] {
        let server = Chatme::start(directory.path());
        assert_eq!(server.get("/health/ready", None).await.0, 200);
        assert_eq!(server.stop(signal).await, Some(0));
    }
    assert!(support::command(directory.path(), &["migrate"]).contains("is up to date"));
    let settings = support::command(directory.path(), &["config"]);
    let zone = settings.lines().find(|line| line.starts_with("BUSINESS_TIMEZONE")).unwrap_or_default();
    assert!(zone.ends_with("= Asia/Jakarta  [default]"), "{settings}");
}

#[test]
fn a_given_database_asks_for_a_secret_that_protects() {
    let directory = tempfile::tempdir().unwrap();
    let refused = support::refused(directory.path(), &[("DATABASE_URL", "postgres://nobody@%2Fnowhere/none")]);
    assert!(refused.contains("no connection to the database"), "{refused}");
    let wrong = support::refused(directory.path(), &[("PORT", "http")]);
    assert!(wrong.contains("PORT = \"http\" (environment)"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_value_forges_a_log_line_and_no_secret_is_logged() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let settings = [("LOG_FORMAT", "json"), ("LOG_LEVEL", "debug")];
    let server = Chatme::start_with(directory.path(), &settings, File::create(&log).unwrap().into());
    let forged = "x\n{\"level\":\"ERROR\",\"message\":\"forged\"}\u{1b}[2J\u{202e}";
    let account = json!({"phone": "089123456789", "password": "secret-word", "name": "Nickname"});
    assert_eq!(server.post("/api/register", None, &account).await.0, 200);
    let token = server.post("/api/login", None, &account).await.1["token"].as_str().unwrap().to_owned();
    assert_eq!(server.put("/api/profile/update", Some(&token), &json!({"name": forged})).await.0, 400);
    assert_eq!(server.post("/api/login", None, &json!({"phone": forged, "password": forged})).await.0, 401);
    assert_eq!(server.get("/api/forged%0aforged?forged=%0a", Some(&token)).await.0, 404);
    assert_eq!(server.stop(Signal::TERM).await, Some(0));

    let text = fs::read_to_string(log).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered = events.iter().filter(|event| event["target"] == "chatme::access").count();
    assert_eq!(answered, 5, "{text}");
    for private in ["forged", "89123456789", "secret-word", "Nickname", &token] {
        assert!(!text.contains(private), "{private}: {text}");
    }
}
