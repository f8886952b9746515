//! The smallest driver: one session, one queue, at most one waiting poll; and the applications of the suites.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;
use socketio::{
    encoded::Encoded,
    engine::{Packet, Refusal, Transport, answer},
    packet::{Args, Namespace},
    session::{Close, Output, Pushed, Release, Session, WebsocketId},
    settings::{Layer, Settings},
};

/// The name of the session; nobody may learn it from an id of a socket.
const SID: &str = "secret";

pub(crate) struct Driver {
    /// What the client and the application saw, as lines of a transcript.
    pub(crate) happened: VecDeque<String>,
    session: Option<Session>,
    settings: Arc<Settings>,
    queue: VecDeque<Encoded>,
    waiting: bool,
    released: Option<Release>,
    websocket: Option<WebsocketId>,
    post_answered_at: Option<Instant>,
    now: Instant,
    manual: bool,
    sockets: usize,
}

impl Default for Driver {
    fn default() -> Self {
        #[expect(clippy::disallowed_methods, reason = "every instant of a test counts from some instant")]
        let now = Instant::now();
        Self {
            happened: VecDeque::new(),
            session: None,
            settings: Arc::default(),
            queue: VecDeque::new(),
            waiting: false,
            released: None,
            websocket: None,
            post_answered_at: None,
            now,
            manual: false,
            sockets: 0,
        }
    }
}

impl Driver {
    fn session(&mut self) -> &mut Session {
        self.session.as_mut().expect("a transcript begins with `open`")
    }

    pub(crate) fn open(&mut self, server: &str, transport: &str) {
        let transport = if transport == "polling" { Transport::Polling } else { Transport::Websocket };
        self.manual = server == "manual";
        self.settings = Arc::new(Settings {
            ping_interval: Duration::from_millis(300),
            ping_timeout: Duration::from_millis(200),
            connect_timeout: Some(Duration::from_secs(1)),
            namespaces: vec!["/".to_owned(), "/custom".to_owned()],
            layer: if server == "engine" { Layer::Engine } else { Layer::SocketIo },
            ..Settings::default()
        });
        let session = Session::open(SID, transport, Arc::clone(&self.settings), self.now);
        self.websocket = session.websocket();
        self.session = Some(session);
        if transport == Transport::Polling {
            self.get_after(|_| Ok(()));
        } else {
            self.drain();
        }
    }

    pub(crate) fn get(&mut self) {
        self.get_after(|driver| {
            let now = driver.now;
            driver.session().poll(now)
        });
    }

    fn get_after(&mut self, begin: impl FnOnce(&mut Self) -> Result<(), Refusal>) {
        let already = self.waiting;
        match begin(self) {
            Ok(()) => {
                assert!(!already, "one poll at a time");
                self.waiting = true;
                self.drain();
            }
            Err(refusal) => {
                self.drain();
                self.happened.push_back(format!("< GET {} {}", refusal.status, refusal.code));
            }
        }
    }

    pub(crate) fn post(&mut self, body: &str, binary: bool) {
        let now = self.now;
        let body = body.replace('~', "\u{1e}");
        let result = match self.session().push_begin(binary, now) {
            Ok(max) if body.len() > max => Err(self.session().push_too_large(now)),
            Ok(_) => self.session().push_end(body.as_bytes(), now),
            Err(refusal) => Err(refusal),
        };
        // What the application answers at once is queued before the client learns that it was heard.
        self.drain();
        match result {
            Ok(Pushed::Now) => self.happened.push_back("< POST 200 ok".to_owned()),
            Ok(Pushed::After(hold)) => self.post_answered_at = Some(now + hold),
            Err(refusal) => self.happened.push_back(format!("< POST {} {}", refusal.status, refusal.code)),
        }
    }

    pub(crate) fn probe(&mut self) {
        let now = self.now;
        match self.session().probe_opened(now) {
            Ok(id) => self.websocket = Some(id),
            Err(refusal) => self.happened.push_back(format!("< probe {} {}", refusal.status, refusal.code)),
        }
        self.drain();
    }

    pub(crate) fn client(&mut self, text: &str) {
        let (now, id) = (self.now, self.websocket.expect("a websocket is open"));
        if text == "close" {
            self.websocket = None;
            self.session().websocket_closed(id, now);
        } else if let Some(hex) = hexadecimal(text) {
            self.session().websocket_binary(id, hex.into(), now);
        } else {
            self.session().websocket_text(id, text, now);
        }
        self.drain();
    }

    pub(crate) fn pass(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        loop {
            let next = [self.session().next_deadline(), self.post_answered_at].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else { break };
            self.now = next;
            self.session().on_deadline(next);
            self.drain();
            if self.post_answered_at.take_if(|at| *at <= next).is_some() {
                self.happened.push_back("< POST 200 ok".to_owned());
            }
        }
        self.now = until;
    }

