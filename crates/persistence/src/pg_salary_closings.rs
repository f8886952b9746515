//! Closing weeks: what a host did in one is frozen, stated and asked for once, whoever closes.

mod inputs;

use async_trait::async_trait;
use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult,
    dsl::{exists, max, min},
    sql_query,
    sql_types::{BigInt, Date, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    id::{AgencyId, SalaryRequestId, UserId},
    money::Diamonds,
    page::Limit,
    salary::{
        CloseError, CloseOrder, Closed, ClosingProgress, InvalidInputs, RawWeek, Statement, StatementDecision,
        WeekClosings,
    },
    store::StoreError,
    time::{BusinessCalendar, BusinessDay, BusinessWeek, DAYS_OF_WEEK},
};

pub(crate) use self::inputs::thaw;
use self::inputs::{KeptWeek, load, raw_week};
use crate::{
    error::{contradictory, read_error},
    pg_totals,
    pool::Database,
    schema::{memberships, salary_requests as requests, salary_statements as statements, salary_weeks as weeks, users},
};

/// Closes weeks on PostgreSQL.
pub struct PgWeekClosings {
    database: Database,
    calendar: BusinessCalendar,
}

impl PgWeekClosings {
    /// The weeks of this database, which begin and end in this calendar.
    #[must_use]
    pub const fn new(database: Database, calendar: BusinessCalendar) -> Self {
        Self { database, calendar }
    }
}

/// So often gifts of the week are rolled up before a closing gives up.
const CATCH_UPS_MAX: u32 = 5;

/// Hosts with a membership within `$2` and `$3` and without a statement of the week `$1`, from behind `$4` on.
const OPEN_HOSTS: &str = "
SELECT DISTINCT m.host_id FROM memberships m
 WHERE m.host_id > $4 AND m.starts_at < $3 AND (m.ends_at IS NULL OR (m.ends_at > $2 AND m.ends_at > m.starts_at))
   AND NOT EXISTS (SELECT FROM salary_statements s WHERE s.host_id = m.host_id AND s.monday = $1)
 ORDER BY m.host_id LIMIT $5";

#[derive(diesel::QueryableByName)]
struct OpenHost {
    #[diesel(sql_type = BigInt)]
    host_id: i64,
}

async fn open_hosts(
    connection: &mut AsyncPgConnection,
    week: BusinessWeek,
    days: &[BusinessDay; DAYS_OF_WEEK],
    after: Option<UserId>,
    limit: i64,
) -> QueryResult<Vec<UserId>> {
    let [BusinessDay { start, .. }, .., BusinessDay { end, .. }] = days;
    let hosts: Vec<OpenHost> = sql_query(OPEN_HOSTS)
        .bind::<Date, _>(week.monday())
        .bind::<Timestamptz, _>(start)
        .bind::<Timestamptz, _>(end)
        .bind::<BigInt, _>(after.map_or(0, UserId::value))
        .bind::<BigInt, _>(limit)
        .load(connection)
        .await?;
    Ok(hosts.into_iter().map(|OpenHost { host_id }| UserId::new(host_id)).collect())
}

/// Closes a week, unless gifts of it are still to be rolled up.
async fn close(
    connection: &mut AsyncPgConnection,
    order: &CloseOrder,
    at: DateTime<Utc>,
    decide: &StatementDecision,
) -> QueryResult<Option<Result<Closed, InvalidInputs>>> {
    // UPDATE and no weaker lock: it waits for gifts to him and ends of his sessions that are under way, so that what was
    // stamped within the week is seen below, however slow its transaction was; and for another server that closes it.
    users::table.find(order.host.value()).select(users::id).for_update().first::<i64>(connection).await?;
    let closed: Option<i64> = statements::table
        .find((order.host.value(), order.week.monday()))
        .select(statements::host_id)
        .first(connection)
        .await
        .optional()?;
    if closed.is_some() {
        return Ok(Some(Ok(Closed::Before)));
    }
    let [.., BusinessDay { end, .. }] = order.days;
    if pg_totals::are_pending_before(connection, end).await? {
        return Ok(None);
    }
    let kept = load(connection, order).await?;
    match decide(&raw_week(order.host, order.week, &kept)?) {
        Ok(statement) => store(connection, &statement, &kept, at).await.map(|closed| Some(Ok(closed))),
        Err(invalid) => Ok(Some(Err(invalid))),
    }
}

