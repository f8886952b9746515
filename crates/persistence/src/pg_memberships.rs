//! Memberships: who belongs to which agency, and since when.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, OptionalExtension as _, QueryDsl as _,
    QueryResult,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{
        EndContext, EndDecision, EndError, EndOrder, EndRefusal, HostClock, ListedHost, Membership, Memberships,
        OwnerFacts,
    },
    id::{AgencyId, MembershipId, UserId},
    page::{Cursor, Page, PageRequest},
    store::StoreError,
};

use crate::{
    error::{read_error, unreadable},
    pg_agencies::{owner_facts, owns},
    pg_hosts::{lock_for_membership, what_was_counted},
    pool::Database,
    schema::{agencies, memberships, users},
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
        // Whose membership it is, and in which agency, never changes.
        EndOrder::Remove { owner, membership, .. } => match find(connection, membership).await? {
            Some(found) if owns(connection, owner, found.agency().value()).await? => Some(found.host()),
            _ => None,
        },
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
        EndOrder::Remove { membership, .. } => match host {
            Some(_) => find(connection, membership).await?,
            None => None,
        },
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

async fn hosts(connection: &mut AsyncPgConnection, page: PageRequest) -> QueryResult<Page<ListedHost>> {
    let mut rows = memberships::table
        .inner_join(users::table.on(users::id.eq(memberships::host_id)))
        .inner_join(agencies::table.on(agencies::id.eq(memberships::agency_id)))
        .filter(memberships::ends_at.is_null())
        .order((memberships::starts_at.desc(), memberships::id.desc()))
        .limit(i64::from(page.limit.items()).saturating_add(1))
        .select((COLUMNS, users::name, users::banned_at.is_not_null(), agencies::family_name))
        .into_boxed();
    if let Some(Cursor { created_at, id }) = page.after {
        rows = rows
            .filter(memberships::starts_at.le(created_at))
            .filter(memberships::starts_at.lt(created_at).or(memberships::id.lt(id)));
    }
    let rows: Vec<(Row, String, bool, String)> = rows.load(connection).await?;
    let listed = |(row, name, is_banned, family_name)| {
        Ok(ListedHost { membership: membership(row)?, name, is_banned, family_name })
    };
    let items = rows.into_iter().map(listed).collect::<QueryResult<_>>()?;
    let place = |host: &ListedHost| Cursor { created_at: host.membership.from(), id: host.membership.id().value() };
    Ok(Page::from_surplus(items, page.limit, place))
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

    async fn hosts(&self, page: PageRequest) -> Result<Page<ListedHost>, StoreError> {
        let mut connection = self.database.connection().await?;
        hosts(&mut connection, page).await.map_err(read_error)
    }
}
