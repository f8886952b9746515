//! The figures of an agency: what its hosts did while they belonged to it, and nothing before or after.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    id::{AgencyId, MembershipId, UserId},
    money::Diamonds,
    page::{Limit, Page, PageRequest},
    store::StoreError,
    time::Span,
    user::AvatarPath,
};

/// How many hosts a list of the best ones by income has.
pub const TOP_EARNERS: Limit = Limit::clamped(10);
/// How many hosts a list of the most diligent ones has.
pub const TOP_HOSTS: Limit = Limit::clamped(5);

/// The spans that an overview tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverviewSpans {
    /// The running day.
    pub today: Span,
    /// The running week.
    pub this_week: Span,
    /// The running month.
    pub this_month: Span,
    /// The month before.
    pub last_month: Span,
}

/// An agency at a glance. Incomes are gift incomes of hosts while they belonged to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overview {
    /// How many hosts belong to it now.
    pub members: i64,
    /// How many of them are live now.
    pub live_now: i64,
    /// Since it exists.
    pub total: Diamonds,
    /// Within the running day.
    pub today: Diamonds,
    /// Within the running week.
    pub this_week: Diamonds,
    /// Within the running month.
    pub this_month: Diamonds,
    /// Within the month before.
    pub last_month: Diamonds,
}

/// What one host did for an agency within a span. A host who left and came back is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFigures {
    /// Who.
    pub host: UserId,
    /// The host's name, now.
    pub name: String,
    /// His picture.
    pub avatar: Option<AvatarPath>,
    /// Whether he belongs to the agency now.
    pub is_member: bool,
    /// How many sessions he had, or parts of sessions.
    pub lives: i64,
    /// How many viewers they had, each session by itself.
    pub viewers: i64,
    /// How long they were, in seconds.
    pub live_seconds: i64,
    /// What gifts brought him.
    pub income: Diamonds,
}

/// The live sessions of an agency within a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveFigures {
    /// How many.
    pub lives: i64,
    /// How many of its hosts are live now.
    pub live_now: i64,
    /// How many viewers they had, each session by itself.
    pub viewers: i64,
    /// How long they were together, in seconds.
    pub live_seconds: i64,
    /// The hosts with the most, at most [`TOP_HOSTS`].
    pub top: Vec<HostFigures>,
}

/// A host who belongs to an agency now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The membership.
    pub membership: MembershipId,
    /// Who.
    pub host: UserId,
    /// The host's name, now.
    pub name: String,
    /// His picture.
    pub avatar: Option<AvatarPath>,
    /// Since when he belongs to it.
    pub from: DateTime<Utc>,
    /// What gifts brought him within the span that was asked for, while he belonged to it.
    pub income: Diamonds,
    /// How many days within that span were valid ones by the salary policy, while he belonged to it.
    pub active_days: i64,
}

/// What a list of hosts begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostOrder {
    /// The highest income.
    Income,
    /// The most sessions.
    Lives,
}

/// Reads the figures of agencies.
///
/// - MUST count for an agency exactly what lies within its hosts' memberships: a gift by its instant, a session by the part
///   of it.
/// - MUST answer from totals: in time that grows with the number of hosts and not with their history.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AgencyFigures: Send + Sync {
    /// An agency at a glance.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn overview(&self, agency: AgencyId, spans: OverviewSpans) -> Result<Overview, StoreError>;

    /// The hosts who belong to the agency now or did something for it within `span`, in `order`, then by id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn hosts(
        &self,
        agency: AgencyId,
        span: Span,
        order: HostOrder,
        limit: Limit,
    ) -> Result<Vec<HostFigures>, StoreError>;

    /// The agency's live sessions within `span`.
    ///
    /// - MUST count a session within which a host joined or left by the part of it that is the agency's.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn lives(&self, agency: AgencyId, span: Span) -> Result<LiveFigures, StoreError>;

    /// The agency's members, who joined last first, with their income and active days within `span`.
    ///
    /// - MUST count the days of this membership only, each by the business day.
    /// - MUST hold each day to the policy of its week: so much time as a valid day has, of sessions that have as many minutes
    ///   within the week as a valid one.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn members(&self, agency: AgencyId, span: Span, page: PageRequest) -> Result<Page<Member>, StoreError>;
}
