//! The owner's decision, and the membership that begins with it.

use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{
        Decider, HostApplicationState, HostClock, HostReviewContext, HostReviewDecision, HostReviewOrder,
        HostReviewPosting, HostReviewRefusal, NewMembership, OwnerFacts,
    },
    id::UserId,
};

use super::{
    facts::{host_facts, lock_for_membership, what_was_counted},
    rows,
};
use crate::{
    error::{contradictory, unreadable},
    pg_agencies::{owner_facts, owns},
    pg_audit_log,
    schema::{agencies, host_applications as applications, memberships},
};

pub(super) async fn review(
    connection: &mut AsyncPgConnection,
    order: &HostReviewOrder,
    decide: &HostReviewDecision,
) -> QueryResult<Result<HostReviewPosting, HostReviewRefusal>> {
    let facts = load(connection, order).await?;
    let posting = match decide(&facts) {
        Ok(posting) => posting,
        Err(refusal) => return Ok(Err(refusal)),
    };
    rows::set_state(connection, posting.application, posting.state.clone()).await?;
    if let Some(membership) = &posting.membership {
        begin(connection, membership, &posting).await?;
    }
    if let Some(entry) = &posting.audit {
        pg_audit_log::write(connection, entry).await?;
    }
    Ok(Ok(posting))
}

async fn load(connection: &mut AsyncPgConnection, order: &HostReviewOrder) -> QueryResult<HostReviewContext> {
    // Whose application it is, and to which agency, never changes, so it may be read before his row is locked.
    let named: Option<(i64, i64)> = applications::table
        .find(order.application.value())
        .select((applications::host_id, applications::agency_id))
        .first(connection)
        .await
        .optional()?;
    let host = match (order.by, named) {
        (Decider::Owner { user, .. }, Some((_, agency))) if !owns(connection, user, agency).await? => None,
        (_, named) => named.map(|(host, _)| UserId::new(host)),
    };
    let is_banned = match host {
        Some(host) => lock_for_membership(connection, host).await?,
        None => None,
    };
    let caller = match order.by {
        Decider::Owner { user, .. } => owner_facts(connection, user).await?,
        Decider::Admin(_) => OwnerFacts { is_banned: false, agency: None },
    };
    let nothing = HostReviewContext {
        caller,
        application: None,
        host: None,
        agency_owner: None,
        memberships: 0,
        clock: HostClock::default(),
    };
    let Some((host, is_banned)) = host.zip(is_banned) else { return Ok(nothing) };
    let Some(application) = rows::find(connection, order.application).await? else { return Ok(nothing) };
    let agency_owner: i64 = agencies::table
        .find(application.agency().value())
        .select(agencies::owner_id)
        .for_share()
        .first(connection)
        .await?;
    let count: i64 =
        memberships::table.filter(memberships::host_id.eq(host.value())).count().get_result(connection).await?;
    Ok(HostReviewContext {
        host: Some(host_facts(connection, (host, is_banned), application.agency()).await?),
        agency_owner: Some(UserId::new(agency_owner)),
        memberships: usize::try_from(count).map_err(unreadable)?,
        clock: what_was_counted(connection, host).await?,
        application: Some(application),
        ..nothing
    })
}

async fn begin(
    connection: &mut AsyncPgConnection,
    membership: &NewMembership,
    posting: &HostReviewPosting,
) -> QueryResult<()> {
    let HostApplicationState::Submitted(review) = &posting.state else {
        return Err(contradictory("a membership begins without an approval"));
    };
    let decided = review.decided().ok_or_else(|| contradictory("a membership begins without a decision"))?;
    rows::withdraw_others(connection, membership.host, posting.application, decided.at).await?;
    diesel::insert_into(memberships::table)
        .values((
            memberships::host_id.eq(membership.host.value()),
            memberships::agency_id.eq(membership.agency.value()),
            memberships::application_id.eq(posting.application.value()),
            memberships::starts_at.eq(membership.from),
        ))
        .execute(connection)
        .await
        .map(drop)
}
