//! The writing side of one websocket: bytes go straight to its socket, and wait here only when it takes no more.
//!
//! The HTTP library answers the handshake and hands the connection over; from then on frames need not pass through its
//! machinery, and no task has to wake up for a delivery (docs/adr/0011-websockets-leave-the-http-library.md).

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use bytes::{Buf as _, Bytes};
use rustix::{
    io::Errno,
    net::{SendFlags, Shutdown, send, shutdown},
};
use socketio::websocket::encode_close;
use tokio::{io::Interest, net::TcpStream, runtime::Handle, sync::Notify, time::timeout};

use crate::listener;

/// How long a socket may take nothing of what waits for it before it is cut, and how long it may take to close.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(10);

/// More would wait for a socket than may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overflow;

/// The writing side of one websocket.
pub(crate) struct Wire {
    /// The connection, as soon as the answer to the handshake has been written, so that frames may follow it.
    stream: OnceLock<TcpStream>,
    waiting_max: usize,
    runtime: Handle,
    state: Mutex<State>,
    /// Tells the reader that nothing is written any more.
    over: Notify,
}

#[derive(Default)]
struct State {
    /// Whether a task waits until the socket takes more.
    is_flushing: bool,
    /// What the socket did not take yet; a part of the first may be gone already.
    waiting: VecDeque<Bytes>,
    /// The bytes of all but the first.
    waiting_bytes: usize,
    /// At most one answer to a ping, so that a flood of them costs nothing.
    pong: Option<Bytes>,
    ending: Ending,
    /// Since when it is closing.
    closing_since: Option<Instant>,
}

/// How far a websocket is with its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Ending {
    #[default]
    None,
    /// A close frame is the last thing that waits.
    Closing,
    /// Nothing is written any more.
    Over,
}

impl Wire {
    /// A wire whose connection is still to come. At most `waiting_max` bytes wait behind the message that is being written.
    pub(crate) fn new(waiting_max: usize, runtime: Handle) -> Arc<Self> {
        let stream = OnceLock::new();
        Arc::new(Self { stream, waiting_max, runtime, state: Mutex::default(), over: Notify::new() })
    }

    /// Takes the connection: frames are written from now on.
    pub(crate) fn open(self: &Arc<Self>, stream: TcpStream) {
        let mut state = self.lock();
        // There is one handshake, and so one connection.
        let _ = self.stream.set(stream);
        if state.ending == Ending::Over {
            drop(state);
            return self.cut();
        }
        self.write(&mut state);
    }

    /// What the client has sent, as soon as there is something; `None` when there will be nothing more.
    pub(crate) async fn read(&self) -> Option<Vec<u8>> {
        tokio::select! {
            read = listener::read(self.stream.get()?) => read,
            () = self.over() => None,
        }
    }

    /// Reads what the client still sends after the end, so that its end of the connection closes without an error.
    pub(crate) async fn linger(&self) {
        if let Some(stream) = self.stream.get() {
            listener::linger(stream).await;
        }
    }

    /// Sends complete frames, or keeps them until the socket takes them.
    ///
    /// # Errors
    /// [`Overflow`] when too much waits already; nothing of these frames is sent then.
    pub(crate) fn send(self: &Arc<Self>, frames: Bytes) -> Result<(), Overflow> {
        let mut state = self.lock();
        if state.ending != Ending::None {
            return Ok(());
        }
        if !state.waiting.is_empty() {
            // The message that is being written is not counted; behind it there is room for one of any size.
            let bytes = state.waiting_bytes.saturating_add(frames.len());
            if state.waiting.len() > 1 && bytes > self.waiting_max {
                return Err(Overflow);
            }
            state.waiting_bytes = bytes;
        }
        state.waiting.push_back(frames);
        self.write(&mut state);
        Ok(())
    }

    /// Answers a ping, in place of an answer that still waits.
    pub(crate) fn pong(self: &Arc<Self>, frame: Bytes) {
        let mut state = self.lock();
        if state.ending == Ending::None {
            state.pong = Some(frame);
            self.write(&mut state);
        }
    }

