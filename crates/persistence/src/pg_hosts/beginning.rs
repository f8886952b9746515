//! A user applies, or an owner invites.

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult,
    upsert::on_constraint,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{
        AgencyStanding, HostApplication, HostApplyContext, HostApplyDecision, HostApplyOrder, HostApplyRefusal,
        HostFacts, InviteContext, InviteDecision, InviteOrder, InviteRefusal, Withdrawal,
    },
    id::{AgencyId, UserId},
};

use super::{
    facts::{host_facts, lock_host},
    rows::{COLUMNS, Row, application},
};
use crate::{
    error::unreadable,
    pg_agencies::{owner_facts, owns},
    schema::{agencies, host_applications as applications},
};

/// The rule that a card is one host's.
const ONE_HOST_PER_CARD: &str = "host_applications_one_host_per_card";

async fn locked_facts(
    connection: &mut AsyncPgConnection,
    host: UserId,
    agency: AgencyId,
) -> QueryResult<Option<HostFacts>> {
    match lock_host(connection, host).await? {
        Some(is_banned) => host_facts(connection, (host, is_banned), agency).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn apply(
    connection: &mut AsyncPgConnection,
    order: &HostApplyOrder,
    at: DateTime<Utc>,
    decide: &HostApplyDecision,
) -> QueryResult<Result<HostApplication, HostApplyRefusal>> {
    let host = locked_facts(connection, order.host, order.agency).await?;
    let agency: Option<(i64, String)> = agencies::table
        .find(order.agency.value())
        .select((agencies::owner_id, agencies::status))
        .for_share()
        .first(connection)
        .await
        .optional()?;
    let same_card: Option<i64> = applications::table
        .filter(applications::card_hash.eq(&order.card.fingerprint.0[..]))
        .filter(applications::status.eq_any(["pending", "approved"]))
        .filter(applications::host_id.ne(order.host.value()))
        .select(applications::id)
        .first(connection)
        .await
        .optional()?;
    let standing = |(owner, status): (i64, String)| AgencyStanding {
        owner: UserId::new(owner),
        is_approved: status == "approved",
    };
    let facts = HostApplyContext { host, agency: agency.map(standing), is_card_used: same_card.is_some() };
    if let Err(refusal) = decide(&facts) {
        return Ok(Err(refusal));
    }
    // Of two who bring one card at this moment, one waits here for what the other comes to.
    let row: Option<Row> = diesel::insert_into(applications::table)
        .values((
            applications::host_id.eq(order.host.value()),
            applications::agency_id.eq(order.agency.value()),
            applications::name.eq(order.form.name.as_str()),
            applications::gender.eq(order.form.gender.word()),
            applications::status.eq("pending"),
            applications::card_key.eq(order.card.sealed.key.as_str()),
            applications::card_sealed.eq(&order.card.sealed.bytes),
            applications::card_hash.eq(&order.card.fingerprint.0[..]),
            applications::card_masked.eq(order.card.masked.to_string()),
            applications::created_at.eq(at),
        ))
        .on_conflict(on_constraint(ONE_HOST_PER_CARD))
        .do_nothing()
        .returning(COLUMNS)
        .get_result(connection)
        .await
        .optional()?;
    row.map_or(Ok(Err(HostApplyRefusal::CardUsed)), |row| application(row).map(Ok))
}

/// How often the user has said no to an invitation of the agency.
async fn declined(connection: &mut AsyncPgConnection, order: InviteOrder) -> QueryResult<u32> {
    let said_no = applications::status.eq("declined").or(applications::withdrawal.eq(Withdrawal::ByHost.word()));
    let count: i64 = applications::table
        .filter(applications::host_id.eq(order.host.value()))
        .filter(applications::agency_id.eq(order.agency.value()))
        .filter(applications::invited_by.is_not_null())
        .filter(said_no)
        .count()
        .get_result(connection)
        .await?;
    u32::try_from(count).map_err(unreadable)
}

pub(super) async fn invite(
    connection: &mut AsyncPgConnection,
    order: InviteOrder,
    at: DateTime<Utc>,
    decide: &InviteDecision,
) -> QueryResult<Result<HostApplication, InviteRefusal>> {
    let host = if owns(connection, order.owner, order.agency.value()).await? {
        locked_facts(connection, order.host, order.agency).await?
    } else {
        None
    };
    // Stronger than for a look at it: two invitations at once would count each other's as none.
    agencies::table
        .filter(agencies::owner_id.eq(order.owner.value()))
        .filter(agencies::status.eq("approved"))
        .select(agencies::id)
        .for_no_key_update()
        .first::<i64>(connection)
        .await
        .optional()?;
    let caller = owner_facts(connection, order.owner).await?;
    let open: i64 = applications::table
        .filter(applications::agency_id.eq(order.agency.value()))
        .filter(applications::status.eq("invited"))
        .count()
        .get_result(connection)
        .await?;
    let declined = declined(connection, order).await?;
    let facts = InviteContext { caller, host, declined, open_invitations: u32::try_from(open).map_err(unreadable)? };
    if let Err(refusal) = decide(&facts) {
        return Ok(Err(refusal));
    }
    let row: Row = diesel::insert_into(applications::table)
        .values((
            applications::host_id.eq(order.host.value()),
            applications::agency_id.eq(order.agency.value()),
            applications::invited_by.eq(order.owner.value()),
            applications::status.eq("invited"),
            applications::created_at.eq(at),
        ))
        .returning(COLUMNS)
        .get_result(connection)
        .await?;
    application(row).map(Ok)
}
