//! What rankings need from outside.

use async_trait::async_trait;
use chrono::{DateTime, TimeZone as _, Utc};

use crate::{
    id::UserId, money::Coins, page::Limit, store::StoreError, time::Span, user::AvatarPath, wallet::Discrepancy,
};

/// Which ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Board {
    /// Hosts, by the coins that they received.
    Hosts,
    /// The fans of a host, by the coins that they gave him.
    FansOf(UserId),
}

/// Somebody in a ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Who.
    pub user_id: UserId,
    /// His name, now.
    pub name: String,
    /// His picture, now.
    pub avatar: Option<AvatarPath>,
    /// His level, now.
    pub level: i32,
    /// Received or given within the span.
    pub coins: Coins,
    /// When he got there.
    pub reached_at: DateTime<Utc>,
}

/// How far somebody is from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many are ahead of him, as far as they were counted.
    pub ahead: u32,
    /// Received or given within the span.
    pub coins: Coins,
}

/// A place in a ranking: behind an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankCursor {
    /// The rank of the entry.
    pub rank: u32,
    /// Its coins.
    pub coins: Coins,
    /// When it got there.
    pub reached_at: DateTime<Utc>,
    /// Whose it is.
    pub user_id: UserId,
}

impl RankCursor {
    /// Reads what [`to_text`](Self::to_text) wrote; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = || {
            let digits = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
            digits.parse::<i64>().ok()
        };
        let (rank, coins, micros, user_id) = (number()?, number()?, number()?, number()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            rank: u32::try_from(rank).ok()?,
            coins: Coins::new(coins).ok()?,
            reached_at: Utc.timestamp_micros(micros).single()?,
            user_id: UserId::parse(user_id)?,
        })
    }

    /// The cursor as an opaque word for the wire.
    #[must_use]
    pub fn to_text(self) -> String {
        format!("{}-{}-{}-{}", self.rank, self.coins, self.reached_at.timestamp_micros(), self.user_id)
    }
}

/// Reads rankings.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Rankings: Send + Sync {
    /// Those with the most coins, and one more than `limit` where there are more; behind `after`, if it is given.
    ///
    /// - MUST rank equal coins by who got there first, then by id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn top(
        &self,
        board: Board,
        span: Span,
        limit: Limit,
        after: Option<RankCursor>,
    ) -> Result<Vec<Ranked>, StoreError>;

    /// How far `user` is from the top; those ahead are counted up to `ahead_max`. `None` when he is not ranked.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn standing(
        &self,
        board: Board,
        span: Span,
        user: UserId,
        ahead_max: u32,
    ) -> Result<Option<Standing>, StoreError>;
}

/// The totals that reports are read from. Gifts are rolled up into them, before anybody reads, and they can be made anew from the gifts.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait GiftTotals: Send + Sync {
    /// The IANA name of the zone in whose calendar they are kept; `None` when they are yet to be made.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn zone(&self) -> Result<Option<String>, StoreError>;

    /// Rolls up what was sent and is not in them yet. Whoever reads a report needs not ask for it.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn roll_up(&self) -> Result<(), StoreError>;

    /// Makes them anew, in the zone of the present calendar, and answers in what they were wrong: in nothing where none were
    /// kept. Gifts wait meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn rebuild(&self) -> Result<Vec<Discrepancy>, StoreError>;
}
