//! Coins that an administrator gives, or takes to put a mistake right.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{CoinLedger, CorrectionAmount, GrantAmount, MovementKind, Reason};
use crate::{
    audit::{AuditAction, AuditEntry, AuditFacts, AuditSubject},
    id::{MovementId, UserId},
    idempotency::{Actor, RequestKey},
    money::Coins,
    store::StoreError,
    time::Clock,
};

/// How an administrator changes a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoinChange {
    /// He gives coins.
    Grant(GrantAmount),
    /// He puts a mistake right, which may take coins.
    Correction(CorrectionAmount),
}

impl CoinChange {
    /// What the movement is then called.
    #[must_use]
    pub const fn kind(self) -> MovementKind {
        match self {
            Self::Grant(_) => MovementKind::Grant,
            Self::Correction(_) => MovementKind::Correction,
        }
    }

    /// The number of coins, below zero where they are taken: never zero, and within ±[`AMOUNT_MAX`](crate::money::AMOUNT_MAX).
    #[must_use]
    pub const fn amount(self) -> i64 {
        match self {
            Self::Grant(amount) => amount.coins().value(),
            Self::Correction(amount) if amount.is_taken() => amount.coins().value().saturating_neg(),
            Self::Correction(amount) => amount.coins().value(),
        }
    }
}

/// A wish to change a user's coins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoinOrder {
    /// Who wishes it; keys are his.
    pub actor: Actor,
    /// Whose coins.
    pub user: UserId,
    /// How.
    pub change: CoinChange,
    /// Why.
    pub reason: Reason,
    /// The key under which this wish is fulfilled at most once.
    pub key: RequestKey,
}

impl CoinOrder {
    /// The content in one unambiguous line: two wishes with the same key must have the same.
    #[must_use]
    pub fn content(&self) -> String {
        let kind = self.change.kind().word();
        format!("{kind} to={} amount={} reason={}", self.user, self.change.amount(), self.reason.as_str())
    }

    /// The line of the audit log.
    #[must_use]
    pub fn entry(&self, before: Coins, after: Coins, at: DateTime<Utc>) -> AuditEntry {
        AuditEntry {
            actor: self.actor,
            action: match self.change {
                CoinChange::Grant(_) => AuditAction::CoinsGranted,
                CoinChange::Correction(_) => AuditAction::CoinsCorrected,
            },
            subject: AuditSubject::User(self.user),
            before: AuditFacts::none().with("balance", &before),
            after: AuditFacts::none().with("balance", &after).with("key", self.key.as_str()),
            reason: Some(self.reason.clone()),
            at,
        }
    }
}

/// The facts that a change is decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoinContext {
    /// The user's balance under lock, if there is such a user.
    pub balance: Option<Coins>,
}

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoinPosting {
    /// What the user has then.
    pub balance_after: Coins,
}

/// The proof of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoinReceipt {
    /// The row of the movement.
    pub movement_id: MovementId,
    /// What the user had then.
    pub balance_after: Coins,
}

/// Why coins are neither given nor taken, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CoinRefusal {
    /// The key was used for another content before.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// There is no such user.
    #[error("there is no such user")]
    UnknownUser,
    /// The balance would leave the range of amounts.
    #[error("the balance would become too large")]
    BalanceTooLarge,
    /// More would be taken than there is.
    #[error("insufficient balance: {needed} coins were to be taken and {available} are there")]
    InsufficientBalance {
        /// What was to be taken.
        needed: Coins,
        /// What the user has.
        available: Coins,
    },
}

/// Why no coins moved.
#[derive(Debug, thiserror::Error)]
pub enum CoinError {
    /// The domain said no; nothing moved.
    #[error(transparent)]
    Refused(#[from] CoinRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides a change.
///
/// # Errors
/// [`CoinRefusal`], in the order of its variants.
pub fn change_balance(change: CoinChange, facts: &CoinContext) -> Result<CoinPosting, CoinRefusal> {
    let balance = facts.balance.ok_or(CoinRefusal::UnknownUser)?;
    let given = |coins| balance.checked_add(coins).ok_or(CoinRefusal::BalanceTooLarge);
    let taken = |needed| {
        let insufficient = CoinRefusal::InsufficientBalance { needed, available: balance };
        balance.checked_sub(needed).ok_or(insufficient)
    };
    let balance_after = match change {
        CoinChange::Grant(amount) => given(amount.coins())?,
        CoinChange::Correction(amount) if amount.is_taken() => taken(amount.coins())?,
        CoinChange::Correction(amount) => given(amount.coins())?,
    };
    Ok(CoinPosting { balance_after })
}

/// Gives and takes coins.
pub struct CoinService {
    ledger: Arc<dyn CoinLedger>,
    clock: Arc<dyn Clock>,
}

impl CoinService {
    /// A service over these ports.
    #[must_use]
    pub fn new(ledger: Arc<dyn CoinLedger>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock }
    }

    /// Changes a user's coins, at most once for the wish's key.
    ///
    /// # Errors
    /// [`CoinError`].
    pub async fn change(&self, wish: CoinOrder) -> Result<CoinReceipt, CoinError> {
        let (now, change) = (self.clock.now(), wish.change);
        self.ledger.change(wish, now, Box::new(move |facts| change_balance(change, facts))).await
    }
}

#[cfg(test)]
mod tests;
