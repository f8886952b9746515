mod closing;
mod sockets;
mod upgrade;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::{
    encoded::Encoded,
    engine::Refusal,
    packet::{Args, Namespace},
    settings::{CLOSE_HOLD, CLOSE_LINGER, UPGRADE_HOLD},
};

/// Those of the conformance suites.
fn settings() -> Settings {
    Settings {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        connect_timeout: Some(Duration::from_millis(1_000)),
        namespaces: vec!["/".to_owned(), "/custom".to_owned()],
        ..Settings::default()
    }
}

/// A session, its clock, and what it said.
struct Talk {
    session: Session,
    now: Instant,
}

impl Talk {
    fn with(transport: Transport, settings: Settings) -> Self {
        #[expect(clippy::disallowed_methods, reason = "every instant of a test counts from some instant")]
        let now = Instant::now();
        let mut talk = Self { session: Session::open("sid1", transport, Arc::new(settings), now), now };
        let open = talk.said();
        assert!(open.starts_with(r#"send 0{"sid":"sid1","#), "{open}");
        talk
    }

    fn websocket() -> Self {
        Self::with(Transport::Websocket, settings())
    }

    fn polling() -> Self {
        Self::with(Transport::Polling, settings())
    }

    /// With `/` joined.
    fn joined(transport: Transport) -> Self {
        let mut talk = Self::with(transport, settings());
        talk.says("40");
        talk.said();
        assert!(talk.session.accept(&Namespace::ROOT, "id"));
        assert_eq!(talk.said(), r#"send 40{"sid":"id"}"#);
        talk
    }

    fn at(&self, millis: u64) -> Instant {
        self.now + Duration::from_millis(millis)
    }

    fn passes(&mut self, millis: u64) -> String {
        self.now = self.at(millis);
        self.session.on_deadline(self.now);
        self.said()
    }

    /// The client says something, on whatever carries the session.
    fn says(&mut self, text: &str) {
        match self.session.websocket() {
            Some(id) => self.session.websocket_text(id, text, self.now),
            None => {
                self.session.push_begin(false, self.now).unwrap();
                self.session.push_end(text.as_bytes(), self.now).ok();
            }
        }
    }

    /// All outputs since the last time, a short text each.
    fn said(&mut self) -> String {
        std::iter::from_fn(|| self.session.next_output()).map(|output| short(&output)).collect::<Vec<_>>().join("; ")
    }
}

fn payload(encoded: &Encoded) -> String {
    String::from_utf8(encoded.polling().to_vec()).unwrap()
}

fn values(args: &Args) -> String {
    let binary = if args.attachments().is_empty() { String::new() } else { format!(" {:?}", args.attachments()) };
    format!("{}{binary}", Value::Array(args.values().to_vec()))
}

fn short(output: &Output) -> String {
    match output {
        Output::Send(packet) => format!("send {}", payload(packet)),
        Output::SendProbe(_, packet) => format!("probe {}", payload(packet)),
        Output::DropWebsocket(id) => format!("drop {}", id.0),
        Output::Upgraded(id) => format!("upgraded {}", id.0),
        Output::ReleasePoll(release) => format!("release {release:?}"),
        Output::Connect { namespace, auth } => format!("connect {namespace} {}", json!(auth)),
        Output::Event { namespace, name, args, ack } => {
            let ack = ack.as_ref().map(|ticket| format!(" ack {}", ticket.id)).unwrap_or_default();
            format!("event {namespace} {name} {}{ack}", values(args))
        }
        Output::Acked { namespace, id, args } => format!("acked {namespace} {id} {}", values(args)),
        Output::AckTimedOut { namespace, id } => format!("late {namespace} {id}"),
        Output::Disconnected { namespace, reason } => format!("left {namespace} {}", reason.as_str()),
        Output::Message(message) => format!("{message:?}"),
        Output::Closed { reason, code } => format!("closed {} {code}", reason.as_str()),
    }
}

/// Both transports.
const BOTH: [Transport; 2] = [Transport::Polling, Transport::Websocket];

#[test]
fn a_session_opens_with_exactly_five_keys() {
    for (transport, upgrades) in [(Transport::Polling, r#"["websocket"]"#), (Transport::Websocket, "[]")] {
        let open = open_packet("s", transport, &settings());
        let expected = format!(
            r#"0{{"sid":"s","upgrades":{upgrades},"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}}"#
        );
        assert_eq!(payload(&open), expected);
    }
    let off = open_packet("s", Transport::Polling, &Settings { upgrades: false, ..Settings::default() });
    assert!(payload(&off).contains(r#""upgrades":[],"pingInterval":25000,"pingTimeout":20000"#));
}

#[test]
fn the_server_pings_one_interval_after_the_handshake_and_after_each_pong() {
    for transport in BOTH {
        let mut talk = Talk::joined(transport);
        assert_eq!(talk.passes(299), "");
        assert_eq!(talk.session.next_deadline(), Some(talk.at(1)));
        assert_eq!(talk.passes(1), "send 2");
        assert_eq!(talk.passes(0), "", "one ping at a time");
        talk.says("3");
        assert_eq!(talk.session.next_deadline(), Some(talk.at(300)));
        assert_eq!(talk.passes(300), "send 2");
        talk.says("3");
        assert_eq!(talk.passes(300), "send 2");
        assert_eq!(talk.passes(199), "");
        assert_eq!(talk.passes(1), "left / ping timeout; closed ping timeout 1000");
        assert_eq!(talk.session.next_deadline(), None);
    }
}

/// The suite sleeps just interval + timeout after the handshake; nobody may have looked at the session meanwhile.
#[test]
fn a_silent_client_is_gone_at_interval_and_timeout_after_the_handshake() {
    for looked_at in [vec![], vec![300], vec![350], vec![499]] {
        let mut talk = Talk::polling();
        let opened = talk.now;
        for millis in looked_at {
            talk.session.on_deadline(opened + Duration::from_millis(millis));
            assert_eq!(talk.said(), "send 2");
            assert_eq!(talk.session.next_deadline(), Some(talk.at(500)));
        }
        talk.now = talk.at(500);
        assert_eq!(talk.session.poll(talk.now), Err(Refusal::SESSION));
        assert_eq!(talk.session.push_begin(false, talk.now), Err(Refusal::SESSION));
        assert_eq!(talk.session.probe_opened(talk.now), Err(Refusal::SESSION));
        assert_eq!(talk.said(), "closed ping timeout 1000");
        assert!(talk.session.is_gone());
    }
}

#[test]
fn only_a_pong_counts() {
    let mut talk = Talk::joined(Transport::Websocket);
    assert_eq!(talk.passes(300), "send 2");
    for _ in 0..10 {
        talk.now = talk.at(19);
        talk.says(r#"42["busy"]"#);
        talk.says("6");
    }
    talk.said();
    assert_eq!(talk.passes(10), "left / ping timeout; closed ping timeout 1000");
}

/// H15, H18: pongs that nobody asked for, before the first ping too.
#[test]
fn h15_h18_stray_pongs_change_nothing() {
    for transport in BOTH {
        let mut talk = Talk::joined(transport);
        let first = talk.session.next_deadline();
        for _ in 0..1_000 {
            talk.says("3");
        }
        assert_eq!((talk.said().as_str(), talk.session.next_deadline()), ("", first));
        assert_eq!(talk.passes(300), "send 2");
    }
}

/// H19: a pong may queue behind a message that is still arriving. That helps once.
#[test]
fn h19_an_unfinished_message_extends_the_time_for_a_pong_once() {
    let mut talk = Talk::joined(Transport::Websocket);
    assert_eq!(talk.passes(300), "send 2");
    talk.session.set_receiving(true);
    assert_eq!(talk.passes(200), "");
    assert_eq!(talk.session.next_deadline(), Some(talk.at(200)));
    assert_eq!(talk.passes(200), "left / ping timeout; closed ping timeout 1000");

    let mut talk = Talk::joined(Transport::Websocket);
    talk.passes(300);
    talk.session.set_receiving(true);
    talk.passes(200);
    talk.session.set_receiving(false);
    talk.says("3");
    assert_eq!(talk.passes(300), "send 2", "a pong in the extension is a pong");

    let mut talk = Talk::joined(Transport::Polling);
    talk.passes(300);
    talk.session.push_begin(false, talk.now).unwrap();
    assert_eq!(talk.passes(200), "", "a body is being read");
    assert_eq!(talk.session.push_end(b"3", talk.at(199)), Ok(Pushed::Now));
}

#[test]
fn a_session_without_a_namespace_ends_after_the_connect_timeout() {
    let slow_pings = || Settings { ping_interval: Duration::from_secs(25), ..settings() };
    for transport in BOTH {
        let mut talk = Talk::with(transport, slow_pings());
        // Neither a wish nor a refusal is enough.
        talk.says("40");
        talk.session.refuse(&Namespace::ROOT, "no", None);
        talk.says("40/unknown,");
        talk.says("40");
        talk.said();
        assert_eq!(talk.passes(999), "");
        assert_eq!(talk.passes(1), "closed forced server close 1008");
    }
    let mut talk = Talk::with(Transport::Websocket, slow_pings());
    talk.says("40/custom");
    assert!(talk.session.accept(&Namespace::new("/custom"), "id"));
    talk.says("41/custom");
    talk.said();
    assert_eq!(talk.passes(20_000), "", "one success is enough");

    let without = Settings { connect_timeout: None, ..slow_pings() };
    let mut talk = Talk::with(Transport::Websocket, without);
    assert_eq!(talk.passes(20_000), "");
}

#[test]
fn messages_are_small_until_a_namespace_is_joined() {
    let mut talk = Talk::polling();
    assert_eq!(talk.session.message_bytes(), 65_536);
    talk.says("40");
    assert_eq!(talk.session.push_begin(false, talk.now), Ok(65_536));
    talk.session.push_broken();
    talk.session.accept(&Namespace::ROOT, "id");
    assert_eq!(talk.session.push_begin(false, talk.now), Ok(1_000_000));
    let engine = Talk::with(Transport::Polling, Settings { layer: Layer::Engine, ..settings() });
    assert_eq!(engine.session.message_bytes(), 1_000_000);
}

/// The engine suite's server: an echo without Socket.IO.
#[test]
fn without_socket_io_messages_pass_as_they_are() {
    let mut talk = Talk::with(Transport::Polling, Settings { layer: Layer::Engine, ..settings() });
    talk.says("4hello\u{1e}bAQIDBA==\u{1e}4\u{1e}445");
    let mut echoed = Vec::new();
    while let Some(output) = talk.session.next_output() {
        let Output::Message(message) = output else { panic!("{output:?}") };
        echoed.push(message);
    }
    for message in echoed {
        assert!(talk.session.send_message(message));
    }
    assert_eq!(talk.said(), "send 4hello; send bAQIDBA==; send 4; send 445");
    talk.says("4late");
    assert_eq!(talk.said(), r#"Text("late")"#);
    assert_eq!(talk.passes(3_000), "closed ping timeout 1000", "no connect timeout");
    assert!(!talk.session.send_message(Message::Text("x".to_owned())));
}
