//! Memberships: who belongs to which agency, and since when.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{EndContext, EndDecision, EndError, EndOrder, EndRefusal, HostClock, Membership, Memberships, OwnerFacts},
    id::{AgencyId, MembershipId, UserId},
    store::StoreError,
};

use crate::{
    error::{read_error, unreadable},
    pg_agencies::owner_facts,
    pg_hosts::{lock_for_membership, what_was_counted},
    pool::Database,
    schema::memberships,
};

/// Keeps memberships on PostgreSQL.
pub struct PgMemberships {
    database: Database,
}

impl PgMemberships {
    /// The memberships of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

/// The columns of a membership, as [`membership`] reads them.
pub(crate) const COLUMNS: Columns =
    (memberships::id, memberships::host_id, memberships::agency_id, memberships::starts_at, memberships::ends_at);

type Columns =
    (memberships::id, memberships::host_id, memberships::agency_id, memberships::starts_at, memberships::ends_at);

pub(crate) type Row = (i64, i64, i64, DateTime<Utc>, Option<DateTime<Utc>>);

pub(crate) fn membership((id, host, agency, from, until): Row) -> QueryResult<Membership> {
    Membership::new(MembershipId::new(id), UserId::new(host), AgencyId::new(agency), from, until).map_err(unreadable)
}

async fn current(connection: &mut AsyncPgConnection, host: UserId) -> QueryResult<Option<Membership>> {
    let row: Option<Row> = memberships::table
        .filter(memberships::host_id.eq(host.value()))
        .filter(memberships::ends_at.is_null())
        .select(COLUMNS)
        .first(connection)
        .await
        .optional()?;
    row.map(membership).transpose()
}

async fn find(connection: &mut AsyncPgConnection, id: MembershipId) -> QueryResult<Option<Membership>> {
    let row: Option<Row> = memberships::table.find(id.value()).select(COLUMNS).first(connection).await.optional()?;
    row.map(membership).transpose()
}

async fn end(
    connection: &mut AsyncPgConnection,
    order: EndOrder,
    decide: &EndDecision,
) -> QueryResult<Result<Membership, EndRefusal>> {
    let host = match order {
        EndOrder::Leave { host } => Some(host),
        // Whose membership it is never changes.
        EndOrder::Remove { membership, .. } => find(connection, membership).await?.map(|found| found.host()),
    };
    let clock = match host {
        Some(host) => {
            lock_for_membership(connection, host).await?;
            what_was_counted(connection, host).await?
        }
        None => HostClock::default(),
    };
    let caller = match order {
        EndOrder::Leave { .. } => OwnerFacts { is_banned: false, agency: None },
        EndOrder::Remove { owner, .. } => owner_facts(connection, owner).await?,
    };
    let membership = match order {
        EndOrder::Leave { host } => current(connection, host).await?,
        EndOrder::Remove { membership, .. } => find(connection, membership).await?,
    };
    let ended = match decide(&EndContext { caller, membership, clock }) {
        Ok(ended) => ended,
        Err(refusal) => return Ok(Err(refusal)),
    };
    diesel::update(memberships::table.find(ended.id().value()))
        .set(memberships::ends_at.eq(ended.until()))
        .execute(connection)
        .await?;
    Ok(Ok(ended))
}

#[async_trait]
impl Memberships for PgMemberships {
    async fn end(&self, order: EndOrder, decide: EndDecision) -> Result<Membership, EndError> {
        let ended = self
            .database
            .atomically_once(async |connection: &mut AsyncPgConnection| end(connection, order, &decide).await)
            .await?;
        ended.map_err(EndError::Refused)
    }

    async fn current_of(&self, host: UserId) -> Result<Option<Membership>, StoreError> {
        let mut connection = self.database.connection().await?;
        current(&mut connection, host).await.map_err(read_error)
    }
}
