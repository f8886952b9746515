//! What a decision on a salary came to, as its key keeps it.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use domain::{
    id::{IncomeId, SalaryRequestId},
    idempotency::RequestKey,
    salary::{SalaryReceipt, SalaryRefusal},
};
use serde::{Deserialize, Serialize};

use crate::reviews::{decision_row, review};

/// What an order came to. A refusal is a value: it is committed where it is to be kept.
pub(super) type Outcome = Result<SalaryReceipt, SalaryRefusal>;

/// An outcome as the database keeps it. Its JSON is read for as long as the salary lives: members are added, never renamed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KeptOutcome {
    Decided {
        request_id: i64,
        status: String,
        decided_by: Option<i64>,
        decided_at: Option<DateTime<Utc>>,
        reason: Option<String>,
        income_id: Option<i64>,
    },
    OwnSalary,
    AlreadyDecided,
    TooManyDiamonds,
}

impl KeptOutcome {
    /// The form in which an outcome is kept, if it is to be kept at all: a refusal only where it can be asked for again.
    pub(super) fn of(outcome: &Outcome, key: &RequestKey) -> Option<Self> {
        match outcome {
            Err(_) if !key.is_chosen() => None,
            Ok(receipt) => {
                let (decided_by, decided_at, reason) = decision_row(&receipt.review);
                Some(Self::Decided {
                    request_id: receipt.request.value(),
                    status: receipt.review.word().to_owned(),
                    decided_by,
                    decided_at,
                    reason,
                    income_id: receipt.income.map(IncomeId::value),
                })
            }
            Err(SalaryRefusal::KeyReused | SalaryRefusal::Access(_) | SalaryRefusal::HostBanned) => None,
            Err(SalaryRefusal::OwnSalary) => Some(Self::OwnSalary),
            Err(SalaryRefusal::AlreadyDecided) => Some(Self::AlreadyDecided),
            Err(SalaryRefusal::TooManyDiamonds) => Some(Self::TooManyDiamonds),
        }
    }

    pub(super) fn into_outcome(self) -> QueryResult<Outcome> {
        Ok(match self {
            Self::Decided { request_id, status, decided_by, decided_at, reason, income_id } => Ok(SalaryReceipt {
                request: SalaryRequestId::new(request_id),
                review: review(&status, (decided_by, decided_at, reason))?,
                income: income_id.map(IncomeId::new),
            }),
            Self::OwnSalary => Err(SalaryRefusal::OwnSalary),
            Self::AlreadyDecided => Err(SalaryRefusal::AlreadyDecided),
            Self::TooManyDiamonds => Err(SalaryRefusal::TooManyDiamonds),
        })
    }
}
