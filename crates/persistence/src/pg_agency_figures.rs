//! The figures of agencies, read from the totals of memberships.

mod members;

use async_trait::async_trait;
use diesel::{
    OptionalExtension as _, QueryResult, QueryableByName, sql_query,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{AgencyFigures, HostFigures, HostOrder, LiveFigures, Member, Overview, OverviewSpans, TOP_HOSTS},
    id::{AgencyId, UserId},
    money::Diamonds,
    page::{Limit, Page, PageRequest},
    store::StoreError,
    time::{BusinessCalendar, Span},
    user::AvatarPath,
};

use crate::{
    error::{read_error, unreadable},
    pool::Database,
};

/// Reads figures from PostgreSQL.
pub struct PgAgencyFigures {
    database: Database,
    calendar: BusinessCalendar,
}

impl PgAgencyFigures {
    /// The figures of this database, by the days of this calendar.
    #[must_use]
    pub const fn new(database: Database, calendar: BusinessCalendar) -> Self {
        Self { database, calendar }
    }
}

const OVERVIEW: &str = "
SELECT (SELECT COUNT(*) FROM memberships WHERE agency_id = $1 AND ends_at IS NULL) AS members,
       (SELECT COUNT(*) FROM memberships m JOIN live_sessions s ON s.host_id = m.host_id AND s.end_time IS NULL
         WHERE m.agency_id = $1 AND m.ends_at IS NULL) AS live_now,
       COALESCE(SUM(income) FILTER (WHERE period = 'all'), 0)::bigint AS total,
       COALESCE(SUM(income) FILTER (WHERE period = 'daily'), 0)::bigint AS today,
       COALESCE(SUM(income) FILTER (WHERE period = 'weekly'), 0)::bigint AS this_week,
       COALESCE(SUM(income) FILTER (WHERE period = 'monthly' AND starts_at = $4), 0)::bigint AS this_month,
       COALESCE(SUM(income) FILTER (WHERE period = 'monthly' AND starts_at = $5), 0)::bigint AS last_month
  FROM membership_totals
 WHERE agency_id = $1
   AND (period, starts_at) IN (('all', 'epoch'::timestamptz), ('daily', $2), ('weekly', $3), ('monthly', $4), ('monthly', $5))";

#[derive(QueryableByName)]
struct OverviewRow {
    #[diesel(sql_type = BigInt)]
    members: i64,
    #[diesel(sql_type = BigInt)]
    live_now: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    today: i64,
    #[diesel(sql_type = BigInt)]
    this_week: i64,
    #[diesel(sql_type = BigInt)]
    this_month: i64,
    #[diesel(sql_type = BigInt)]
    last_month: i64,
}

impl OverviewRow {
    fn overview(self) -> QueryResult<Overview> {
        let diamonds = |sum| Diamonds::new(sum).map_err(unreadable);
        Ok(Overview {
            members: self.members,
            live_now: self.live_now,
            total: diamonds(self.total)?,
            today: diamonds(self.today)?,
            this_week: diamonds(self.this_week)?,
            this_month: diamonds(self.this_month)?,
            last_month: diamonds(self.last_month)?,
        })
    }
}

/// The hosts of an agency who belong to it now or did something for it in a span.
const HOSTS: &str = "
SELECT h.host_id, u.name, u.avatar_url, h.is_member, h.lives, h.viewers, h.live_seconds, h.income
  FROM (SELECT host_id, bool_or(is_member) AS is_member, SUM(lives)::bigint AS lives, SUM(viewers)::bigint AS viewers,
               SUM(live_seconds)::bigint AS live_seconds, SUM(income)::bigint AS income
          FROM (SELECT host_id, false AS is_member, lives, viewers, live_seconds, income FROM membership_totals
                 WHERE agency_id = $1 AND period = $2 AND starts_at = $3
                UNION ALL
                SELECT host_id, true, 0, 0, 0, 0 FROM memberships WHERE agency_id = $1 AND ends_at IS NULL) did
         GROUP BY host_id) h
  JOIN users u ON u.id = h.host_id";

#[derive(QueryableByName)]
struct HostRow {
    #[diesel(sql_type = BigInt)]
    host_id: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    avatar_url: Option<String>,
    #[diesel(sql_type = Bool)]
    is_member: bool,
    #[diesel(sql_type = BigInt)]
    lives: i64,
    #[diesel(sql_type = BigInt)]
    viewers: i64,
    #[diesel(sql_type = BigInt)]
    live_seconds: i64,
    #[diesel(sql_type = BigInt)]
    income: i64,
}

