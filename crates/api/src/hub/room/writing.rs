//! Writing what a room says to everybody in it.

use std::{
    mem,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use socketio::encoded::Encoded;
use tokio::{task::yield_now, time::sleep};

use super::{GATHERED_BYTES_MAX, GATHERING, Member, Pending, Room};

/// After so many members the task that writes lets others work.
const WRITES_AT_ONCE: usize = 64;

/// Tells the viewers of a live room how many they are.
pub(super) async fn count(room: Weak<Room>, wait: Duration) {
    sleep(wait).await;
    let Some(room) = room.upgrade() else { return };
    let mut state = room.lock();
    (state.is_counting, state.counted_at) = (false, Some(Instant::now()));
    let body = json!({"count": state.people.len()});
    if let Value::Object(body) = body {
        room.push(&mut state, "live:viewer-count", body, None);
    }
}

/// Writes what was said to everybody, in order: there is one such task a room.
pub(super) async fn flush(room: Arc<Room>) {
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
        let (pending, members) = {
            let mut state = room.lock();
            if state.pending.is_empty() {
                state.is_flushing = false;
                return;
            }
            state.flushed_at = Some(Instant::now());
            state.pending_bytes = 0;
            (mem::take(&mut state.pending), state.members_now())
        };
        write(&pending, &members).await;
    }
}

async fn write(pending: &[Pending], members: &[Member]) {
    let packets: Vec<Encoded> = pending.iter().map(|pending| pending.packet.clone()).collect();
    let frames = frames(&packets);
    let first = pending.first().map_or(0, |pending| pending.seq);
    for (count, member) in members.iter().enumerate() {
        let number = member.socket.number();
        let is_for_all = member.joined_at < first && pending.iter().all(|pending| pending.except != Some(number));
        if is_for_all {
            member.socket.deliver_all(&packets, &frames);
        } else {
            for pending in pending.iter().filter(|pending| pending.seq > member.joined_at) {
                if pending.except != Some(number) {
                    member.socket.deliver(&pending.packet);
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
