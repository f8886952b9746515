//! Coins given by an administrator.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::CoinLedger;
use crate::{
    audit::{AuditAction, AuditEntry, AuditFacts, AuditSubject},
    id::{MovementId, UserId},
    idempotency::{Actor, RequestKey},
    money::Coins,
    store::StoreError,
    time::Clock,
};

/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 200;

/// An amount to grant: at least one coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantAmount(Coins);

/// Why coins moved, in an operator's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

/// Why a grant is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGrant {
    /// Not an amount of at least one coin.
    #[error("a grant is at least one coin and at most {}", crate::money::AMOUNT_MAX)]
    Amount,
    /// No reason, or too long a one.
    #[error("a reason has 1 to {REASON_CHARS_MAX} printable characters")]
    Reason,
}

impl GrantAmount {
    /// An amount.
    ///
    /// # Errors
    /// [`InvalidGrant::Amount`] unless it is at least one coin.
    pub fn parse(coins: i64) -> Result<Self, InvalidGrant> {
        let amount = Coins::new(coins).map_err(|_| InvalidGrant::Amount)?;
        if amount == Coins::ZERO { Err(InvalidGrant::Amount) } else { Ok(Self(amount)) }
    }

    /// The amount.
    #[must_use]
    pub const fn coins(self) -> Coins {
        self.0
    }
}

impl Reason {
    /// A reason.
    ///
    /// # Errors
    /// [`InvalidGrant::Reason`] when it is empty, too long or unprintable.
    pub fn parse(raw: &str) -> Result<Self, InvalidGrant> {
        let reason = raw.trim();
        let chars = reason.chars().count();
        if chars == 0 || chars > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
            return Err(InvalidGrant::Reason);
        }
        Ok(Self(reason.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A wish to give coins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoinGrant {
    /// Who gives; keys are his.
    pub actor: Actor,
    /// Who receives.
    pub user: UserId,
    /// How many.
    pub amount: GrantAmount,
    /// Why.
    pub reason: Reason,
    /// The key under which this wish is fulfilled at most once.
    pub key: RequestKey,
}

impl CoinGrant {
    /// The content in one unambiguous line: two grants with the same key must have the same.
    #[must_use]
    pub fn content(&self) -> String {
        format!("grant to={} amount={} reason={}", self.user, self.amount.coins(), self.reason.as_str())
    }

    /// The line of the audit log.
    #[must_use]
    pub fn entry(&self, before: Coins, after: Coins, at: DateTime<Utc>) -> AuditEntry {
        AuditEntry {
            actor: self.actor,
            action: AuditAction::CoinsGranted,
            subject: AuditSubject::User(self.user),
            before: AuditFacts::none().with("balance", &before),
            after: AuditFacts::none().with("balance", &after).with("key", self.key.as_str()),
            reason: Some(self.reason.clone()),
            at,
        }
    }
}

/// The facts that a grant is decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantContext {
    /// The receiver's balance under lock, if there is such a user.
    pub balance: Option<Coins>,
}

/// What a grant changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantPosting {
    /// What the receiver has then.
    pub balance_after: Coins,
}

/// The proof of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantReceipt {
    /// The row of the movement.
    pub movement_id: MovementId,
    /// What the receiver had then.
    pub balance_after: Coins,
}

/// Why coins are not given, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// The key was used for another content before.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// There is no such user.
    #[error("there is no such user")]
    UnknownUser,
    /// The balance would leave the range of amounts.
    #[error("the balance would become too large")]
    BalanceTooLarge,
}

/// Why no coins were given.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The domain said no; nothing moved.
    #[error(transparent)]
    Refused(#[from] GrantRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides a grant.
///
/// # Errors
/// [`GrantRefusal`], in the order of its variants.
pub fn grant(amount: GrantAmount, facts: &GrantContext) -> Result<GrantPosting, GrantRefusal> {
    let balance = facts.balance.ok_or(GrantRefusal::UnknownUser)?;
    let balance_after = balance.checked_add(amount.coins()).ok_or(GrantRefusal::BalanceTooLarge)?;
    Ok(GrantPosting { balance_after })
}

/// Gives coins.
pub struct GrantService {
    ledger: Arc<dyn CoinLedger>,
    clock: Arc<dyn Clock>,
}

impl GrantService {
    /// A service over these ports.
    #[must_use]
    pub fn new(ledger: Arc<dyn CoinLedger>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock }
    }

    /// Gives coins, at most once for the wish's key.
    ///
    /// # Errors
    /// [`GrantError`].
    pub async fn grant(&self, wish: CoinGrant) -> Result<GrantReceipt, GrantError> {
        let (now, amount) = (self.clock.now(), wish.amount);
        self.ledger.grant(wish, now, Box::new(move |facts| grant(amount, facts))).await
    }
}

#[cfg(test)]
mod tests;