/// Stores what was given to the decision and what it made of it.
async fn store(
    connection: &mut AsyncPgConnection,
    statement: &Statement,
    kept: &KeptWeek,
    at: DateTime<Utc>,
) -> QueryResult<Closed> {
    let (host, monday, claim) = (statement.host.value(), statement.week.monday(), statement.claim());
    let policy = Some(i32::try_from(statement.policy).map_err(contradictory)?).filter(|number| *number > 0);
    let lives = i32::try_from(statement.valid_sessions()).map_err(contradictory)?;
    diesel::insert_into(statements::table)
        .values((
            statements::host_id.eq(host),
            statements::monday.eq(monday),
            statements::policy_number.eq(policy),
            statements::agency_id.eq(statement.payee.map(AgencyId::value)),
            statements::gift_diamonds.eq(statement.figures.gift_diamonds.value()),
            statements::salary_amount.eq(claim.map_or(Diamonds::ZERO, |claim| claim.salary).value()),
            statements::total_lives.eq(lives),
            statements::inputs.eq(serde_json::to_value(kept).map_err(contradictory)?),
            statements::statement.eq(statement.to_string()),
            statements::closed_at.eq(at),
        ))
        .execute(connection)
        .await?;
    let Some(claim) = claim else { return Ok(Closed::WithoutSalary) };
    let id: i64 = diesel::insert_into(requests::table)
        .values((
            requests::host_id.eq(claim.host.value()),
            requests::monday.eq(claim.week.monday()),
            requests::agency_id.eq(claim.agency.value()),
            requests::salary_amount.eq(claim.salary.value()),
            requests::total_lives.eq(i32::try_from(claim.valid_sessions).map_err(contradictory)?),
            requests::status.eq("pending"),
            requests::created_at.eq(at),
        ))
        .returning(requests::id)
        .get_result(connection)
        .await?;
    Ok(Closed::WithSalary(SalaryRequestId::new(id)))
}

async fn finish(
    connection: &mut AsyncPgConnection,
    week: BusinessWeek,
    days: &[BusinessDay; DAYS_OF_WEEK],
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let last: Option<NaiveDate> = weeks::table.select(max(weeks::monday)).first(connection).await?;
    if last.is_some_and(|last| week.monday() <= last) {
        return Ok(());
    }
    if let Some(host) = open_hosts(connection, week, days, None, 1).await?.into_iter().next() {
        return Err(contradictory(format!("week {week} is to be marked, and host {host} has no statement of it")));
    }
    // The foreign key forbids that a week is left out.
    let follows = last.and_then(|_| week.monday().checked_sub_days(Days::new(7)));
    diesel::insert_into(weeks::table)
        .values((weeks::monday.eq(week.monday()), weeks::follows.eq(follows), weeks::closed_at.eq(at)))
        // Two servers that mark it at once may meet at either of its keys.
        .on_conflict_do_nothing()
        .execute(connection)
        .await?;
    let is_marked = diesel::select(exists(weeks::table.find(week.monday()))).get_result(connection).await?;
    if is_marked { Ok(()) } else { Err(contradictory(format!("another week than {week} was marked"))) }
}

#[async_trait]
impl WeekClosings for PgWeekClosings {
    async fn progress(&self) -> Result<ClosingProgress, StoreError> {
        let mut connection = self.database.connection().await?;
        let last: Option<NaiveDate> =
            weeks::table.select(max(weeks::monday)).first(&mut connection).await.map_err(read_error)?;
        let first_membership =
            memberships::table.select(min(memberships::starts_at)).first(&mut connection).await.map_err(read_error)?;
        Ok(ClosingProgress { last_closed: last.map(BusinessWeek::of), first_membership })
    }

    async fn open_hosts(
        &self,
        week: BusinessWeek,
        days: [BusinessDay; DAYS_OF_WEEK],
        after: Option<UserId>,
        limit: Limit,
    ) -> Result<Vec<UserId>, StoreError> {
        let mut connection = self.database.connection().await?;
        open_hosts(&mut connection, week, &days, after, limit.items().into()).await.map_err(read_error)
    }

    async fn close(
        &self,
        order: CloseOrder,
        at: DateTime<Utc>,
        decide: StatementDecision,
    ) -> Result<Closed, CloseError> {
        // A week is closed after its end, so that after the first time only gifts are pending that were waited for.
        for _ in 0..CATCH_UPS_MAX {
            self.database.catch_up().await?;
            let outcome = self
                .database
                .atomically(async |connection: &mut AsyncPgConnection| close(connection, &order, at, &decide).await)
                .await?;
            if let Some(closed) = outcome {
                return Ok(closed?);
            }
        }
        Err(StoreError::Unavailable("gifts of the week wait to be rolled up".into()).into())
    }

    async fn finish(&self, week: BusinessWeek, at: DateTime<Utc>) -> Result<(), StoreError> {
        let days = self.calendar.days_of(week);
        self.database
            .atomically(async |connection: &mut AsyncPgConnection| finish(connection, week, &days, at).await)
            .await
    }

    async fn frozen(
        &self,
        week: BusinessWeek,
        after: Option<UserId>,
        limit: Limit,
    ) -> Result<Vec<RawWeek>, StoreError> {
        let mut connection = self.database.connection().await?;
        let rows: Vec<(i64, serde_json::Value)> = statements::table
            .filter(statements::monday.eq(week.monday()))
            .filter(statements::host_id.gt(after.map_or(0, UserId::value)))
            .order(statements::host_id)
            .limit(limit.items().into())
            .select((statements::host_id, statements::inputs))
            .load(&mut connection)
            .await
            .map_err(read_error)?;
        let frozen = |(host, kept)| thaw(UserId::new(host), week, kept).map_err(read_error);
        rows.into_iter().map(frozen).collect()
    }
}
