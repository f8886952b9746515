//! Conversations with the servers of the official conformance suites, line by line, as they would pass over the wire.
//!
//! A file has scenarios, each begun by `== what it shows`. Then:
//!
//! | line | meaning |
//! |---|---|
//! | `open engine polling` | a client opens a session: server `engine` or `socketio` (or `manual`), transport |
//! | `GET`, `POST body` | polling requests; `~` stands for the separator U+001E; `POST!` has a binary content type |
//! | `probe` | a websocket opens for the polling session |
//! | `> text`, `> [0102]`, `> close` | the client on its websocket: text, binary data, its end |
//! | `< text`, `< [0102]`, `< close 1000` | what it receives there |
//! | `< GET 200 body`, `< POST 400 3` | the answer to a request; of a refusal the code |
//! | `! left / reason`, `! closed reason` | what the application is told |
//! | `app …` | what the application does: `emit`, `leave /`, `accept /`, `refuse / text`, `disconnect`, `shutdown`, `cut` |
//! | `+300ms`, `+25s` | time passes, and somebody looks at the session at each deadline |
//! | `unseen +500ms` | time passes and nobody looks |
//!
//! `[sid]` is a fresh id of a socket. Everything that happens must be written down, in its order.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod driver;
mod script;

macro_rules! transcripts {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                script::run(include_str!(concat!(stringify!($name), ".txt")));
            }
        )*

        #[test]
        fn every_file_is_run() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts");
            let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
            let texts = files.filter(|name| name.to_string_lossy().ends_with(".txt")).count();
            assert_eq!(texts, [$(stringify!($name)),*].len());
        }
    };
}

transcripts! {
    engine_polling
    engine_websocket
    engine_upgrade
    socketio_connect
    socketio_messages
    socketio_invalid
    clients
    application
}
