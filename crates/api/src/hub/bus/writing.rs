//! Writing what a room says to everybody who listens.

use std::{
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use socketio::encoded::Encoded;
use tokio::{task::yield_now, time::sleep};

use super::local::{GATHERED_BYTES_MAX, GATHERING, Listener, Listeners, Pending};

/// After so many listeners the task that writes lets others work.
const WRITES_AT_ONCE: usize = 64;

/// Writes what was said to everybody, in order: there is one such task a room.
pub(super) async fn flush(room: Arc<Listeners>) {
    loop {
        let wait = {
            let state = room.lock();
            let since = state.flushed_at.map_or(GATHERING, |at| at.elapsed());
            if state.pending_bytes > GATHERED_BYTES_MAX { Duration::ZERO } else { GATHERING.saturating_sub(since) }
        };
        if !wait.is_zero() {
            tokio::select! {
                () = sleep(wait) => {}
                () = room.is_full.notified() => {}
            }
        }
        let (pending, listeners) = {
            let mut state = room.lock();
            if state.pending.is_empty() {
                state.is_flushing = false;
                return;
            }
            state.flushed_at = Some(Instant::now());
            state.pending_bytes = 0;
            (mem::take(&mut state.pending), state.listeners_now())
        };
        write(&pending, &listeners).await;
    }
}

async fn write(pending: &[Pending], listeners: &[Listener]) {
    let packets: Vec<Encoded> = pending.iter().map(|pending| pending.packet.clone()).collect();
    let frames = frames(&packets);
    let first = pending.first().map_or(0, |pending| pending.seq);
    for (count, listener) in listeners.iter().enumerate() {
        let number = listener.socket.number();
        let is_for_all = listener.after < first && pending.iter().all(|pending| pending.except != Some(number));
        if is_for_all {
            listener.socket.deliver_all(&packets, &frames);
        } else {
            for pending in pending.iter().filter(|pending| pending.seq > listener.after) {
                if pending.except != Some(number) {
                    listener.socket.deliver(&pending.packet);
                }
            }
        }
        if count % WRITES_AT_ONCE == WRITES_AT_ONCE - 1 {
            yield_now().await;
        }
    }
}

/// The frames of all packets, one after the other.
fn frames(packets: &[Encoded]) -> Bytes {
    if let [packet] = packets {
        return packet.websocket();
    }
    let mut frames = BytesMut::with_capacity(packets.iter().map(Encoded::bytes).sum());
    for packet in packets {
        frames.extend_from_slice(&packet.websocket());
    }
    frames.freeze()
}
