//! The audit log.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{BoolExpressionMethods as _, ExpressionMethods as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    audit::{AuditEntry, AuditFacts, AuditLine, AuditLog},
    id::AuditId,
    page::{Cursor, Page, PageRequest},
    store::StoreError,
    wallet::Reason,
};
use serde_json::Value;

use crate::{
    error::{read_error, unreadable, write_error},
    pool::Database,
    reviews::{actor, actor_id},
    schema::audit_log,
};

/// Keeps the audit log on PostgreSQL.
pub struct PgAuditLog {
    database: Database,
}

impl PgAuditLog {
    /// The log of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

/// Writes a line in the transaction of what it tells of.
pub(crate) async fn write(connection: &mut AsyncPgConnection, entry: &AuditEntry) -> QueryResult<()> {
    let (subject_kind, subject_key) = entry.subject.parts();
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::actor_id.eq(actor_id(entry.actor)),
            audit_log::action.eq(entry.action.word()),
            audit_log::subject_kind.eq(subject_kind),
            audit_log::subject_key.eq(subject_key),
            audit_log::before.eq(pairs(&entry.before)),
            audit_log::after.eq(pairs(&entry.after)),
            audit_log::reason.eq(entry.reason.as_ref().map(Reason::as_str)),
            audit_log::created_at.eq(entry.at),
        ))
        .execute(connection)
        .await
        .map(drop)
}

/// Pairs and no object, which would forget their order.
fn pairs(facts: &AuditFacts) -> Value {
    facts.iter().map(|(name, value)| Value::from([name, value].map(str::to_owned).to_vec())).collect()
}

type Row = (i64, Option<i64>, String, (String, String), Value, Value, Option<String>, DateTime<Utc>);

fn line((id, actor_id, action, subject, before, after, reason, at): Row) -> QueryResult<AuditLine> {
    Ok(AuditLine {
        id: AuditId::new(id),
        actor: actor(actor_id),
        action,
        subject,
        before: serde_json::from_value(before).map_err(unreadable)?,
        after: serde_json::from_value(after).map_err(unreadable)?,
        reason,
        at,
    })
}

#[async_trait]
impl AuditLog for PgAuditLog {
    async fn append(&self, entry: AuditEntry) -> Result<(), StoreError> {
        let mut connection = self.database.connection().await?;
        write(&mut connection, &entry).await.map_err(write_error)
    }

    async fn lines(&self, page: PageRequest) -> Result<Page<AuditLine>, StoreError> {
        let mut connection = self.database.connection().await?;
        let mut rows = audit_log::table
            .order((audit_log::created_at.desc(), audit_log::id.desc()))
            .limit(i64::from(page.limit.items()).saturating_add(1))
            .select((
                audit_log::id,
                audit_log::actor_id,
                audit_log::action,
                (audit_log::subject_kind, audit_log::subject_key),
                audit_log::before,
                audit_log::after,
                audit_log::reason,
                audit_log::created_at,
            ))
            .into_boxed();
        if let Some(Cursor { created_at, id }) = page.after {
            rows = rows
                .filter(audit_log::created_at.le(created_at))
                .filter(audit_log::created_at.lt(created_at).or(audit_log::id.lt(id)));
        }
        let rows: Vec<Row> = rows.load(&mut connection).await.map_err(read_error)?;
        let items = rows.into_iter().map(line).collect::<QueryResult<_>>().map_err(read_error)?;
        let place = |line: &AuditLine| Cursor { created_at: line.at, id: line.id.value() };
        Ok(Page::from_surplus(items, page.limit, place))
    }
}
