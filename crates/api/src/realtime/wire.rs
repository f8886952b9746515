//! The writing side of one websocket: bytes go straight to its socket, and wait here only when it takes no more.
//!
//! The HTTP library answers the handshake and reads; from then on it has nothing to write, so the frames need not pass
//! through its machinery and no task has to wake up for a delivery (docs/adr/0011-direct-writes.md).

use std::{
    collections::VecDeque,
    io,
    os::fd::OwnedFd,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use rustix::{
    io::Errno,
    net::{SendFlags, Shutdown, send, shutdown},
};
use socketio::websocket::encode_close;
use tokio::{io::Interest, net::TcpStream, runtime::Handle, sync::Notify, time::timeout};

/// How long a socket may take nothing of what waits for it before it is cut.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(10);

/// The connection of an accepted socket, a second handle of the same one. Taken by the websocket that it becomes.
#[derive(Debug)]
pub(crate) struct Accepted(pub(crate) Mutex<Option<OwnedFd>>);

/// More waits for a socket than may, or it is gone: nothing more can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overflow;

/// The writing side of one websocket.
pub(crate) struct Wire {
    socket: OwnedFd,
    waiting_max: usize,
    runtime: Handle,
    state: Mutex<State>,
    /// Tells the reader that nothing is written any more.
    over: Notify,
}

#[derive(Default)]
struct State {
    /// Whether the answer to the handshake has been written, so that frames may follow it.
    is_open: bool,
    /// Whether a task waits until the socket takes more.
    is_flushing: bool,
    /// What the socket did not take yet; a part of the first may be gone already.
    waiting: VecDeque<Bytes>,
    /// The bytes of all but the first.
    waiting_bytes: usize,
    /// At most one answer to a ping, so that a flood of them costs nothing.
    pong: Option<Bytes>,
    ending: Ending,
    /// Whether the reader has ended too, so that the connection may.
    is_released: bool,
    /// The body of the handshake's answer, which ends with the connection.
    body: Option<Waker>,
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
    /// A wire over the socket that was accepted. At most `waiting_max` bytes wait behind the message that is being written.
    pub(crate) fn new(socket: OwnedFd, waiting_max: usize, runtime: Handle) -> Arc<Self> {
        Arc::new(Self { socket, waiting_max, runtime, state: Mutex::default(), over: Notify::new() })
    }

    /// Frames may be written from now on.
    pub(crate) fn open(self: &Arc<Self>) {
        let mut state = self.lock();
        state.is_open = true;
        self.write(&mut state);
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
            let frame = encode_close(Some(code), "");
            state.waiting.push_back(frame);
            self.write(&mut state);
        }
    }

    /// Ends the connection at once, whatever waits.
    pub(crate) fn cut(&self) {
        let mut state = self.lock();
        self.end(&mut state);
        // An error says that it is gone already.
        let _ = shutdown(&self.socket, Shutdown::Both);
    }

    /// Waits until nothing is written any more.
    pub(crate) async fn over(&self) {
        let over = self.over.notified();
        if self.lock().ending != Ending::Over {
            over.await;
        }
    }

    /// Lets the connection end: nobody reads from it any more.
    pub(crate) fn release(&self) {
        let mut state = self.lock();
        self.end(&mut state);
        state.is_released = true;
        if let Some(body) = state.body.take() {
            body.wake();
        }
    }

    /// Whether the connection may end. Otherwise the waker is woken when that is so.
    pub(crate) fn poll_released(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        if !state.is_released {
            state.body = Some(waker.clone());
        }
        state.is_released
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what the socket takes now; for the rest a task waits.
    fn write(self: &Arc<Self>, state: &mut State) {
        if !state.is_open || state.is_flushing || state.ending == Ending::Over {
            return;
        }
        match self.write_some(state) {
            Ok(true) => {}
            Ok(false) => {
                state.is_flushing = true;
                self.runtime.spawn(flush(Arc::clone(self)));
            }
            Err(_) => self.end(state),
        }
    }

    /// Whether the socket takes something now.
    fn progresses(&self) -> bool {
        let mut state = self.lock();
        let left = |state: &State| (state.waiting.len(), state.waiting.front().map(Bytes::len));
        let before = left(&state);
        self.write_some(&mut state).is_ok() && left(&state) != before
    }

    /// Writes until the socket takes no more; whether everything went.
    fn write_some(&self, state: &mut State) -> io::Result<bool> {
        loop {
            if let Some(pong) = state.pong.take_if(|_| state.waiting.is_empty()) {
                state.waiting.push_back(pong);
            }
            let Some(first) = state.waiting.front_mut() else { break };
            match send(&self.socket, first, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
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
            let _ = shutdown(&self.socket, Shutdown::Write);
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
    let registered = wire.socket.try_clone().map(std::net::TcpStream::from).and_then(TcpStream::from_std);
    let Ok(stream) = registered else { return wire.cut() };
    loop {
        match timeout(PROGRESS_TIMEOUT, stream.writable()).await {
            Ok(Ok(())) => {}
            // The system says so only when much of its buffer is free: a slow client may have read all the same.
            Err(_) if wire.progresses() => continue,
            Ok(Err(_)) | Err(_) => return wire.cut(),
        }
        let written = stream.try_io(Interest::WRITABLE, || {
            let mut state = wire.lock();
            if state.ending == Ending::Over || wire.write_some(&mut state)? {
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
