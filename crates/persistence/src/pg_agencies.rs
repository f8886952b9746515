//! Agencies, from their applications on.

mod rows;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{
        Agencies, Agency, AgencyApplication, AgencyApplicationContext, AgencyApplicationDecision,
        AgencyApplicationError, AgencyApplicationRefusal, AgencyDecisionError, AgencyDecisionOrder,
        AgencyDecisionPosting, AgencyDecisionRefusal, AgencyReviewDecision, ListedAgency, OwnerFacts, ReviewStatus,
        SealedCard,
    },
    id::{AgencyId, UserId},
    page::{Page, PageRequest},
    store::StoreError,
};

pub(crate) use self::rows::status_word;
use self::rows::{COLUMNS, Row, agency, list};
use crate::{
    error::read_error,
    pg_audit_log,
    pool::Database,
    reviews::{DecisionRow, decision_row, lock_card, review, sealed_card},
    schema::{agencies, users},
};

/// Keeps agencies on PostgreSQL.
pub struct PgAgencies {
    database: Database,
}

impl PgAgencies {
    /// The agencies of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

const APPROVED: &str = "approved";
const REJECTED: &str = "rejected";

/// What is known of a caller as an owner. His agency is locked, so that it is his until the transaction ends; his row in
/// `users` is not: he may be sending a gift to the host who is locked already.
pub(crate) async fn owner_facts(connection: &mut AsyncPgConnection, owner: UserId) -> QueryResult<OwnerFacts> {
    let banned_at: Option<Option<DateTime<Utc>>> =
        users::table.find(owner.value()).select(users::banned_at).first(connection).await.optional()?;
    let own = agencies::table.filter(agencies::owner_id.eq(owner.value())).filter(agencies::status.eq(APPROVED));
    let agency: Option<i64> = own.select(agencies::id).for_share().first(connection).await.optional()?;
    Ok(OwnerFacts { is_banned: banned_at.flatten().is_some(), agency: agency.map(AgencyId::new) })
}

/// Whether `owner` has this agency, and it is approved. Asked before anything is locked: who names what is another agency's keeps
/// nobody waiting. Whoever has it is looked at again under lock.
pub(crate) async fn owns(connection: &mut AsyncPgConnection, owner: UserId, agency: i64) -> QueryResult<bool> {
    let own =
        agencies::table.find(agency).filter(agencies::owner_id.eq(owner.value())).filter(agencies::status.eq(APPROVED));
    diesel::select(diesel::dsl::exists(own)).get_result(connection).await
}

/// What an application came to.
enum Applied {
    Stored(Agency),
    IdTaken,
    Refused(AgencyApplicationRefusal),
}

async fn apply(
    connection: &mut AsyncPgConnection,
    wish: &AgencyApplication,
    at: DateTime<Utc>,
    decide: &AgencyApplicationDecision,
) -> QueryResult<Applied> {
    // Two applications of one owner pass one after the other, and so do two with one card.
    let owner: Option<Option<DateTime<Utc>>> = users::table
        .find(wish.owner.value())
        .select(users::banned_at)
        .for_no_key_update()
        .first(connection)
        .await
        .optional()?;
    lock_card(connection, wish.card.fingerprint).await?;
    let standing = || agencies::table.filter(agencies::status.ne(REJECTED)).select(agencies::id);
    let own: Option<i64> =
        standing().filter(agencies::owner_id.eq(wish.owner.value())).first(connection).await.optional()?;
    let same_card: Option<i64> = standing()
        .filter(agencies::owner_id.ne(wish.owner.value()))
        .filter(agencies::card_hash.eq(&wish.card.fingerprint.0[..]))
        .first(connection)
        .await
        .optional()?;
    let facts = AgencyApplicationContext {
        is_owner_banned: owner.map(|banned_at| banned_at.is_some()),
        has_agency: own.is_some(),
        is_card_used: same_card.is_some(),
    };
    if let Err(refusal) = decide(&facts) {
        return Ok(Applied::Refused(refusal));
    }
    let row: Option<Row> = diesel::insert_into(agencies::table)
        .values((
            agencies::id.eq(wish.id.value()),
            agencies::owner_id.eq(wish.owner.value()),
            agencies::family_name.eq(wish.form.family_name.as_str()),
            agencies::region.eq(wish.form.region.as_str()),
            agencies::phone.eq(wish.form.phone.reveal()),
            agencies::status.eq("pending"),
            agencies::card_key.eq(wish.card.sealed.key.as_str()),
            agencies::card_sealed.eq(&wish.card.sealed.bytes),
            agencies::card_hash.eq(&wish.card.fingerprint.0[..]),
            agencies::card_masked.eq(wish.card.masked.to_string()),
            agencies::created_at.eq(at),
        ))
        .on_conflict(agencies::id)
        .do_nothing()
        .returning(COLUMNS)
        .get_result(connection)
        .await
        .optional()?;
    row.map_or(Ok(Applied::IdTaken), |row| agency(row).map(Applied::Stored))
}

async fn decide_on(
    connection: &mut AsyncPgConnection,
    id: AgencyId,
    decide: &AgencyReviewDecision,
) -> QueryResult<Result<AgencyDecisionPosting, AgencyDecisionRefusal>> {
    let row: Option<(String, DecisionRow)> = agencies::table
        .find(id.value())
        .select((agencies::status, (agencies::decided_by, agencies::decided_at, agencies::reason)))
        .for_no_key_update()
        .first(connection)
        .await
        .optional()?;
    let before = row.map(|(word, decision)| review(&word, decision)).transpose()?;
    let posting = match decide(&before) {
        Ok(posting) => posting,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (decided_by, decided_at, reason) = decision_row(&posting.review);
    diesel::update(agencies::table.find(posting.agency.value()))
        .set((
            agencies::status.eq(posting.review.word()),
            agencies::decided_by.eq(decided_by),
            agencies::decided_at.eq(decided_at),
            agencies::reason.eq(reason),
        ))
        .execute(connection)
        .await?;
    pg_audit_log::write(connection, &posting.audit).await?;
    Ok(Ok(posting))
}

#[async_trait]
impl Agencies for PgAgencies {
    async fn apply(
        &self,
        application: AgencyApplication,
        at: DateTime<Utc>,
        decide: AgencyApplicationDecision,
    ) -> Result<Agency, AgencyApplicationError> {
        let applied = self
            .database
            .atomically_once(async |connection: &mut AsyncPgConnection| {
                apply(connection, &application, at, &decide).await
            })
            .await?;
        match applied {
            Applied::Stored(agency) => Ok(agency),
            Applied::IdTaken => Err(AgencyApplicationError::IdTaken),
            Applied::Refused(refusal) => Err(refusal.into()),
        }
    }

    async fn decide(
        &self,
        order: AgencyDecisionOrder,
        decide: AgencyReviewDecision,
    ) -> Result<AgencyDecisionPosting, AgencyDecisionError> {
        let decided = self
            .database
            .atomically_once(async |connection: &mut AsyncPgConnection| {
                decide_on(connection, order.agency, &decide).await
            })
            .await?;
        decided.map_err(AgencyDecisionError::Refused)
    }

    async fn approved_of(&self, owner: UserId) -> Result<Option<Agency>, StoreError> {
        let mut connection = self.database.connection().await?;
        let row: Option<Row> = agencies::table
            .filter(agencies::owner_id.eq(owner.value()))
            .filter(agencies::status.eq(APPROVED))
            .select(COLUMNS)
            .first(&mut connection)
            .await
            .optional()
            .map_err(read_error)?;
        row.map(agency).transpose().map_err(read_error)
    }

    async fn list(&self, status: ReviewStatus, page: PageRequest) -> Result<Page<ListedAgency>, StoreError> {
        let mut connection = self.database.connection().await?;
        list(&mut connection, status, page).await.map_err(read_error)
    }

    async fn sealed_card(&self, agency: AgencyId) -> Result<Option<SealedCard>, StoreError> {
        let mut connection = self.database.connection().await?;
        let row: Option<(Option<String>, Option<Vec<u8>>)> = agencies::table
            .find(agency.value())
            .select((agencies::card_key, agencies::card_sealed))
            .first(&mut connection)
            .await
            .optional()
            .map_err(read_error)?;
        row.map_or(Ok(None), |(key, bytes)| sealed_card(key, bytes)).map_err(read_error)
    }
}