    /// Closes the websocket behind what waits.
    pub(crate) fn close(self: &Arc<Self>, code: u16) {
        let mut state = self.lock();
        if state.ending == Ending::None {
            state.ending = Ending::Closing;
            state.closing_since = Some(Instant::now());
            let frame = encode_close(Some(code), "");
            state.waiting.push_back(frame);
            self.write(&mut state);
        }
    }

    /// Ends the connection at once, whatever waits.
    pub(crate) fn cut(&self) {
        let mut state = self.lock();
        self.end(&mut state);
        if let Some(stream) = self.stream.get() {
            // An error says that it is gone already.
            let _ = shutdown(stream, Shutdown::Both);
        }
    }

    /// Waits until nothing is written any more.
    async fn over(&self) {
        let over = self.over.notified();
        if self.lock().ending != Ending::Over {
            over.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what the socket takes now; for the rest a task waits.
    fn write(self: &Arc<Self>, state: &mut State) {
        if state.is_flushing || state.ending == Ending::Over {
            return;
        }
        let Some(stream) = self.stream.get() else { return };
        match self.write_some(stream, state) {
            Ok(true) => {}
            Ok(false) => {
                state.is_flushing = true;
                self.runtime.spawn(flush(Arc::clone(self)));
            }
            Err(_) => self.end(state),
        }
    }

    /// Whether the socket takes something now.
    fn progresses(&self, stream: &TcpStream) -> bool {
        let mut state = self.lock();
        let left = |state: &State| (state.waiting.len(), state.waiting.front().map(Bytes::len));
        let before = left(&state);
        self.write_some(stream, &mut state).is_ok() && left(&state) != before
    }

    /// Writes until the socket takes no more; whether everything went.
    fn write_some(&self, stream: &TcpStream, state: &mut State) -> io::Result<bool> {
        loop {
            if let Some(pong) = state.pong.take_if(|_| state.waiting.is_empty()) {
                state.waiting.push_back(pong);
            }
            let Some(first) = state.waiting.front_mut() else { break };
            match send(stream, first, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(sent) => first.advance(sent),
                Err(Errno::AGAIN) => return Ok(false),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            if first.is_empty() {
                state.waiting.pop_front();
                // What is first now is being written, and not counted any more.
                let being_written = state.waiting.front().map_or(0, Bytes::len);
                state.waiting_bytes = state.waiting_bytes.saturating_sub(being_written);
            }
        }
        if state.ending == Ending::Closing {
            self.end(state);
            // The close frame is on its way, and after it the end of the stream: what the client still sends is read.
            let _ = shutdown(stream, Shutdown::Write);
        }
        Ok(true)
    }

    fn end(&self, state: &mut State) {
        state.ending = Ending::Over;
        state.waiting = VecDeque::new();
        state.pong = None;
        self.over.notify_waiters();
    }
}

/// Writes whenever the socket takes more, until nothing waits. A socket that takes nothing for too long is cut.
async fn flush(wire: Arc<Wire>) {
    let Some(stream) = wire.stream.get() else { return };
    loop {
        match timeout(PROGRESS_TIMEOUT, stream.writable()).await {
            Ok(Ok(())) => {}
            // The system says so only when much of its buffer is free: a slow client may have read all the same.
            Err(_) if wire.progresses(stream) => continue,
            Ok(Err(_)) | Err(_) => return wire.cut(),
        }
        // However slowly it goes on: who is closed counts for nothing any more.
        if wire.lock().closing_since.is_some_and(|since| since.elapsed() >= PROGRESS_TIMEOUT) {
            return wire.cut();
        }
        let written = stream.try_io(Interest::WRITABLE, || {
            let mut state = wire.lock();
            if state.ending == Ending::Over || wire.write_some(stream, &mut state)? {
                state.is_flushing = false;
                return Ok(());
            }
            Err(io::ErrorKind::WouldBlock.into())
        });
        match written {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return wire.cut(),
        }
    }
}

#[cfg(test)]
mod tests;
