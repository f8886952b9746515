//! The built binary and stock clients of Socket.IO, as the apps have them: what they hear, how they come back.
//!
//! The clients are programs of their own below `client`; what they need is installed below the target directory.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "clients/install.rs"]
mod install;
#[path = "clients/program.rs"]
mod program;
#[expect(dead_code, reason = "most of it is for the other tests")]
mod support;

use std::{path::Path, process::Command, process::Stdio, time::Duration};

use program::Program;
use rustix::process::Signal;
use serde_json::{Value, json};
use support::{BINARY, Chatme};

/// Three that meet everywhere, and one for each test that changes what becomes of its user.
const USERS: u32 = 18;
/// How long one family of clients may take.
const PATIENCE: Duration = Duration::from_mins(4);
/// Clients that do in a second what people do in minutes, all from one address.
const SETTINGS: [(&str, &str); 9] = [
    ("REGISTER_RATE_PER_HOUR", "1000"),
    ("LOGIN_RATE_FAILURES", "1000"),
    ("LOGIN_RATE_ACCOUNT_PER_HOUR", "1000"),
    ("SOCKETS_PER_USER", "100"),
    ("SOCKETS_PER_ADDRESS", "1000"),
    ("SOCKET_EVENT_RATE", "1000"),
    ("SOCKET_EVENT_BURST", "10000"),
    ("CHAT_RATE", "1000"),
    ("CHAT_BURST", "10000"),
];

/// Users as the clients are given them.
async fn users(server: &Chatme) -> Value {
    let mut users = Vec::new();
    for number in 0..USERS {
        let (phone, password, name) = (format!("0812555000{number:02}"), "test123", format!("User {number}"));
        let account = json!({"phone": phone, "password": password, "name": name});
        let (status, registered) = server.post("/api/register", None, &account).await;
        assert_eq!(status, 200, "{registered}");
        let (_, login) = server.post("/api/login", None, &account).await;
        let (id, token) = (registered.get("userId"), login.get("token"));
        users.push(json!({"id": id, "name": name, "phone": phone, "password": password, "token": token}));
    }
    users.into()
}

/// A client program that finds its server and its users in its environment.
fn client(program: &Path, server: &Chatme, users: &Value, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("CHATME_URL", &server.url).env("CHATME_USERS", users.to_string());
    command.env("CHATME_BINARY", &*BINARY).env("CHATME_DIRECTORY", directory);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stock_client_is_served_over_all_its_transports() {
    let (node, directory) = (install::node(), tempfile::tempdir().unwrap());
    let server = Chatme::start_with(directory.path(), &SETTINGS, Stdio::null());
    let users = users(&server).await;
    let mut command = client(&node.program, &server, &users, directory.path());
    command.args(["--test", "--test-reporter=spec"]).args(node.tests());
    let output = Program::start(command).finish(PATIENCE).await;
    assert!(output.contains("fail 0"), "{output}");
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_come_back_by_themselves_when_the_server_is_started_again() {
    let (node, directory) = (install::node(), tempfile::tempdir().unwrap());
    let server = Chatme::start_with(directory.path(), &SETTINGS, Stdio::null());
    let users = users(&server).await;
    let mut command = client(&node.program, &server, &users, directory.path());
    command.arg(node.file("restart.mjs"));
    let mut clients = Program::start(command);
    clients.wait_for("ready", PATIENCE).await;

    let port = server.url.rsplit_once(':').unwrap().1.trim_end_matches('/').to_owned();
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
    let settings: Vec<_> = SETTINGS.into_iter().chain([("PORT", port.as_str())]).collect();
    let server = Chatme::start_with(directory.path(), &settings, Stdio::null());
    clients.finish(PATIENCE).await;
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_another_family_is_served_too() {
    let (python, directory) = (install::python(), tempfile::tempdir().unwrap());
    let server = Chatme::start_with(directory.path(), &SETTINGS, Stdio::null());
    let users = users(&server).await;
    let mut command = client(&python.program, &server, &users, directory.path());
    command.arg("-B").arg(python.file("python/test_client.py"));
    let output = Program::start(command).finish(PATIENCE).await;
    assert!(output.contains("\nOK"), "{output}");
    assert_eq!(server.stop(Signal::TERM).await, Some(0));
}
