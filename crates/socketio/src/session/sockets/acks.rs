//! Acknowledgements that clients owe.

use std::time::Instant;

use super::Sockets;
use crate::packet::Namespace;

/// The largest id of ours: the Java client reads it into 32 bits with a sign.
const ID_MAX: u32 = i32::MAX.unsigned_abs();

#[derive(Debug)]
pub(super) struct PendingAck {
    namespace: Namespace,
    id: u32,
    until: Instant,
}

impl PendingAck {
    pub(super) fn is_for(&self, namespace: &Namespace) -> bool {
        self.namespace == *namespace
    }
}

impl Sockets {
    /// Waits for an acknowledgement; its id, or `None` when `max` are waited for already.
    pub(in crate::session) fn add_ack(&mut self, namespace: &Namespace, until: Instant, max: usize) -> Option<u32> {
        if self.acks.len() >= max {
            return None;
        }
        let id = self.next_ack;
        self.next_ack = if id >= ID_MAX { 0 } else { id.saturating_add(1) };
        self.acks.push(PendingAck { namespace: namespace.clone(), id, until });
        Some(id)
    }

    /// An acknowledgement has come; its id, if it was waited for.
    pub(in crate::session) fn take_ack(&mut self, namespace: &Namespace, id: u64) -> Option<u32> {
        let place = self.acks.iter().position(|ack| u64::from(ack.id) == id && ack.is_for(namespace))?;
        Some(self.acks.swap_remove(place).id)
    }

    /// When the first of them is too late.
    pub(in crate::session) fn next_ack_deadline(&self) -> Option<Instant> {
        self.acks.iter().map(|ack| ack.until).min()
    }

    /// Those that are too late, oldest first.
    pub(in crate::session) fn expired_acks(&mut self, now: Instant) -> Vec<(Namespace, u32)> {
        if self.next_ack_deadline().is_none_or(|first| now < first) {
            return Vec::new();
        }
        let mut expired: Vec<PendingAck> = self.acks.extract_if(.., |ack| ack.until <= now).collect();
        expired.sort_by_key(|ack| ack.until);
        expired.into_iter().map(|ack| (ack.namespace, ack.id)).collect()
    }
}
