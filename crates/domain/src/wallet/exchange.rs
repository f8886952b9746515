//! Diamonds that their host turns into coins: the only bridge between the two.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Exchange, ExchangeHistory, ExchangeLedger};
use crate::{
    id::{ExchangeId, UserId},
    idempotency::RequestKey,
    money::{BasisPoints, Coins, Diamonds},
    page::{Page, PageRequest},
    store::StoreError,
    time::Clock,
};

/// How many coins a host receives for her diamonds, as a part of them.
pub const EXCHANGE_RATE: BasisPoints = BasisPoints::clamped(3_000);

/// Diamonds to exchange: so many that they bring at least one coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeAmount(Diamonds);

/// Why diamonds cannot be exchanged, whoever has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an exchange takes at most {} diamonds, and so many that they bring a coin", crate::money::AMOUNT_MAX)]
pub struct InvalidExchange;

impl ExchangeAmount {
    /// An amount.
    ///
    /// # Errors
    /// [`InvalidExchange`] when it is no amount of diamonds, or brings no coin: they would vanish for nothing.
    pub fn parse(diamonds: i64) -> Result<Self, InvalidExchange> {
        let amount = Diamonds::new(diamonds).map(Self).map_err(|_| InvalidExchange)?;
        if amount.coins() == Coins::ZERO { Err(InvalidExchange) } else { Ok(amount) }
    }

    /// What is taken.
    #[must_use]
    pub const fn diamonds(self) -> Diamonds {
        self.0
    }

    /// What is given: at least one.
    #[must_use]
    pub fn coins(self) -> Coins {
        self.0.exchanged(EXCHANGE_RATE)
    }
}

/// A parsed wish to exchange diamonds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeOrder {
    /// Whose diamonds, and whose coins; the key is hers.
    pub host: UserId,
    /// How many.
    pub amount: ExchangeAmount,
    /// The key under which this wish is fulfilled at most once.
    pub key: RequestKey,
}

impl ExchangeOrder {
    /// The content in one unambiguous line: two orders with the same key must have the same.
    #[must_use]
    pub fn content(&self) -> String {
        format!("exchange diamonds={}", self.amount.diamonds())
    }
}

/// What a host has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purse {
    /// Coins that she can spend.
    pub balance: Coins,
    /// Diamonds that she can exchange. While she is locked they become more at most.
    pub diamonds: Diamonds,
    /// Whether she is banned.
    pub is_banned: bool,
}

/// The facts that an exchange is decided on. The host is locked until the decision is posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeContext {
    /// What the host has, if there is such a user.
    pub host: Option<Purse>,
}

/// What an exchange changes. The adapter applies it and adds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangePosting {
    /// Whose diamonds and coins.
    pub host: UserId,
    /// What is taken.
    pub diamonds: Diamonds,
    /// The rate at this time.
    pub rate: BasisPoints,
    /// What is given.
    pub coins: Coins,
    /// The diamonds that are left.
    pub diamonds_after: Diamonds,
    /// The coins that are there then.
    pub balance_after: Coins,
}

/// The proof of an exchange. A repeated request gets the same one again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeReceipt {
    /// The row of the exchange.
    pub exchange_id: ExchangeId,
    /// What was taken.
    pub diamonds: Diamonds,
    /// What was given.
    pub coins: Coins,
    /// The diamonds that were left at that time.
    pub diamonds_after: Diamonds,
    /// The coins that were there at that time.
    pub balance_after: Coins,
    /// When it was.
    pub created_at: DateTime<Utc>,
}

/// Why diamonds are not exchanged, in the order in which the reasons are looked for: two at once give the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeRefusal {
    /// The key was used for another content before.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// There is no such host (any more).
    #[error("there is no such host")]
    UnknownHost,
    /// The host was banned meanwhile.
    #[error("the host is banned")]
    HostBanned,
    /// The host has not so many diamonds.
    #[error("{needed} diamonds are needed and {available} are there")]
    InsufficientDiamonds {
        /// What she wants to exchange.
        needed: Diamonds,
        /// What she has.
        available: Diamonds,
    },
    /// The coins would leave the range of amounts.
    #[error("the balance would become too large")]
    BalanceTooLarge,
}

/// Why no diamonds were exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The domain said no; nothing moved.
    #[error(transparent)]
    Refused(#[from] ExchangeRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides an exchange.
///
/// # Errors
/// [`ExchangeRefusal`], in the order of its variants.
pub fn exchange(order: &ExchangeOrder, facts: &ExchangeContext) -> Result<ExchangePosting, ExchangeRefusal> {
    let host = facts.host.ok_or(ExchangeRefusal::UnknownHost)?;
    if host.is_banned {
        return Err(ExchangeRefusal::HostBanned);
    }
    let (diamonds, coins) = (order.amount.diamonds(), order.amount.coins());
    let insufficient = ExchangeRefusal::InsufficientDiamonds { needed: diamonds, available: host.diamonds };
    let diamonds_after = host.diamonds.checked_sub(diamonds).ok_or(insufficient)?;
    let balance_after = host.balance.checked_add(coins).ok_or(ExchangeRefusal::BalanceTooLarge)?;
    Ok(ExchangePosting { host: order.host, diamonds, rate: EXCHANGE_RATE, coins, diamonds_after, balance_after })
}

/// Exchanges diamonds, and shows what was exchanged.
pub struct ExchangeService {
    ledger: Arc<dyn ExchangeLedger>,
    history: Arc<dyn ExchangeHistory>,
    clock: Arc<dyn Clock>,
}

impl ExchangeService {
    /// A service over these ports.
    #[must_use]
    pub fn new(ledger: Arc<dyn ExchangeLedger>, history: Arc<dyn ExchangeHistory>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, history, clock }
    }

    /// Exchanges diamonds, at most once for the order's key.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn exchange(&self, order: ExchangeOrder) -> Result<ExchangeReceipt, ExchangeError> {
        let (now, wish) = (self.clock.now(), order.clone());
        self.ledger.exchange(order, now, Box::new(move |facts| exchange(&wish, facts))).await
    }

    /// What `host` exchanged, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(&self, host: UserId, page: PageRequest) -> Result<Page<Exchange>, StoreError> {
        self.history.exchanges(host, page).await
    }
}

#[cfg(test)]
mod tests;
