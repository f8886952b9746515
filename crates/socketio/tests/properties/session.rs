use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use proptest::prelude::*;
use socketio::{
    engine::Transport,
    packet::{Args, Namespace},
    session::{AckTicket, Close, Output, Session, WebsocketId},
    settings::Settings,
};

/// Anything that can happen to a session.
#[derive(Debug, Clone)]
enum Step {
    Text(String),
    Binary(Vec<u8>),
    Poll,
    Answered,
    Aborted,
    PushBegin(bool),
    PushEnd(String),
    PushTooLarge,
    Probe,
    Dropped,
    Accept,
    Refuse,
    Emit,
    Ack,
    Leave,
    Close(Close),
    Wait(u64),
    Receiving(bool),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "40", "40/custom,", "41", "42[\"a\"]", "421[\"a\",{}]", "430[]", "2probe", "5", "3", "6",
            "451-[\"a\",{\"_placeholder\":true,\"num\":0}]", "bAQID",
        ])
        .prop_map(str::to_owned),
        1 => prop::sample::select(vec!["1", "2", "0", "", "4", "44{}", "42{}", "é", "4é", "45é"]).prop_map(str::to_owned),
        1 => ".{0,6}",
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => text().prop_map(Step::Text),
        1 => any::<Vec<u8>>().prop_map(Step::Binary),
        3 => Just(Step::Poll),
        3 => Just(Step::Answered),
        1 => Just(Step::Aborted),
        3 => prop::bool::weighted(0.05).prop_map(Step::PushBegin),
        3 => proptest::collection::vec(text(), 1..4).prop_map(|texts| Step::PushEnd(texts.join("\u{1e}"))),
        1 => Just(Step::PushTooLarge),
        2 => Just(Step::Probe),
        1 => Just(Step::Dropped),
        4 => Just(Step::Accept),
        1 => Just(Step::Refuse),
        2 => Just(Step::Emit),
        1 => Just(Step::Ack),
        1 => Just(Step::Leave),
        1 => prop::sample::select(vec![Close::Cut, Close::Shutdown, Close::Disconnect]).prop_map(Step::Close),
        3 => (0_u64..400).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::Receiving),
    ]
}

/// What must hold of everything that a session says.
#[derive(Default)]
struct Watch {
    closed: usize,
    upgraded: usize,
    joined: Vec<Namespace>,
    waiting: bool,
    tickets: Vec<AckTicket>,
    websocket: Option<WebsocketId>,
}

impl Watch {
    fn drain(&mut self, session: &mut Session) {
        while let Some(output) = session.next_output() {
            match output {
                Output::Closed { .. } => {
                    self.closed += 1;
                    assert!(self.joined.is_empty(), "everybody has left before the end");
                }
                Output::Upgraded(id) => {
                    self.upgraded += 1;
                    assert_eq!(self.websocket, Some(id));
                }
                Output::DropWebsocket(id) => assert_eq!(self.websocket.take(), Some(id)),
                Output::ReleasePoll(_) => assert!(std::mem::take(&mut self.waiting), "nobody waits"),
                Output::Disconnected { namespace, .. } => {
                    let place = self.joined.iter().position(|joined| *joined == namespace);
                    self.joined.swap_remove(place.unwrap_or_else(|| panic!("{namespace} was not joined")));
                }
                Output::Event { namespace, ack, .. } => {
                    assert!(self.joined.contains(&namespace));
                    self.tickets.extend(ack);
                }
                Output::Send(_) => assert_eq!(self.closed, 0, "nothing is sent after the end"),
                Output::SendProbe(id, _) => assert_eq!(self.websocket, Some(id)),
                Output::Connect { .. } | Output::Acked { .. } | Output::AckTimedOut { .. } | Output::Message(_) => {}
            }
        }
        assert!(self.closed <= 1 && self.upgraded <= 1, "H20: each happens once");
        assert_eq!(session.is_open(), self.closed == 0);
        assert_eq!(session.is_polled(), self.waiting && session.is_open());
        assert_eq!(session.next_deadline().is_none(), session.is_gone());
    }

    fn accept(&mut self, session: &mut Session) {
        for name in ["/", "/custom"].map(Namespace::new) {
            if session.accept(&name, "id") {
                self.joined.push(name);
            }
        }
    }
}

fn act(session: &mut Session, watch: &mut Watch, step: Step, now: Instant) {
    let root = Namespace::ROOT;
    match step {
        Step::Text(text) => {
            if let Some(id) = watch.websocket {
                session.websocket_text(id, &text, now);
            }
        }
        Step::Binary(data) => {
            if let Some(id) = watch.websocket {
                session.websocket_binary(id, Bytes::from(data), now);
            }
        }
        Step::Poll => {
            let result = session.poll(now);
            watch.waiting |= result.is_ok();
        }
        Step::Answered => {
            session.poll_answered();
            watch.waiting = false;
        }
        Step::Aborted => {
            session.poll_aborted(now);
            watch.waiting = false;
        }
        Step::PushBegin(binary) => drop(session.push_begin(binary, now)),
        Step::PushEnd(body) => drop(session.push_end(body.as_bytes(), now)),
        Step::PushTooLarge => drop(session.push_too_large(now)),
        Step::Probe => {
            if let Ok(id) = session.probe_opened(now) {
                watch.websocket = Some(id);
            }
        }
        Step::Dropped => {
            if let Some(id) = watch.websocket.take() {
                session.websocket_closed(id, now);
            }
        }
        Step::Accept => watch.accept(session),
        Step::Refuse => drop(session.refuse(&root, "no", None)),
        Step::Emit => {
            session.emit_with_ack(&root, "a", &Args::default(), now);
        }
        Step::Ack => {
            if let Some(ticket) = watch.tickets.pop() {
                session.ack(ticket, Args::default());
            }
        }
        Step::Leave => drop(session.disconnect(&root)),
        Step::Close(how) => session.close(how, now),
        Step::Wait(_) => session.on_deadline(now),
        Step::Receiving(receiving) => session.set_receiving(receiving),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_session_keeps_its_word_whatever_happens(websocket: bool, steps in proptest::collection::vec(step(), 0..40)) {
        #[expect(clippy::disallowed_methods, reason = "every instant of a test counts from some instant")]
        let mut now = Instant::now();
        let settings = Settings {
            ping_interval: Duration::from_millis(300),
            ping_timeout: Duration::from_millis(200),
            namespaces: vec!["/".to_owned(), "/custom".to_owned()],
            ..Settings::default()
        };
        let transport = if websocket { Transport::Websocket } else { Transport::Polling };
        let mut session = Session::open("sid", transport, Arc::new(settings), now);
        let mut watch = Watch { websocket: session.websocket(), ..Watch::default() };
        watch.drain(&mut session);
        for step in steps {
            if let Step::Wait(millis) = step {
                now += Duration::from_millis(millis);
            }
            act(&mut session, &mut watch, step, now);
            watch.drain(&mut session);
        }
        session.on_deadline(now + Duration::from_secs(60));
        watch.drain(&mut session);
        prop_assert!(session.is_gone() || watch.closed == 1);
    }
}
