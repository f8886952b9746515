//! What the reports on incomes need from outside.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    id::{GiftId, IncomeId, UserId},
    money::Diamonds,
    page::{Limit, Page, PageRequest},
    store::StoreError,
    time::{Span, Window},
};

/// A movement of a host's diamonds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Income {
    /// Its row.
    pub id: IncomeId,
    /// Whose diamonds.
    pub host_id: UserId,
    /// Signed: an exchange takes diamonds away.
    pub diamonds: i64,
    /// A gift's category, `exchange` or `salary`.
    pub kind: String,
    /// When it moved.
    pub created_at: DateTime<Utc>,
    /// The gift behind it, if a gift is.
    pub gift: Option<IncomeGift>,
}

/// The gift behind an income.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomeGift {
    /// The row of the gift.
    pub id: GiftId,
    /// Its name at the time.
    pub name: String,
    /// The price of one piece at the time, in coins.
    pub unit_price: i64,
    /// How many pieces.
    pub quantity: i32,
}

/// What gifts brought a host, in diamonds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiftIncome {
    /// By gifts of the category `normal`.
    pub normal: Diamonds,
    /// `luxury`.
    pub luxury: Diamonds,
    /// `lucky`.
    pub lucky: Diamonds,
    /// `s-lucky`.
    pub super_lucky: Diamonds,
}

impl GiftIncome {
    /// Nothing.
    pub const NONE: Self =
        Self { normal: Diamonds::ZERO, luxury: Diamonds::ZERO, lucky: Diamonds::ZERO, super_lucky: Diamonds::ZERO };

    /// All categories together; `None` when it is no amount any more.
    #[must_use]
    pub fn total(&self) -> Option<Diamonds> {
        self.normal.checked_add(self.luxury)?.checked_add(self.lucky)?.checked_add(self.super_lucky)
    }
}

/// Movements of a host's diamonds that no gift is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OtherIncome {
    /// Exchanged for coins: zero or negative. `None` when nothing ever was.
    pub exchanged: Option<i64>,
    /// Salaries. `None` when there never was one.
    pub salaries: Option<i64>,
}

/// What gifts brought a host on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayIncome {
    /// The first instant of the day.
    pub starts_at: DateTime<Utc>,
    /// In diamonds.
    pub income: GiftIncome,
}

/// Reads what hosts earned.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait IncomeHistory: Send + Sync {
    /// What gifts brought `host` within `span`, by category.
    ///
    /// - MUST count incomes of gifts only, neither exchanges nor salaries.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn gift_income(&self, host: UserId, span: Span) -> Result<GiftIncome, StoreError>;

    /// What salaries brought `host`, and exchanges took, ever.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn other_income(&self, host: UserId) -> Result<OtherIncome, StoreError>;

    /// What gifts brought `host` on each day that begins within `window`, newest first, at most `limit` of them and one
    /// more where there are more; days without gifts are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn days(&self, host: UserId, window: Window, limit: Limit) -> Result<Vec<DayIncome>, StoreError>;

    /// All movements of the diamonds of `host`, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn history(&self, host: UserId, page: PageRequest) -> Result<Page<Income>, StoreError>;
}
