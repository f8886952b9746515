//! What is known of a host while his row is locked.

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult, dsl::max};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{HostClock, HostFacts, OpenApplications},
    id::{AgencyId, UserId},
};

use crate::schema::{gifts, host_applications as applications, live_sessions as sessions, memberships, users};

/// Locks a host's row against everything about him but gifts; whether he is banned, `None` when there is no such user.
pub(super) async fn lock_host(connection: &mut AsyncPgConnection, host: UserId) -> QueryResult<Option<bool>> {
    let banned_at: Option<Option<DateTime<Utc>>> = users::table
        .find(host.value())
        .select(users::banned_at)
        .for_no_key_update()
        .first(connection)
        .await
        .optional()?;
    Ok(banned_at.map(|banned_at| banned_at.is_some()))
}

/// The same, also against gifts to him and ends of his sessions: whoever begins or ends a membership waits for those that
/// are under way, and those that come wait for him (docs/adr/0014-agency-figures.md).
pub(crate) async fn lock_for_membership(connection: &mut AsyncPgConnection, host: UserId) -> QueryResult<Option<bool>> {
    let banned_at: Option<Option<DateTime<Utc>>> =
        users::table.find(host.value()).select(users::banned_at).for_update().first(connection).await.optional()?;
    Ok(banned_at.map(|banned_at| banned_at.is_some()))
}

/// Whether a host belongs to an agency.
pub(super) async fn is_member(connection: &mut AsyncPgConnection, host: UserId) -> QueryResult<bool> {
    let open = memberships::table.filter(memberships::host_id.eq(host.value())).filter(memberships::ends_at.is_null());
    diesel::select(diesel::dsl::exists(open)).get_result(connection).await
}

/// What is known of a locked host who is to belong to `agency`.
pub(super) async fn host_facts(
    connection: &mut AsyncPgConnection,
    (host, is_banned): (UserId, bool),
    agency: AgencyId,
) -> QueryResult<HostFacts> {
    // At most one of each agency that has invited him, and one of his own.
    let rows: Vec<(i64, Option<i64>, String)> = applications::table
        .filter(applications::host_id.eq(host.value()))
        .filter(applications::status.eq_any(["invited", "pending"]))
        .select((applications::agency_id, applications::invited_by, applications::status))
        .load(connection)
        .await?;
    let any = |is_here: bool, is_invitation: bool, status: &str| {
        rows.iter().any(|(with, invited_by, word)| {
            (!is_here || *with == agency.value()) && invited_by.is_some() == is_invitation && word == status
        })
    };
    let open = OpenApplications {
        own: any(false, false, "pending"),
        invited_here: any(true, true, "invited"),
        accepted_here: any(true, true, "pending"),
        own_here: any(true, false, "pending"),
    };
    Ok(HostFacts { is_banned, is_member: is_member(connection, host).await?, open })
}

/// What was counted for a host who is [locked](lock_for_membership).
pub(crate) async fn what_was_counted(connection: &mut AsyncPgConnection, host: UserId) -> QueryResult<HostClock> {
    let last_gift: Option<DateTime<Utc>> = gifts::table
        .filter(gifts::receiver_id.eq(host.value()))
        .order((gifts::created_at.desc(), gifts::id.desc()))
        .select(gifts::created_at)
        .first(connection)
        .await
        .optional()?;
    let last_session: Option<DateTime<Utc>> = sessions::table
        .filter(sessions::host_id.eq(host.value()))
        .select(max(sessions::end_time))
        .get_result(connection)
        .await?;
    let last_left: Option<DateTime<Utc>> = memberships::table
        .filter(memberships::host_id.eq(host.value()))
        .select(max(memberships::ends_at))
        .get_result(connection)
        .await?;
    Ok(HostClock { last_counted: last_gift.max(last_session), last_left })
}
