//! The members of an agency, with what they did.

use chrono::{DateTime, Utc};
use diesel::{
    QueryResult, QueryableByName, sql_query,
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::Member,
    id::{AgencyId, MembershipId, UserId},
    money::Diamonds,
    page::{Cursor, Page, PageRequest},
    time::{BusinessCalendar, Span},
    user::AvatarPath,
};

use crate::{error::unreadable, pg_salary_policies};

/// Members of `$1`; income of the span `$2` from `$3` on, days up to `$4` with at least `$6` minutes, from the instants `$5` on;
/// from `$7`, `$8` on. Of instants that are the same, the last one has the say.
const MEMBERS: &str = "
SELECT m.id AS membership_id, m.host_id, u.name, u.avatar_url, m.starts_at,
       COALESCE((SELECT t.income FROM membership_totals t
                  WHERE t.membership_id = m.id AND t.period = $2 AND t.starts_at = $3), 0) AS income,
       (SELECT COUNT(*) FROM membership_totals t
         WHERE t.membership_id = m.id AND t.period = 'daily' AND t.starts_at >= $3
           AND ($4::timestamptz IS NULL OR t.starts_at < $4)
           AND t.valid_micros >= ($6::bigint[])[width_bucket(t.starts_at, $5::timestamptz[])] * 60000000) AS active_days
  FROM memberships m JOIN users u ON u.id = m.host_id
 WHERE m.agency_id = $1 AND m.ends_at IS NULL AND ($7::timestamptz IS NULL OR (m.starts_at, m.id) < ($7, $8))
 ORDER BY m.starts_at DESC, m.id DESC LIMIT $9";

#[derive(QueryableByName)]
struct MemberRow {
    #[diesel(sql_type = BigInt)]
    membership_id: i64,
    #[diesel(sql_type = BigInt)]
    host_id: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    avatar_url: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    starts_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    income: i64,
    #[diesel(sql_type = BigInt)]
    active_days: i64,
}

impl MemberRow {
    fn member(self) -> QueryResult<Member> {
        Ok(Member {
            membership: MembershipId::new(self.membership_id),
            host: UserId::new(self.host_id),
            name: self.name,
            avatar: self.avatar_url.map(AvatarPath::new),
            from: self.starts_at,
            income: Diamonds::new(self.income).map_err(unreadable)?,
            active_days: self.active_days,
        })
    }
}

/// The members of an agency, who joined last first.
pub(super) async fn members(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    (agency, span): (AgencyId, Span),
    page: PageRequest,
) -> QueryResult<Page<Member>> {
    let steps = pg_salary_policies::history(connection).await?.day_minutes(calendar);
    let rows: Vec<MemberRow> = sql_query(MEMBERS)
        .bind::<BigInt, _>(agency.value())
        .bind::<Text, _>(span.period.word())
        .bind::<Timestamptz, _>(span.starts_at())
        .bind::<Nullable<Timestamptz>, _>(span.window.end)
        .bind::<Array<Timestamptz>, _>(steps.iter().map(|(from, _)| *from).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(steps.iter().map(|(_, minutes)| i64::from(*minutes)).collect::<Vec<_>>())
        .bind::<Nullable<Timestamptz>, _>(page.after.map(|after| after.created_at))
        .bind::<BigInt, _>(page.after.map_or(0, |after| after.id))
        .bind::<BigInt, _>(i64::from(page.limit.items()).saturating_add(1))
        .load(connection)
        .await?;
    let items = rows.into_iter().map(MemberRow::member).collect::<QueryResult<_>>()?;
    let place = |member: &Member| Cursor { created_at: member.from, id: member.membership.value() };
    Ok(Page::from_surplus(items, page.limit, place))
}
