//! Applications of hosts and invitations. Whoever changes one holds the host's row in `users`, so that nothing about one
//! host happens at once; then the agency's.

mod beginning;
mod facts;
mod listing;
mod reviewing;
mod rows;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    agency::{
        AnswerContext, AnswerDecision, AnswerError, AnswerOrder, AnswerRefusal, ApplicationFilter, CardBinding,
        HostApplication, HostApplications, HostApplyDecision, HostApplyError, HostApplyOrder, HostReviewDecision,
        HostReviewError, HostReviewOrder, HostReviewPosting, InviteDecision, InviteError, InviteOrder,
        ListedApplication, SealedCard,
    },
    id::{AgencyId, HostApplicationId, UserId},
    page::{Page, PageRequest},
    store::StoreError,
};

pub(crate) use self::facts::{lock_for_membership, what_was_counted};
use crate::{error::read_error, pool::Database, reviews::sealed_card, schema::host_applications as applications};

/// Keeps applications of hosts on PostgreSQL.
pub struct PgHostApplications {
    database: Database,
}

impl PgHostApplications {
    /// The applications of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

async fn answer(
    connection: &mut AsyncPgConnection,
    order: AnswerOrder,
    decide: &AnswerDecision,
) -> QueryResult<Result<HostApplication, AnswerRefusal>> {
    facts::lock_host(connection, order.user).await?;
    let application = rows::find(connection, order.application).await?;
    let is_member = facts::is_member(connection, order.user).await?;
    let context = AnswerContext { application, is_member };
    let state = match decide(&context) {
        Ok(state) => state,
        Err(refusal) => return Ok(Err(refusal)),
    };
    rows::set_state(connection, order.application, state).await.map(Ok)
}

#[async_trait]
impl HostApplications for PgHostApplications {
    async fn apply(
        &self,
        order: HostApplyOrder,
        at: DateTime<Utc>,
        decide: HostApplyDecision,
    ) -> Result<HostApplication, HostApplyError> {
        let applied = self
            .database
            .atomically_once(async |connection: &mut AsyncPgConnection| {
                beginning::apply(connection, &order, at, &decide).await
            })
            .await?;
        applied.map_err(HostApplyError::Refused)
    }

    async fn invite(
        &self,
        order: InviteOrder,
        at: DateTime<Utc>,
        decide: InviteDecision,
    ) -> Result<HostApplication, InviteError> {
        let invited = self
            .database
            .atomically_once(async |connection: &mut AsyncPgConnection| {
                beginning::invite(connection, order, at, &decide).await
            })
            .await?;
        invited.map_err(InviteError::Refused)
    }

    async fn answer(&self, order: AnswerOrder, decide: AnswerDecision) -> Result<HostApplication, AnswerError> {
        let answered = self
            .database
            .atomically_once(async |connection: &mut AsyncPgConnection| answer(connection, order, &decide).await)
            .await?;
        answered.map_err(AnswerError::Refused)
    }

    async fn review(
        &self,
        order: HostReviewOrder,
        decide: HostReviewDecision,
    ) -> Result<HostReviewPosting, HostReviewError> {
        let reviewed = self
            .database
            .atomically_once(async |connection: &mut AsyncPgConnection| {
                reviewing::review(connection, &order, &decide).await
            })
            .await?;
        reviewed.map_err(HostReviewError::Refused)
    }

    async fn list(&self, filter: ApplicationFilter, page: PageRequest) -> Result<Page<ListedApplication>, StoreError> {
        let mut connection = self.database.connection().await?;
        listing::list(&mut connection, filter, page).await.map_err(read_error)
    }

    async fn sealed_card(
        &self,
        application: HostApplicationId,
    ) -> Result<Option<(SealedCard, CardBinding)>, StoreError> {
        let mut connection = self.database.connection().await?;
        let row: Option<CardRow> = applications::table
            .find(application.value())
            .select((
                (applications::card_key, applications::card_sealed),
                applications::host_id,
                applications::agency_id,
                applications::created_at,
            ))
            .first(&mut connection)
            .await
            .optional()
            .map_err(read_error)?;
        let Some(((key, bytes), host, agency, at)) = row else { return Ok(None) };
        let row = CardBinding::HostApplication { host: UserId::new(host), agency: AgencyId::new(agency), at };
        Ok(sealed_card(key, bytes).map_err(read_error)?.map(|sealed| (sealed, row)))
    }
}

type CardRow = ((Option<String>, Option<Vec<u8>>), i64, i64, DateTime<Utc>);
