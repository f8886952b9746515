//! What the lock of a connection guards: the session, and what carries it.

use std::{collections::VecDeque, mem, sync::Arc, time::Instant};

use socketio::{
    encoded::Encoded,
    engine::{Packet, Refusal, answer},
    session::{Close, Output, Release, Session, WebsocketId},
    settings::Settings,
    websocket::close_code,
};
use tokio::sync::oneshot;

use super::PollAnswer;
use crate::realtime::wire::{Overflow, Wire};

/// The session and what carries it.
pub(super) struct Inner {
    pub(super) session: Session,
    /// What a polling client has not fetched yet.
    pub(super) queue: VecDeque<Encoded>,
    pub(super) queue_bytes: usize,
    pub(super) waiting: Option<oneshot::Sender<PollAnswer>>,
    pub(super) released: Option<Release>,
    /// So many pushes are being handled: what they are answered with goes out together.
    pub(super) holding: u32,
    pub(super) main: Option<(WebsocketId, Arc<Wire>)>,
    pub(super) probe: Option<(WebsocketId, Arc<Wire>)>,
    pub(super) scheduled_at: Option<Instant>,
}

impl Inner {
    /// Does what the session asks for; what is for the application goes to `told`.
    pub(super) fn apply(&mut self, queue_max: usize, told: &mut Vec<Output>) {
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Send(packet) => {
                    if self.send(&packet, queue_max).is_err() {
                        self.session.close(Close::Cut, Instant::now());
                    }
                }
                Output::SendProbe(id, packet) => {
                    if let Some((_, wire)) = self.probe.as_ref().filter(|(probe, _)| *probe == id) {
                        // A probing websocket is sent one packet; when that does not go, the upgrade times out.
                        let _ = wire.send(packet.websocket());
                    }
                }
                Output::DropWebsocket(id) => {
                    for (_, wire) in self
                        .main
                        .take_if(|(main, _)| *main == id)
                        .into_iter()
                        .chain(self.probe.take_if(|(probe, _)| *probe == id))
                    {
                        wire.close(close_code::NORMAL);
                    }
                }
                Output::Upgraded(id) => self.upgrade(id),
                Output::ReleasePoll(release) => self.released = Some(release),
                Output::Closed { reason, code } => {
                    if let Some((_, wire)) = self.main.take() {
                        wire.close(code);
                    }
                    if let Some((_, wire)) = self.probe.take() {
                        wire.close(code);
                    }
                    told.push(Output::Closed { reason, code });
                }
                output => told.push(output),
            }
        }
    }

    /// Moves what waits to the websocket that carries the session from now on.
    fn upgrade(&mut self, id: WebsocketId) {
        self.main = self.probe.take_if(|(probe, _)| *probe == id);
        self.queue_bytes = 0;
        let queue = mem::take(&mut self.queue);
        if let Some((_, wire)) = &self.main {
            for packet in queue {
                if wire.send(packet.websocket()).is_err() {
                    wire.cut();
                }
            }
        }
    }

    /// Sends a packet, or keeps it for the next poll.
    pub(super) fn send(&mut self, packet: &Encoded, queue_max: usize) -> Result<(), Overflow> {
        if let Some((_, wire)) = &self.main {
            return wire.send(packet.websocket()).inspect_err(|_| wire.cut());
        }
        // As on a wire: the first one is not counted, and behind it there is room for one of any size.
        if !self.queue.is_empty() {
            let bytes = self.queue_bytes.saturating_add(packet.bytes());
            if self.queue.len() > 1 && bytes > queue_max {
                return Err(Overflow);
            }
            self.queue_bytes = bytes;
        }
        self.queue.push_back(packet.clone());
        Ok(())
    }

    /// Answers the waiting poll, when there is something to answer it with.
    pub(super) fn answer_poll(&mut self, settings: Option<Arc<Settings>>) {
        if self.waiting.is_none()
            || (self.queue.is_empty() && self.released.is_none())
            || self.main.is_some() && self.released.is_none()
        {
            return;
        }
        let (Some(waiting), Some(settings)) = (self.waiting.take(), settings) else { return };
        if waiting.is_closed() {
            // Its client is gone.
            self.released = None;
            return self.session.poll_aborted(Instant::now());
        }
        let answered = match self.released.take() {
            Some(Release::Refuse) => Err(Refusal::BAD),
            // Not behind other packets: the JavaScript client would look at it first, and not know why it was sent away.
            // Its next poll finds no session.
            Some(Release::Close) if self.queue.is_empty() => {
                Ok(answer(&mut self.queue, Some(&Packet::Close), &settings))
            }
            Some(Release::Noop) if self.queue.is_empty() => Ok(answer(&mut self.queue, Some(&Packet::Noop), &settings)),
            Some(Release::Close | Release::Noop) | None => Ok(answer(&mut self.queue, None, &settings)),
        };
        self.queue_bytes = self.queue.iter().skip(1).map(Encoded::bytes).sum();
        self.session.poll_answered();
        // Its client may have gone in this moment: the ping timeout notices.
        let _ = waiting.send(answered);
    }
}
