//! A salary waits for the owner of the agency, and is decided once.

use chrono::{DateTime, Utc};

use crate::{
    agency::{AccessRefusal, OwnerFacts, own_agency},
    id::{AgencyId, IncomeId, SalaryRequestId, UserId},
    idempotency::{Actor, RequestKey},
    money::Diamonds,
    review::{Decided, Review, Verdict},
    store::StoreError,
    time::BusinessWeek,
};

/// A salary that is asked for, or was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalaryRequest {
    /// Its row.
    pub id: SalaryRequestId,
    /// Whose salary.
    pub host: UserId,
    /// Which agency decides, whoever owns it.
    pub agency: AgencyId,
    /// For which week.
    pub week: BusinessWeek,
    /// How much.
    pub salary: Diamonds,
    /// How many valid sessions the week had.
    pub valid_sessions: u32,
    /// Where it stands.
    pub review: Review,
    /// When the week was closed.
    pub created_at: DateTime<Utc>,
}

/// An owner's decision on a salary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalaryOrder {
    /// Who decides; keys are his.
    pub owner: UserId,
    /// The agency that he names, if the request names one.
    pub agency: Option<AgencyId>,
    /// On what.
    pub request: SalaryRequestId,
    /// How.
    pub verdict: Verdict,
    /// The key under which this decision is made at most once.
    pub key: RequestKey,
}

impl SalaryOrder {
    /// The content in one unambiguous line: two decisions with the same key must have the same.
    #[must_use]
    pub fn content(&self) -> String {
        let agency = self.agency.map_or_else(|| "-".to_owned(), |agency| agency.to_string());
        let verdict = match &self.verdict {
            Verdict::Approve => "approve".to_owned(),
            Verdict::Reject { reason: None } => "reject".to_owned(),
            Verdict::Reject { reason: Some(reason) } => format!("reject reason={}", reason.as_str()),
        };
        format!("salary request={} agency={agency} {verdict}", self.request)
    }
}

/// The facts that a salary is decided on, under lock: the host's row first, then the request and the agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalaryContext {
    /// The caller as an owner, read under lock: an agency that changed hands is its new owner's.
    pub caller: OwnerFacts,
    /// The request, if there is one.
    pub request: Option<SalaryRequest>,
    /// Whether the host is banned.
    pub is_host_banned: bool,
    /// The diamonds that the host has.
    pub diamonds: Diamonds,
}

/// Diamonds for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payout {
    /// Whose.
    pub host: UserId,
    /// How many.
    pub salary: Diamonds,
}

/// What a decision on a salary changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalaryPosting {
    /// Which request.
    pub request: SalaryRequestId,
    /// Where it stands then.
    pub review: Review,
    /// The one row of `diamond_movements` of the type `salary`; for an approval, and for nothing else.
    pub payout: Option<Payout>,
}

/// The proof of a decision. A repeated request gets the same one again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalaryReceipt {
    /// Which request.
    pub request: SalaryRequestId,
    /// Where it stands.
    pub review: Review,
    /// The row that pays it, when it was approved.
    pub income: Option<IncomeId>,
}

/// Why a salary is not decided on, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SalaryRefusal {
    /// The key was used for another content before.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// The caller may not; an unknown request and another agency's are not found.
    #[error(transparent)]
    Access(#[from] AccessRefusal),
    /// Nobody decides on his own salary.
    #[error("nobody decides on his own salary")]
    OwnSalary,
    /// Somebody decided before.
    #[error("the salary is decided on already")]
    AlreadyDecided,
    /// A banned host is paid nothing while he is banned; the salary goes on waiting.
    #[error("the host is banned")]
    HostBanned,
    /// The host's diamonds would leave the range of amounts.
    #[error("the host would have too many diamonds")]
    TooManyDiamonds,
}

/// Why a salary was not decided on.
#[derive(Debug, thiserror::Error)]
pub enum SalaryDecisionError {
    /// The domain said no; nothing moved.
    #[error(transparent)]
    Refused(#[from] SalaryRefusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides on a salary. Whether the host still belongs to the agency is not asked: he did when the week ended.
///
/// # Errors
/// [`SalaryRefusal`], in the order of its variants; the last two for an approval only.
pub fn decide_salary(
    order: &SalaryOrder,
    facts: &SalaryContext,
    at: DateTime<Utc>,
) -> Result<SalaryPosting, SalaryRefusal> {
    let own = own_agency(facts.caller, order.agency)?;
    let is_within_reach = |found: &&SalaryRequest| found.id == order.request && found.agency == own;
    let request = facts.request.as_ref().filter(is_within_reach).ok_or(AccessRefusal::NotFound)?;
    if request.host == order.owner {
        return Err(SalaryRefusal::OwnSalary);
    }
    let decided = Decided { by: Actor::User(order.owner), at };
    let review = request.review.decide(order.verdict.clone(), decided).map_err(|_| SalaryRefusal::AlreadyDecided)?;
    let payout = if review.is_approved() {
        if facts.is_host_banned {
            return Err(SalaryRefusal::HostBanned);
        }
        facts.diamonds.checked_add(request.salary).ok_or(SalaryRefusal::TooManyDiamonds)?;
        Some(Payout { host: request.host, salary: request.salary })
    } else {
        None
    };
    Ok(SalaryPosting { request: request.id, review, payout })
}

#[cfg(test)]
mod tests;
