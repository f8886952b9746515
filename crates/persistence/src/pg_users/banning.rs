//! Bans, with their lines of the audit log.

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::user::BanOrder;

use crate::{pg_audit_log, schema::users};

/// Bans a user or lifts his ban; whether there is such a user.
pub(super) async fn set_ban(
    connection: &mut AsyncPgConnection,
    order: &BanOrder,
    at: DateTime<Utc>,
) -> QueryResult<bool> {
    let user = users::table.find(order.user.value());
    let before: Option<Option<DateTime<Utc>>> =
        user.select(users::banned_at).for_no_key_update().first(connection).await.optional()?;
    let Some(banned_at) = before else { return Ok(false) };
    let raised = if order.is_banned { 1 } else { 0 };
    diesel::update(user)
        .set((
            users::banned_at.eq(order.is_banned.then(|| banned_at.unwrap_or(at))),
            users::token_epoch.eq(users::token_epoch + raised),
            users::updated_at.eq(at),
        ))
        .execute(connection)
        .await?;
    pg_audit_log::write(connection, &order.entry(banned_at.is_some(), at)).await?;
    Ok(true)
}