    pub(crate) fn unseen(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
    }

    pub(crate) fn application(&mut self, what: &str) {
        let now = self.now;
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        let (name, more) = rest.split_once(' ').unwrap_or((rest, ""));
        match verb {
            "accept" => self.accept(&Namespace::new(name)),
            "refuse" => assert!(self.session().refuse(&Namespace::new(name), more, None)),
            "leave" => assert!(self.session().disconnect(&Namespace::new(name))),
            "emit" => {
                let values = serde_json::from_str::<Vec<Value>>(more).unwrap();
                assert!(self.session().emit(&Namespace::ROOT, name, &Args::from(values)));
            }
            "disconnect" => self.session().close(Close::Disconnect, now),
            "shutdown" => self.session().close(Close::Shutdown, now),
            "cut" => self.session().close(Close::Cut, now),
            _ => panic!("the application cannot {what}"),
        }
        self.drain();
    }

    fn accept(&mut self, namespace: &Namespace) {
        self.sockets += 1;
        let id = format!("socket{}", self.sockets);
        assert!(self.session().accept(namespace, &id));
    }

    /// Takes all outputs, then sends what can be sent.
    fn drain(&mut self) {
        while let Some(output) = self.session().next_output() {
            self.output(output);
        }
        self.flush();
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Send(packet) => self.queue.push_back(packet),
            Output::SendProbe(_, packet) => self.receives(&packet),
            Output::DropWebsocket(id) => {
                assert_eq!(self.websocket.take(), Some(id));
                self.happened.push_back("< close".to_owned());
            }
            Output::Upgraded(id) => assert_eq!(self.websocket, Some(id)),
            Output::ReleasePoll(release) => self.released = Some(release),
            Output::Closed { reason, code } => {
                self.flush();
                self.happened.push_back(format!("! closed {}", reason.as_str()));
                if self.session().websocket().is_some() && self.websocket.take().is_some() {
                    self.happened.push_back(format!("< close {code}"));
                }
            }
            Output::Disconnected { namespace, reason } => {
                self.happened.push_back(format!("! left {namespace} {}", reason.as_str()));
            }
            Output::Message(message) => assert!(self.session().send_message(message)),
            Output::Connect { .. } if self.manual => {}
            Output::Connect { namespace, auth } => {
                self.accept(&namespace);
                self.session().emit(&namespace, "auth", &Args::from(Value::Object(auth)));
            }
            Output::Event { namespace, name, args, ack } => match (name.as_str(), ack) {
                ("message-with-ack", Some(ticket)) => assert!(self.session().ack(ticket, args)),
                ("message", None) if namespace.is_root() => {
                    assert!(self.session().emit(&namespace, "message-back", &args));
                }
                _ => {}
            },
            Output::Acked { .. } | Output::AckTimedOut { .. } => {}
        }
    }

    fn flush(&mut self) {
        if self.session().websocket().is_some() {
            while let Some(packet) = self.queue.pop_front() {
                self.receives(&packet);
            }
        }
        if !self.waiting || (self.queue.is_empty() && self.released.is_none()) {
            return;
        }
        self.waiting = false;
        let line = match self.released.take() {
            Some(Release::Refuse) => format!("< GET {} {}", Refusal::BAD.status, Refusal::BAD.code),
            Some(Release::Close) => self.answer(Some(&Packet::Close)),
            Some(Release::Noop) if self.queue.is_empty() => self.answer(Some(&Packet::Noop)),
            Some(Release::Noop) | None => self.answer(None),
        };
        self.session().poll_answered();
        self.happened.push_back(line);
    }

    fn answer(&mut self, last: Option<&Packet<'_>>) -> String {
        let body = answer(&mut self.queue, last, &self.settings);
        format!("< GET 200 {}", self.shown(&body))
    }

    /// The client's websocket gets a packet.
    fn receives(&mut self, packet: &Encoded) {
        let (text, attachments) = packet.parts();
        let text = text.map(|text| format!("< {}", self.shown(&text)));
        let data = attachments.iter().map(|data| format!("< {}", bracketed(data)));
        self.happened.extend(text.into_iter().chain(data));
    }

    fn shown(&self, text: &[u8]) -> String {
        let mut text = str::from_utf8(text).unwrap().replace('\u{1e}', "~");
        for number in 1..=self.sockets {
            text = text.replace(&format!("\"socket{number}\""), "\"[sid]\"");
        }
        text
    }
}

fn bracketed(data: &[u8]) -> String {
    let digits: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("[{digits}]")
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix('[')?.strip_suffix(']')?;
    digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}
