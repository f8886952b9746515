//! The built binary with its embedded default, in an empty directory, as a newcomer starts it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod admin;
mod demo;
mod support;

use std::{
    fs::{self, File},
    io::ErrorKind,
    net::TcpListener,
    process::Stdio,
};

use rustix::process::Signal;
use serde_json::{Value, json};
use support::Chatme;
use testkit::TestDatabase;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_another_business_zone_starts_when_the_totals_were_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let server = Chatme::start(directory.path());
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
    let zone = [("BUSINESS_TIMEZONE", "Europe/Berlin"), ("PORT", "0")];
    let refused = support::refused(directory.path(), &zone);
    assert!(refused.contains("kept in Asia/Jakarta") && refused.contains("`chatme totals rebuild`"), "{refused}");
    let rebuilt = support::command_with(directory.path(), &zone, &["totals", "rebuild"], "");
    assert!(rebuilt.contains("made anew, 0 of them were wrong"), "{rebuilt}");
    let server = Chatme::start_with(directory.path(), &zone, Stdio::null());
    assert_eq!(server.get("/api/ranking/hosts", None).await.1["window"]["timezone"], "Europe/Berlin");
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_zone_of_the_process_changes_no_answer() {
    let directory = tempfile::tempdir().unwrap();
    // Six hours east and west of the business zone, and one of half hours.
    let zones = ["Pacific/Kiritimati", "Atlantic/Azores", "Asia/Kolkata"];
    let mut servers = Vec::new();
    for zone in zones {
        servers.push(Chatme::start_with(directory.path(), &[("TZ", zone), ("PGTZ", zone)], Stdio::null()));
    }
    for path in [
        "ranking/hosts?period=hourly",
        "ranking/hosts?period=daily",
        "ranking/hosts?period=weekly",
        "ranking/hosts?period=monthly",
        "host-income/week/77",
        "live-session/duration/today/77",
    ] {
        let mut windows = Vec::new();
        // Once more, so that a border which passes meanwhile is seen as such.
        for server in servers.iter().chain(servers.first()) {
            windows.push(server.get(&format!("/api/{path}"), None).await.1["window"].clone());
        }
        assert!(windows.windows(2).all(|pair| pair[0] == pair[1]) || windows.first() != windows.last(), "{windows:?}");
        assert_eq!(windows[0]["timezone"], "Asia/Jakarta");
    }
    for server in servers {
        assert_eq!(server.stop(Signal::TERM).await, Some(0));
    }
}

#[test]
fn a_given_database_asks_for_a_secret_that_protects() {
    let directory = tempfile::tempdir().unwrap();
    // Stands where a database would be, and hears of every connection.
    let database = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    database.set_nonblocking(true).unwrap();
    let url = format!("postgres://nobody@{}/none", database.local_addr().unwrap());
    for (secret, expected) in [
        ("", "JWT_SECRET is required with DATABASE_URL"),
        ("0123456789abcdef0123456789abcde", "JWT_SECRET has fewer than 32 bytes"),
        ("your-256-bit-secretyour-256-bit-secret", "JWT_SECRET is a well-known example"),
    ] {
        for arguments in [["serve"], ["config"]] {
            let environment = [("DATABASE_URL", url.as_str()), ("JWT_SECRET", secret)];
            let refused = support::refused_command(directory.path(), &environment, &arguments, "");
            assert!(refused.contains(expected), "{arguments:?}: {refused}");
        }
        assert_eq!(database.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{secret:?}");
    }
    let environment =
        [("DATABASE_URL", "postgres://nobody@%2Fnowhere/none"), ("JWT_SECRET", &"0123456789abcdef".repeat(2))];
    let refused = support::refused(directory.path(), &environment);
    assert!(refused.contains("no connection to the database"), "{refused}");
}

#[test]
fn a_kept_secret_must_protect_too() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("data")).unwrap();
    fs::write(directory.path().join("data/jwt-secret"), "changeme\n").unwrap();
    for arguments in [["serve"], ["config"]] {
        let refused = support::refused_command(directory.path(), &[], &arguments, "");
        assert!(refused.contains("JWT_SECRET has fewer than 32 bytes"), "{refused}");
    }
    assert!(!directory.path().join("data/pg").exists(), "no database was made");
}

#[test]
fn a_setting_that_cannot_be_used_stops_the_start() {
    let directory = tempfile::tempdir().unwrap();
    for (name, value) in
        [("PORT", "http"), ("CORS_ALLOWED_ORIGINS", "https://münchen.example"), ("AVATAR_BYTES", "16777216")]
    {
        let refused = support::refused(directory.path(), &[(name, value)]);
        assert!(refused.contains(&format!("{name} = {value:?} (environment)")), "{refused}");
    }
}

#[test]
fn a_password_is_typed_unseen_and_is_not_the_phone_number() {
    let directory = tempfile::tempdir().unwrap();
    let create = ["admin", "create", "081234567890"];
    let (printed, shown) = support::at_a_terminal(directory.path(), &create, "secret-word");
    let id = printed.split_whitespace().find(|word| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit()));
    assert!(!shown.contains("secret") && printed.contains("created"), "{shown:?} {printed}");
    for user in [id.unwrap(), "081234567890"] {
        let arguments = ["admin", "set-password", user];
        let refused = support::refused_command(directory.path(), &[], &arguments, "+62 812 3456 7890\n");
        assert!(refused.contains("a password is not the phone number"), "{user}: {refused}");
    }
    let refused = support::refused_command(directory.path(), &[], &["admin", "set-password", "99999999"], "test123\n");
    assert!(refused.contains("there is no such user"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_that_fails_tells_the_key_that_makes_trying_again_safe() {
    let (directory, database) = (tempfile::tempdir().unwrap(), TestDatabase::create().await);
    let (environment, phone) = ([("DATABASE_URL", database.url())], "081234567890");
    let create = ["admin", "create", phone];
    assert!(support::command_with(directory.path(), &environment, &create, "secret-word\n").contains("created"));
    let sql = database.connect().await;
    sql.batch_execute("BEGIN; SELECT 1 FROM users FOR UPDATE").await.unwrap();
    let grant = ["admin", "grant-coins", phone, "100", "--reason", "welcome"];
    let failed = support::refused_command(directory.path(), &environment, &grant, "");
    sql.batch_execute("ROLLBACK").await.unwrap();
    let (_, key) = failed.trim().rsplit_once("to try again safely, add --key ").unwrap();
    for _ in 0..2 {
        let again: Vec<&str> = grant.into_iter().chain(["--key", key]).collect();
        let granted = support::command_with(directory.path(), &environment, &again, "");
        assert!(granted.contains("balance 100"), "{granted}");
    }
    let audited = support::command_with(directory.path(), &environment, &["audit"], "");
    assert!(audited.contains("the books are in order"), "{audited}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_may_open_as_many_files_as_its_connections_need() {
    let directory = tempfile::tempdir().unwrap();
    let server = Chatme::start_with(directory.path(), &[("HTTP_CONNECTIONS", "3000")], Stdio::null());
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let numbers: Vec<u64> = files.split_whitespace().map(|word| word.parse().unwrap_or(u64::MAX)).collect();
    let (soft, hard) = (*numbers.first().unwrap(), *numbers.get(1).unwrap());
    assert!(soft >= hard.min(3_000), "{files}");
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
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
