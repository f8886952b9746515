//! The commands of an operator, from the outside: what they print, what they refuse and how, and what they leave behind.

use std::{fs, path::Path};

use rustix::process::Signal;
use serde_json::json;
use testkit::TestDatabase;

use crate::support::{self, Chatme};

/// A domain's refusal, or a failure.
const REFUSED: i32 = 1;
/// What is no command at all.
const MISUSED: i32 = 2;

/// An operator in an empty directory, beside a database.
struct Operator<'a> {
    directory: &'a Path,
    environment: Vec<(&'a str, &'a str)>,
}

impl Operator<'_> {
    /// What a command prints that succeeds.
    fn run(&self, arguments: &[&str]) -> String {
        support::command_with(self.directory, &self.environment, arguments, "")
    }

    /// A command fails with this code, says why, and does not print anything that looks like success.
    fn refused(&self, arguments: &[&str], code: i32, why: &str) -> String {
        let output = support::outcome(self.directory, &self.environment, arguments, "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.contains(why)), (Some(code), true), "{arguments:?}: {said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
        said
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coins_are_corrected_with_a_reason_and_never_below_nothing() {
    let (directory, database) = (tempfile::tempdir().unwrap(), TestDatabase::create().await);
    let operator = Operator { directory: directory.path(), environment: vec![("DATABASE_URL", database.url())] };
    let phone = "081234567890";
    let create = ["admin", "create", phone];
    support::command_with(directory.path(), &operator.environment, &create, "secret-word\n");
    operator.run(&["admin", "grant-coins", phone, "100", "--reason", "welcome"]);

    let correct = |amount: &'static str, key: &'static str| {
        ["admin", "correct-coins", phone, amount, "--reason", "paid twice", "--key", key]
    };
    for _ in 0..2 {
        let taken = operator.run(&correct("-30", "once"));
        assert!(taken.contains("corrected by -30; balance 70"), "{taken}");
    }
    assert!(operator.run(&correct("5", "back")).contains("corrected by 5; balance 75"));
    for (arguments, why) in [
        (correct("-31", "once"), "the idempotency key belongs to another request"),
        (correct("-76", "all"), "insufficient balance: 76 coins were to be taken and 75 are there"),
        (correct("9007199254740991", "most"), "the balance would become too large"),
        (correct("0", "none"), "a correction gives or takes at least one coin"),
        (correct("-9007199254740992", "more"), "at most 9007199254740991"),
        (correct("-1", "two words"), "an idempotency key has 1 to 64 visible ASCII characters"),
    ] {
        operator.refused(&arguments, REFUSED, why);
    }
    let nobody = ["admin", "correct-coins", "99999999", "-1", "--reason", "x"];
    operator.refused(&nobody, REFUSED, "there is no such user");
    operator.refused(&["admin", "correct-coins", phone, "-1", "--reason", " "], REFUSED, "a reason has 1 to 200");
    operator.refused(&["admin", "correct-coins", phone, "-1"], MISUSED, "--reason <REASON>");
    operator.refused(&["admin", "correct-coins", phone, "1.5", "--reason", "x"], MISUSED, "invalid value '1.5'");

    let log = "SELECT concat_ws(' ', action, before, after, reason, actor_id) FROM audit_log ORDER BY id";
    let rows = database.connect().await.query(log, &[]).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let line = |before: i64, after: i64, key: &str| {
        format!(r#"coins_corrected [["balance", "{before}"]] [["balance", "{after}"], ["key", "{key}"]] paid twice"#)
    };
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1..], [line(100, 70, "once"), line(70, 75, "back")]);
    assert!(operator.run(&["audit"]).contains("the books are in order"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_is_listed_and_changed() {
    let (directory, database) = (tempfile::tempdir().unwrap(), TestDatabase::create().await);
    let operator = Operator { directory: directory.path(), environment: vec![("DATABASE_URL", database.url())] };
    let catalogue = |arguments: &[&str]| operator.run(&[&["admin", "catalogue"], arguments].concat());
    let list = catalogue(&["list"]);
    assert!(list.starts_with("rose  Rose  10 coins, normal, 5000 basis points, place 10, normal, on sale\n"), "{list}");
    assert!(list.ends_with("\n13 gifts\n"), "{list}");

    let tiara = ["--name", "Tiara", "--price", "900", "--category", "luxury", "--host-share-bp", "2500"];
    let add = [&["add", "tiara"], tiara.as_slice()].concat();
    let whole = "tiara  Tiara  900 coins, luxury, 2500 basis points, place 1000, normal, on sale";
    assert_eq!(catalogue(&add), format!("added\nis   {whole}\n"));
    assert_eq!(catalogue(&add), format!("nothing changed\nis   {whole}\n"));
    let dearer = whole.replace("900 coins", "1000 coins").replace("place 1000", "place 5");
    let change = ["change", "tiara", "--price", "1000", "--sort-order", "5", "--reason", "dearer"];
    assert_eq!(catalogue(&change), format!("was  {whole}\nis   {dearer}\n"));
    let retired = dearer.replace("on sale", "off sale");
    assert_eq!(catalogue(&["retire", "tiara"]), format!("was  {dearer}\nis   {retired}\n"));
    assert_eq!(catalogue(&["retire", "tiara"]), format!("nothing changed\nis   {retired}\n"));
    assert!(catalogue(&["list"]).starts_with(&format!("{retired}\n")));
    let back = catalogue(&["change", "tiara", "--on-sale", "true", "--size-class", "large", "--name", "Mahkota"]);
    assert!(
        back.ends_with("is   tiara  Mahkota  1000 coins, luxury, 2500 basis points, place 5, large, on sale\n"),
        "{back}"
    );

    let refused = |arguments: &[&str], code: i32, why: &str| {
        operator.refused(&[&["admin", "catalogue"], arguments].concat(), code, why);
    };
    for (arguments, why) in [
        (
            vec!["add", "crown-2", "--name", "Crown"],
            "a new gift has a key, a name, a price, a category and a host's share",
        ),
        (vec!["change", "rose"], "nothing is named that is to be changed"),
        (vec!["change", "nothing", "--price", "5"], "there is no such gift"),
        (vec!["retire", "nothing"], "there is no such gift"),
        (vec!["retire", "a rose"], "a gift's key has 1 to 64 visible ASCII characters"),
        (vec!["retire", "rose", "--reason", ""], "a reason has 1 to 200 printable characters"),
        (vec!["change", "rose", "--price", "0"], "a gift costs 1 to 1000000000 coins"),
        (vec!["change", "rose", "--price", "1000000001"], "a gift costs 1 to 1000000000 coins"),
        (vec!["change", "rose", "--name", " "], "a gift's name has 1 to 100 printable characters"),
        (vec!["change", "rose", "--category", "umum"], "a gift's category is normal, luxury, lucky or s-lucky"),
        (vec!["change", "rose", "--host-share-bp", "10001"], "a host's share is 0 to 10000 basis points"),
        (vec!["change", "rose", "--sort-order", "1000001"], "a gift's place in lists is 0 to 1000000"),
        (vec!["change", "rose", "--size-class", "huge"], "a gift's size class is normal or large"),
    ] {
        refused(&arguments, REFUSED, why);
    }
    refused(&[&["add", "rose"], tiara.as_slice()].concat(), REFUSED, "there is another gift with this key");
    refused(&["change", "rose", "--on-sale", "maybe"], MISUSED, "invalid value 'maybe'");
    refused(&["change", "rose", "--price", "ten"], MISUSED, "invalid value 'ten'");
    refused(&["delete", "rose"], MISUSED, "unrecognized subcommand 'delete'");
    let log = "SELECT COUNT(*) FROM audit_log WHERE action = 'catalogue_changed' AND subject_key = 'tiara'";
    let lines: i64 = database.connect().await.query_one(log, &[]).await.unwrap().get(0);
    assert_eq!(lines, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agencies_that_wait_are_listed_and_decided_on_beside_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let server = Chatme::start(directory.path());
    let operator = Operator { directory: directory.path(), environment: Vec::new() };
    assert_eq!(operator.run(&["admin", "agencies", "pending"]), "0 agencies wait\n");
    let mut agencies = Vec::new();
    for number in 0..2 {
        let account = json!({"phone": format!("08123456780{number}"), "password": "test123", "name": "Ibu"});
        assert_eq!(server.post("/api/register", None, &account).await.0, 200);
        let token = server.post("/api/login", None, &account).await.1["token"].as_str().unwrap().to_owned();
        let form = json!({"region": "Indonesia", "familyName": format!("Bintang {number}"),
            "idNumber": format!("317401020304000{number}"), "phone": "081234567890"});
        let (status, applied) = server.post("/api/agency/apply", Some(&token), &form).await;
        assert_eq!(status, 200, "{applied}");
        agencies.push((applied["data"]["id"].to_string(), token));
    }
    let waiting = operator.run(&["admin", "agencies", "pending"]);
    for (number, (id, _)) in agencies.iter().enumerate() {
        let line = format!("{id}  Bintang {number}  of Ibu (");
        assert!(waiting.contains(&line) && waiting.contains(&format!("card 3174********000{number}")), "{waiting}");
    }
    assert!(waiting.ends_with("2 agencies wait\n"), "{waiting}");

    let (approved, rejected) = (agencies[0].0.as_str(), agencies[1].0.as_str());
    operator.refused(&["admin", "agencies", "reject", rejected, "--reason", ""], REFUSED, "a reason has 1 to 200");
    let decided = operator.run(&["admin", "agencies", "approve", approved]);
    assert_eq!(decided, format!("agency {approved} approved\n"));
    let decided = operator.run(&["admin", "agencies", "reject", rejected, "--reason", "no papers"]);
    assert_eq!(decided, format!("agency {rejected} rejected\n"));
    for id in [approved, rejected] {
        for verdict in ["approve", "reject"] {
            let again = ["admin", "agencies", verdict, id];
            operator.refused(&again, REFUSED, "the agency is decided on already");
        }
    }
    operator.refused(&["admin", "agencies", "approve", "7"], REFUSED, "there is no such agency");
    operator.refused(&["admin", "agencies", "approve", "seven"], MISUSED, "invalid value 'seven'");
    assert_eq!(operator.run(&["admin", "agencies", "pending"]), "0 agencies wait\n");
    // The server knows at once.
    let own = "/api/agency/profile";
    assert_eq!(server.get(own, Some(&agencies[0].1)).await.0, 200);
    assert_eq!(server.get(own, Some(&agencies[1].1)).await.0, 403);
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_tried_and_activated_and_weeks_are_closed() {
    let (directory, database) = (tempfile::tempdir().unwrap(), TestDatabase::create().await);
    let operator = Operator { directory: directory.path(), environment: vec![("DATABASE_URL", database.url())] };
    let list = operator.run(&["policies", "list"]);
    assert!(list.starts_with("version 0 from "), "{list}");
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    let policy = json!({"valid_session_minutes": 30, "valid_day_minutes": 120, "daily_cap_minutes": 240,
        "rows": [{"gift_diamonds": 5_000, "salary": 700}]});
    write("good.json", &policy.to_string());
    write("words.json", "a policy");
    write("unknown.json", r#"{"salary": 7}"#);
    let mut impossible = policy.clone();
    impossible["rows"] = json!([]);
    write("impossible.json", &impossible.to_string());
    write("huge.json", &format!("{}{policy}", " ".repeat(256 * 1_024)));

    let activate = |file: &'static str, from: &'static str| ["policies", "activate", file, "--from", from];
    let far = "2099-W01";
    for (file, why) in [
        ("missing.json", "No such file or directory"),
        ("words.json", "words.json is no policy: expected value"),
        ("unknown.json", "unknown.json is no policy: unknown field `salary`"),
        ("huge.json", "huge.json is no policy: "),
        ("impossible.json", "a policy has 1 to 64 rows"),
    ] {
        operator.refused(&activate(file, far), REFUSED, why);
        operator.refused(&["salaries", "dry-run", file], REFUSED, why);
    }
    operator.refused(&activate("good.json", far), REFUSED, "a policy holds from a week within the next 53");
    operator.refused(&activate("good.json", "2026-W99"), MISUSED, "invalid value '2026-W99'");
    operator.refused(&["policies", "activate", "good.json"], MISUSED, "--from <FROM>");
    let too_early = operator.refused(&activate("good.json", "2026-W01"), REFUSED, "a policy holds from ");
    let next = too_early.split(' ').find(|word| word.contains("-W")).unwrap();
    let activated = operator.run(&["policies", "activate", "good.json", "--from", next]);
    assert_eq!(activated, format!("version 1 holds from {next} on\n"));
    let list = operator.run(&["policies", "list"]);
    assert!(list.contains(&format!("\nversion 1 from {next}\n")), "{list}");

    let none = "0 weeks of hosts: 0 gain, 0 lose; 0 -> 0 diamonds\n";
    assert_eq!(operator.run(&["salaries", "dry-run", "good.json", "--weeks", "13"]), none);
    for weeks in ["0", "14", "x"] {
        let why = format!("invalid value '{weeks}'");
        operator.refused(&["salaries", "dry-run", "good.json", "--weeks", weeks], MISUSED, &why);
    }
    let closed = operator.run(&["salaries", "close"]);
    assert!(closed.ends_with("0 statements, 0 salaries wait\n"), "{closed}");
    let again = operator.run(&["salaries", "close"]);
    assert_eq!(again, "0 statements, 0 salaries wait\n");
    let log = "SELECT concat_ws(' ', action, subject_key, actor_id) FROM audit_log";
    let line: String = database.connect().await.query_one(log, &[]).await.unwrap().get(0);
    assert_eq!(line, "policy_activated 1");
}
