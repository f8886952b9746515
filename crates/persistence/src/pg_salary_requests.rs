//! Salaries that wait for an agency, or were decided on: each once, and each approval paid once.

mod outcome;
mod rows;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    id::{IncomeId, SalaryRequestId, UserId},
    idempotency::Actor,
    money::Diamonds,
    page::{Page, PageRequest},
    salary::{
        ListedSalary, RawWeek, SalaryContext, SalaryDecision, SalaryDecisionError, SalaryFilter, SalaryOrder,
        SalaryPosting, SalaryReceipt, SalaryRefusal, SalaryRequest, SalaryRequests,
    },
    store::StoreError,
};

use self::{
    outcome::{KeptOutcome, Outcome},
    rows::{COLUMNS, Row, request},
};
use crate::{
    error::{contradictory, read_error},
    idempotency::{Kept, KeyedRequest},
    pg_agencies::{owner_facts, owns},
    pg_income_history,
    pool::Database,
    reviews::decision_row,
    schema::{diamond_movements as movements, salary_requests as requests, users},
};

/// The word of a salary among the movements of diamonds.
const SALARY: &str = "salary";

/// Keeps salaries on PostgreSQL.
pub struct PgSalaryRequests {
    database: Database,
}

impl PgSalaryRequests {
    /// The salaries of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl SalaryRequests for PgSalaryRequests {
    async fn decide(
        &self,
        order: SalaryOrder,
        at: DateTime<Utc>,
        decide: SalaryDecision,
    ) -> Result<SalaryReceipt, SalaryDecisionError> {
        let outcome = self
            .database
            .atomically(async |connection: &mut AsyncPgConnection| decide_once(connection, &order, at, &decide).await)
            .await?;
        Ok(outcome?)
    }

    async fn list(&self, filter: SalaryFilter, page: PageRequest) -> Result<Page<ListedSalary>, StoreError> {
        let mut connection = self.database.connection().await?;
        rows::list(&mut connection, filter, page).await.map_err(read_error)
    }

    async fn with_inputs(&self, id: SalaryRequestId) -> Result<Option<(SalaryRequest, RawWeek)>, StoreError> {
        let mut connection = self.database.connection().await?;
        rows::with_inputs(&mut connection, id).await.map_err(read_error)
    }
}

async fn decide_once(
    connection: &mut AsyncPgConnection,
    order: &SalaryOrder,
    at: DateTime<Utc>,
    decide: &SalaryDecision,
) -> QueryResult<Outcome> {
    let (facts, is_host_known) = lock(connection, order).await?;
    let keyed =
        KeyedRequest { operation: SALARY, actor: Actor::User(order.owner), key: &order.key, content: order.content() };
    // The owner's row is not locked (he may be sending a gift), so that two requests of his under one key may meet: the later
    // one then fails at the key's row, is tried again, and finds it.
    match keyed.find::<KeptOutcome>(connection).await? {
        Some(Kept::Outcome(kept)) => return kept.into_outcome(),
        Some(Kept::OtherContent) => return Ok(Err(SalaryRefusal::KeyReused)),
        None => {}
    }
    let outcome = match decide(&facts) {
        Ok(_) if !is_host_known => return Err(contradictory("a salary is posted that is not there")),
        Ok(posting) => Ok(post(connection, &posting, at).await?),
        Err(refusal) => Err(refusal),
    };
    if let Some(kept) = KeptOutcome::of(&outcome, &order.key) {
        keyed.keep(connection, &kept, at).await?;
    }
    Ok(outcome)
}

/// Locks the host's row, the caller's agency and the request, in this order, and reads what is decided on; whether there is a
/// host at all.
///
/// The host's row NO KEY UPDATE and not UPDATE: gifts to him take KEY SHARE locks on it. Decisions and
/// exchanges of one host pass one at a time. The request UPDATE, because a payout will refer to what is written to it.
async fn lock(connection: &mut AsyncPgConnection, order: &SalaryOrder) -> QueryResult<(SalaryContext, bool)> {
    // Whose salary it is, and which agency decides, never changes, so that it may be asked before anything is locked.
    let named: Option<(i64, i64)> = requests::table
        .find(order.request.value())
        .select((requests::host_id, requests::agency_id))
        .first(connection)
        .await
        .optional()?;
    let host = match named {
        Some((host, agency)) if owns(connection, order.owner, agency).await? => Some(host),
        _ => None,
    };
    let (mut is_host_banned, mut diamonds) = (false, Diamonds::ZERO);
    if let Some(host) = host {
        let banned_at: Option<DateTime<Utc>> =
            users::table.find(host).select(users::banned_at).for_no_key_update().first(connection).await?;
        is_host_banned = banned_at.is_some();
        diamonds = pg_income_history::diamonds(connection, UserId::new(host)).await?;
    }
    let caller = owner_facts(connection, order.owner).await?;
    let row: Option<Row> = match host {
        Some(_) => requests::table
            .find(order.request.value())
            .select(COLUMNS)
            .for_update()
            .first(connection)
            .await
            .optional()?,
        None => None,
    };
    let facts = SalaryContext { caller, request: row.map(request).transpose()?, is_host_banned, diamonds };
    Ok((facts, host.is_some()))
}

/// Applies a posting: what the domain decided, and nothing else.
async fn post(
    connection: &mut AsyncPgConnection,
    posting: &SalaryPosting,
    at: DateTime<Utc>,
) -> QueryResult<SalaryReceipt> {
    if posting.review.is_approved() != posting.payout.is_some() {
        return Err(contradictory(
            "the posting of a salary pays what is not approved, or approves what it does not pay",
        ));
    }
    let (decided_by, decided_at, reason) = decision_row(&posting.review);
    diesel::update(requests::table.find(posting.request.value()))
        .set((
            requests::status.eq(posting.review.word()),
            requests::decided_by.eq(decided_by),
            requests::decided_at.eq(decided_at),
            requests::reason.eq(reason),
        ))
        .execute(connection)
        .await?;
    let income = match &posting.payout {
        None => None,
        Some(payout) => {
            let id: i64 = diesel::insert_into(movements::table)
                .values((
                    movements::host_id.eq(payout.host.value()),
                    movements::income.eq(payout.salary.value()),
                    movements::type_.eq(SALARY),
                    movements::created_at.eq(at),
                    movements::salary_request_id.eq(posting.request.value()),
                ))
                .returning(movements::id)
                .get_result(connection)
                .await?;
            Some(IncomeId::new(id))
        }
    };
    Ok(SalaryReceipt { request: posting.request, review: posting.review.clone(), income })
}