impl HostRow {
    fn figures(self) -> QueryResult<HostFigures> {
        Ok(HostFigures {
            host: UserId::new(self.host_id),
            name: self.name,
            avatar: self.avatar_url.map(AvatarPath::new),
            is_member: self.is_member,
            lives: self.lives,
            viewers: self.viewers,
            live_seconds: self.live_seconds,
            income: Diamonds::new(self.income).map_err(unreadable)?,
        })
    }
}

async fn hosts(
    connection: &mut AsyncPgConnection,
    (agency, span): (AgencyId, Span),
    order: HostOrder,
    limit: Limit,
) -> QueryResult<Vec<HostFigures>> {
    let order = match order {
        HostOrder::Income => "h.income",
        HostOrder::Lives => "h.lives",
    };
    let rows: Vec<HostRow> = sql_query(format!("{HOSTS} ORDER BY {order} DESC, h.host_id LIMIT $4"))
        .bind::<BigInt, _>(agency.value())
        .bind::<Text, _>(span.period.word())
        .bind::<Timestamptz, _>(span.starts_at())
        .bind::<BigInt, _>(i64::from(limit.items()))
        .load(connection)
        .await?;
    rows.into_iter().map(HostRow::figures).collect()
}

const LIVES: &str = "
SELECT COALESCE(SUM(lives), 0)::bigint AS lives, COALESCE(SUM(viewers), 0)::bigint AS viewers,
       COALESCE(SUM(live_seconds), 0)::bigint AS live_seconds,
       (SELECT COUNT(*) FROM memberships m JOIN live_sessions s ON s.host_id = m.host_id AND s.end_time IS NULL
         WHERE m.agency_id = $1 AND m.ends_at IS NULL) AS live_now
  FROM membership_totals WHERE agency_id = $1 AND period = $2 AND starts_at = $3";

#[derive(QueryableByName)]
struct LivesRow {
    #[diesel(sql_type = BigInt)]
    lives: i64,
    #[diesel(sql_type = BigInt)]
    viewers: i64,
    #[diesel(sql_type = BigInt)]
    live_seconds: i64,
    #[diesel(sql_type = BigInt)]
    live_now: i64,
}

async fn lives(connection: &mut AsyncPgConnection, agency: AgencyId, span: Span) -> QueryResult<LiveFigures> {
    let sums: Option<LivesRow> = sql_query(LIVES)
        .bind::<BigInt, _>(agency.value())
        .bind::<Text, _>(span.period.word())
        .bind::<Timestamptz, _>(span.starts_at())
        .get_result(connection)
        .await
        .optional()?;
    let LivesRow { lives, viewers, live_seconds, live_now } = sums.ok_or_else(|| unreadable("sums of nothing"))?;
    let mut top = hosts(connection, (agency, span), HostOrder::Lives, TOP_HOSTS).await?;
    top.retain(|host| host.lives > 0);
    Ok(LiveFigures { lives, live_now, viewers, live_seconds, top })
}

#[async_trait]
impl AgencyFigures for PgAgencyFigures {
    async fn overview(&self, agency: AgencyId, spans: OverviewSpans) -> Result<Overview, StoreError> {
        let mut connection = self.database.with_totals().await?;
        let row: OverviewRow = sql_query(OVERVIEW)
            .bind::<BigInt, _>(agency.value())
            .bind::<Timestamptz, _>(spans.today.starts_at())
            .bind::<Timestamptz, _>(spans.this_week.starts_at())
            .bind::<Timestamptz, _>(spans.this_month.starts_at())
            .bind::<Timestamptz, _>(spans.last_month.starts_at())
            .get_result(&mut connection)
            .await
            .map_err(read_error)?;
        row.overview().map_err(read_error)
    }

    async fn hosts(
        &self,
        agency: AgencyId,
        span: Span,
        order: HostOrder,
        limit: Limit,
    ) -> Result<Vec<HostFigures>, StoreError> {
        let mut connection = self.database.with_totals().await?;
        hosts(&mut connection, (agency, span), order, limit).await.map_err(read_error)
    }

    async fn lives(&self, agency: AgencyId, span: Span) -> Result<LiveFigures, StoreError> {
        let mut connection = self.database.with_totals().await?;
        lives(&mut connection, agency, span).await.map_err(read_error)
    }

    async fn members(&self, agency: AgencyId, span: Span, page: PageRequest) -> Result<Page<Member>, StoreError> {
        let mut connection = self.database.with_totals().await?;
        members::members(&mut connection, self.calendar, (agency, span), page).await.map_err(read_error)
    }
}
