//! Anything that can happen to a session, in any order: it ends once, says nothing after it, answers each poll once.
#![no_main]

use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use socketio::{
    engine::Transport,
    packet::{Args, Namespace},
    session::{Close, Output, Session, WebsocketId},
    settings::Settings,
};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let transport = if first & 1 == 0 { Transport::Polling } else { Transport::Websocket };
    let mut driver = Driver::open(transport);
    // Each step ends at a line: a letter for what happens, and its data.
    for line in rest.split(|byte| *byte == b'\n').take(200) {
        if let Some((what, data)) = line.split_first() {
            driver.step(*what, data);
            driver.drain();
        }
    }
});

struct Driver {
    session: Session,
    now: Instant,
    websocket: Option<WebsocketId>,
    waiting: bool,
    closed: bool,
}

impl Driver {
    fn open(transport: Transport) -> Self {
        let settings = Settings { namespaces: vec!["/".to_owned(), "/a".to_owned()], ..Settings::default() };
        let session = Session::open("sid", transport, Arc::new(settings), *START);
        let websocket = session.websocket();
        let mut driver = Self { session, now: *START, websocket, waiting: false, closed: false };
        driver.drain();
        driver
    }

    fn step(&mut self, what: u8, data: &[u8]) {
        let (session, now) = (&mut self.session, self.now);
        let text = String::from_utf8_lossy(data);
        match (what, self.websocket) {
            (b't', Some(id)) => session.websocket_text(id, &text, now),
            (b'b', Some(id)) => session.websocket_binary(id, Bytes::copy_from_slice(data), now),
            (b'd', Some(id)) => {
                self.websocket = None;
                session.websocket_closed(id, now);
            }
            (b'g', _) => self.waiting |= session.poll(now).is_ok(),
            (b'n', _) => {
                session.poll_answered();
                self.waiting = false;
            }
            (b'p', _) => {
                if session.push_begin(false, now).is_ok() {
                    session.push_end(data, now).ok();
                }
            }
            (b'w', _) => self.websocket = session.probe_opened(now).ok().or(self.websocket),
            (b'y', _) => {
                session.accept(&Namespace::new(&text), "id");
            }
            (b'r', _) => {
                session.refuse(&Namespace::new(&text), &text, None);
            }
            (b'e', _) => {
                session.emit_with_ack(&Namespace::ROOT, &text, &Args::default(), now);
            }
            (b'l', _) => {
                session.disconnect(&Namespace::ROOT);
            }
            (b'c', _) => session.close(if data.is_empty() { Close::Shutdown } else { Close::Disconnect }, now),
            (b'+', _) => {
                self.now += Duration::from_secs(u64::from(data.first().copied().unwrap_or(1)));
                session.on_deadline(self.now);
            }
            _ => {}
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Closed { .. } => assert!(!std::mem::replace(&mut self.closed, true)),
                Output::ReleasePoll(_) => assert!(std::mem::take(&mut self.waiting)),
                Output::DropWebsocket(id) => assert_eq!(self.websocket.take(), Some(id)),
                Output::Upgraded(id) => assert_eq!(self.websocket, Some(id)),
                Output::Send(packet) => {
                    assert!(!self.closed);
                    packet.polling();
                }
                Output::Event { ack: Some(ticket), args, .. } => {
                    self.session.ack(ticket, args);
                }
                Output::Event { namespace, name, args, ack: None } => {
                    self.session.emit(&namespace, &name, &args);
                }
                _ => {}
            }
        }
        assert_eq!(self.session.is_open(), !self.closed);
        assert_eq!(self.session.next_deadline().is_none(), self.session.is_gone());
    }
}
