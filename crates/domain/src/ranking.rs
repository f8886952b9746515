//! Rankings: who received the most, and whose fans gave the most.

mod ports;

pub use ports::*;

use std::sync::Arc;

use crate::{id::UserId, page::Limit, store::StoreError, time::Span};

/// Up to this rank somebody's own place is told exactly.
pub const EXACT_RANKS: u32 = 1_000;

/// Ranks hosts and fans.
pub struct RankingService {
    rankings: Arc<dyn Rankings>,
}

/// A part of a ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankingPage {
    /// The rank of the first entry.
    pub first_rank: u32,
    /// Who comes first, second and so on.
    pub entries: Vec<Ranked>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<RankCursor>,
}

/// Which place somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Exactly this one, from 1.
    Exact(u32),
    /// Behind [`EXACT_RANKS`].
    Behind,
}

/// Somebody's own place, and the coins that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnPlace {
    /// Which place.
    pub place: Place,
    /// Received or given.
    pub coins: crate::money::Coins,
}

impl RankingService {
    /// A service over this port.
    #[must_use]
    pub fn new(rankings: Arc<dyn Rankings>) -> Self {
        Self { rankings }
    }

    /// A page of a ranking; empty when nobody is ranked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn page(
        &self,
        board: Board,
        span: Span,
        limit: Limit,
        after: Option<RankCursor>,
    ) -> Result<RankingPage, StoreError> {
        let mut entries = self.rankings.top(board, span, limit, after).await?;
        let wanted = usize::try_from(limit.items()).unwrap_or(usize::MAX);
        let is_last = entries.len() <= wanted;
        entries.truncate(wanted);
        let ranked = after.map_or(0, |cursor| cursor.rank);
        let next = entries.last().filter(|_| !is_last).map(|last| RankCursor {
            rank: ranked.saturating_add(limit.items()),
            coins: last.coins,
            reached_at: last.reached_at,
            user_id: last.user_id,
        });
        Ok(RankingPage { first_rank: ranked.saturating_add(1), entries, next })
    }

    /// The place of `user`; `None` when he is not ranked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn place_of(&self, board: Board, span: Span, user: UserId) -> Result<Option<OwnPlace>, StoreError> {
        let standing = self.rankings.standing(board, span, user, EXACT_RANKS).await?;
        Ok(standing.map(|Standing { ahead, coins }| OwnPlace {
            place: if ahead < EXACT_RANKS { Place::Exact(ahead.saturating_add(1)) } else { Place::Behind },
            coins,
        }))
    }
}

#[cfg(test)]
mod tests;
