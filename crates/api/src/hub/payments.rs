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
    /// When it was paid.
    pub(super) at: DateTime<Utc>,
    pub(super) receiver: UserId,
    pub(super) gift: String,
    pub(super) quantity: u16,
    pub(super) price: i64,
    pub(super) host_income: i64,
    pub(super) is_large: bool,
}

impl Payment {
    /// What was posted at that instant.
    pub(super) fn of(posting: &GiftPosting, at: DateTime<Utc>) -> Self {
        Self {
            at,
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

/// Oldest first.
type BySender = HashMap<UserId, VecDeque<Payment>>;

impl Payments {
    /// Remembers a gift that was paid.
    pub(super) fn note(&self, sender: UserId, payment: Payment) {
        let mut senders = self.lock();
        if senders.len() >= SENDERS_MAX && !senders.contains_key(&sender) {
            senders.retain(|_, paid| paid.back().is_some_and(|last| is_fresh(last.at, payment.at)));
            if senders.len() >= SENDERS_MAX {
                return;
            }
        }
        let paid = senders.entry(sender).or_default();
        // The oldest are in front: of a busy sender not all are looked at for every gift.
        while paid.front().is_some_and(|oldest| !is_fresh(oldest.at, payment.at)) {
            paid.pop_front();
        }
        paid.push_back(payment);
        if paid.len() > PAYMENTS_MAX {
            paid.pop_front();
        }
    }

    /// Remembers one again that was taken and not announced.
    pub(super) fn put_back(&self, sender: UserId, payment: Payment) {
        self.lock().entry(sender).or_default().push_front(payment);
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
        paid.retain(|payment| is_fresh(payment.at, now));
        let place = paid.iter().position(matches)?;
        let payment = paid.remove(place);
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

#[cfg(test)]
mod tests {
    use super::*;

    const FAN: UserId = UserId::new(1);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
    }

    fn payment(gift: &str) -> Payment {
        let receiver = UserId::new(2);
        Payment { at: at(0), receiver, gift: gift.to_owned(), quantity: 1, price: 10, host_income: 5, is_large: false }
    }

    fn taken(payments: &Payments, sender: UserId, seconds: i64) -> Option<String> {
        payments.take(sender, at(seconds), |_| true).map(|payment| payment.gift)
    }

    #[test]
    fn a_payment_is_announced_once_and_by_its_sender() {
        let payments = Payments::default();
        payments.note(FAN, payment("rose"));
        assert_eq!(taken(&payments, UserId::new(3), 0), None);
        assert_eq!(taken(&payments, FAN, 30).as_deref(), Some("rose"));
        assert_eq!(taken(&payments, FAN, 30), None);
    }

    #[test]
    fn a_payment_is_fresh_for_thirty_seconds() {
        let payments = Payments::default();
        payments.note(FAN, payment("rose"));
        assert_eq!(taken(&payments, FAN, 31), None);
    }

    #[test]
    fn the_oldest_that_matches_is_taken_and_only_so_many_are_kept() {
        let payments = Payments::default();
        for number in 0..PAYMENTS_MAX + 2 {
            payments.note(FAN, payment(&number.to_string()));
        }
        assert_eq!(taken(&payments, FAN, 0).as_deref(), Some("2"));
        let heart = payments.take(FAN, at(0), |payment| payment.gift == "65");
        assert_eq!(heart.map(|payment| payment.gift).as_deref(), Some("65"));
    }
}
