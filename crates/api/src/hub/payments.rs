//! Gifts that were paid for elsewhere a moment ago, and may be announced in a room once.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    gift::{GiftPosting, SizeClass},
    id::UserId,
};

/// How long a gift may be announced after it was paid.
const ANNOUNCED_WITHIN: TimeDelta = TimeDelta::seconds(30);
/// So many gifts of one sender are remembered.
const PAYMENTS_MAX: usize = 64;
/// So many senders are remembered.
const SENDERS_MAX: usize = 100_000;

/// A gift that was paid.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub(super) receiver: UserId,
    pub(super) gift: String,
    pub(super) quantity: u16,
    pub(super) price: i64,
    pub(super) host_income: i64,
    pub(super) is_large: bool,
}

impl Payment {
    /// What was posted.
    pub(super) fn of(posting: &GiftPosting) -> Self {
        Self {
            receiver: posting.receiver,
            gift: posting.gift.as_str().to_owned(),
            quantity: posting.quantity.value(),
            price: posting.price.value(),
            host_income: posting.host_income.value(),
            is_large: posting.size_class == SizeClass::Large,
        }
    }
}

/// Gifts that may be announced.
#[derive(Default)]
pub(super) struct Payments(Mutex<BySender>);

/// When each was paid, oldest first.
type BySender = HashMap<UserId, VecDeque<(DateTime<Utc>, Payment)>>;

impl Payments {
    /// Remembers a gift that was paid at that instant.
    pub(super) fn note(&self, sender: UserId, payment: Payment, at: DateTime<Utc>) {
        let mut senders = self.lock();
        if senders.len() >= SENDERS_MAX && !senders.contains_key(&sender) {
            senders.retain(|_, paid| paid.back().is_some_and(|(last, _)| is_fresh(*last, at)));
            if senders.len() >= SENDERS_MAX {
                return;
            }
        }
        let paid = senders.entry(sender).or_default();
        paid.push_back((at, payment));
        if paid.len() > PAYMENTS_MAX {
            paid.pop_front();
        }
    }

    /// Takes the oldest fresh one that matches: each is announced once.
    pub(super) fn take(
        &self,
        sender: UserId,
        now: DateTime<Utc>,
        matches: impl Fn(&Payment) -> bool,
    ) -> Option<Payment> {
        let mut senders = self.lock();
        let paid = senders.get_mut(&sender)?;
        paid.retain(|(at, _)| is_fresh(*at, now));
        let place = paid.iter().position(|(_, payment)| matches(payment))?;
        let payment = paid.remove(place).map(|(_, payment)| payment);
        if paid.is_empty() {
            senders.remove(&sender);
        }
        payment
    }

    fn lock(&self) -> MutexGuard<'_, BySender> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_fresh(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now.signed_duration_since(at) <= ANNOUNCED_WITHIN
}
