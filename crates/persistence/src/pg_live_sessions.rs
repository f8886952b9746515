//! Live sessions. Whoever changes one holds its row, which is locked after the host's row in `users`.

mod ending;
mod seeing;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    id::{LiveSessionId, UserId},
    live::{
        EndedSession, Heartbeat, LiveSession, LiveSessions, OpenSession, SESSION_MAX, SILENCE_MAX, SessionEnd,
        SessionSpan, Sighting, Signs, StartedSession,
    },
    money::Diamonds,
    room::RoomId,
    store::StoreError,
    time::{BusinessCalendar, Window},
};

use crate::{
    error::{read_error, unreadable, write_error},
    pool::Database,
    schema::{live_sessions as sessions, users},
};

/// Keeps live sessions on PostgreSQL.
pub struct PgLiveSessions {
    database: Database,
    calendar: BusinessCalendar,
}

impl PgLiveSessions {
    /// The live sessions of this database, where totals of gifts are kept in this calendar.
    #[must_use]
    pub const fn new(database: Database, calendar: BusinessCalendar) -> Self {
        Self { database, calendar }
    }
}

/// The columns of a session, as [`Row`] reads them.
const COLUMNS: Columns = (
    sessions::id,
    sessions::host_id,
    sessions::room_id,
    sessions::start_time,
    sessions::last_sign_at,
    sessions::end_time,
    (sessions::duration_seconds, sessions::total_income, sessions::total_viewers),
    sessions::created_at,
);

type Columns = (
    sessions::id,
    sessions::host_id,
    sessions::room_id,
    sessions::start_time,
    sessions::last_sign_at,
    sessions::end_time,
    (sessions::duration_seconds, sessions::total_income, sessions::total_viewers),
    sessions::created_at,
);

type Row =
    (i64, i64, Option<String>, DateTime<Utc>, DateTime<Utc>, Option<DateTime<Utc>>, (i32, i64, i32), DateTime<Utc>);

fn session(row: Row) -> QueryResult<LiveSession> {
    let (id, host, room, started_at, _, ended_at, (duration_seconds, income, viewers), created_at) = row;
    let income = Diamonds::new(income).map_err(unreadable)?;
    Ok(LiveSession {
        id: LiveSessionId::new(id),
        host: UserId::new(host),
        room: room.as_deref().map(room_id).transpose()?,
        started_at,
        ended: ended_at.map(|at| SessionEnd { at, duration_seconds, income, viewers }),
        created_at,
    })
}

fn room_id(name: &str) -> QueryResult<RoomId> {
    RoomId::parse(name).map_err(unreadable)
}

/// The instants before which a session has had no sign of life for too long, and has begun too long ago, at `now`.
fn horizons(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let before = |length| now.checked_sub_signed(length).unwrap_or(DateTime::<Utc>::MIN_UTC);
    (before(SILENCE_MAX), before(SESSION_MAX))
}

async fn start(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    (host, room): (UserId, Option<&RoomId>),
    at: DateTime<Utc>,
) -> QueryResult<StartedSession> {
    // Two at once begin one after the other, so that the later one finds and ends the earlier one.
    users::table.find(host.value()).select(users::id).for_no_key_update().first::<i64>(connection).await?;
    let open: Option<Row> = sessions::table
        .filter(sessions::host_id.eq(host.value()))
        .filter(sessions::end_time.is_null())
        .select(COLUMNS)
        .for_no_key_update()
        .first(connection)
        .await
        .optional()?;
    let replaced = match open {
        Some(row) => Some(ending::end(connection, calendar, row, at).await?),
        None => None,
    };
    let row: Row = diesel::insert_into(sessions::table)
        .values((
            sessions::host_id.eq(host.value()),
            sessions::room_id.eq(room.map(RoomId::as_str)),
            sessions::start_time.eq(at),
            sessions::last_sign_at.eq(at),
            sessions::created_at.eq(at),
        ))
        .returning(COLUMNS)
        .get_result(connection)
        .await?;
    Ok(StartedSession { session: session(row)?, replaced })
}

async fn end(
    connection: &mut AsyncPgConnection,
    calendar: BusinessCalendar,
    (id, host): (LiveSessionId, UserId),
    at: DateTime<Utc>,
) -> QueryResult<Option<EndedSession>> {
    // No membership of hers begins or ends while her session is counted (docs/adr/0014-agency-figures.md).
    users::table.find(host.value()).select(users::id).for_key_share().first::<i64>(connection).await.optional()?;
    let row: Option<Row> = sessions::table
        .find(id.value())
        .filter(sessions::host_id.eq(host.value()))
        .select(COLUMNS)
        .for_no_key_update()
        .first(connection)
        .await
        .optional()?;
    Ok(match row {
        None => None,
        Some(row) if row.5.is_some() => Some(EndedSession { session: session(row)?, is_new: false }),
        Some(row) => Some(EndedSession { session: ending::end(connection, calendar, row, at).await?, is_new: true }),
    })
}

#[async_trait]
impl LiveSessions for PgLiveSessions {
    async fn start(&self, host: UserId, room: Option<RoomId>, at: DateTime<Utc>) -> Result<StartedSession, StoreError> {
        let calendar = self.calendar;
        self.database
            .atomically_once(async |connection: &mut AsyncPgConnection| {
                start(connection, calendar, (host, room.as_ref()), at).await
            })
            .await
    }

    async fn end(
        &self,
        id: LiveSessionId,
        host: UserId,
        at: DateTime<Utc>,
    ) -> Result<Option<EndedSession>, StoreError> {
        let calendar = self.calendar;
        self.database
            .atomically(async |connection: &mut AsyncPgConnection| end(connection, calendar, (id, host), at).await)
            .await
    }

    async fn beat(&self, id: LiveSessionId, host: UserId, at: DateTime<Utc>) -> Result<Heartbeat, StoreError> {
        let mut connection = self.database.connection().await?;
        if seeing::beat(&mut connection, id, host, at).await.map_err(write_error)? {
            return Ok(Heartbeat::Alive);
        }
        let own = sessions::table.find(id.value()).filter(sessions::host_id.eq(host.value()));
        let known: Option<i64> =
            own.select(sessions::id).first(&mut connection).await.optional().map_err(read_error)?;
        Ok(if known.is_some() { Heartbeat::Over } else { Heartbeat::Unknown })
    }

    async fn seen(&self, sightings: &[Sighting]) -> Result<(), StoreError> {
        // One after the other, and not in one transaction: they lock sessions differently, each in the same order.
        self.database
            .atomically(async |connection: &mut AsyncPgConnection| seeing::view(connection, sightings).await)
            .await?;
        self.database
            .atomically(async |connection: &mut AsyncPgConnection| seeing::sign(connection, sightings).await)
            .await
    }

    async fn open(&self, limit: u32) -> Result<Vec<OpenSession>, StoreError> {
        let mut connection = self.database.connection().await?;
        let rows: Vec<(i64, i64, Option<String>)> = sessions::table
            .filter(sessions::end_time.is_null())
            .order(sessions::id)
            .limit(i64::from(limit))
            .select((sessions::id, sessions::host_id, sessions::room_id))
            .load(&mut connection)
            .await
            .map_err(read_error)?;
        let open = |(id, host, room): (i64, i64, Option<String>)| {
            let room = room.as_deref().map(room_id).transpose().map_err(read_error)?;
            Ok(OpenSession { id: LiveSessionId::new(id), host: UserId::new(host), room })
        };
        rows.into_iter().map(open).collect()
    }

    async fn end_abandoned(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<LiveSession>, StoreError> {
        let calendar = self.calendar;
        let mut ended = Vec::new();
        for _ in 0..limit {
            let one = self
                .database
                .atomically_once(async |connection: &mut AsyncPgConnection| {
                    ending::end_abandoned(connection, calendar, now).await
                })
                .await;
            match one {
                Ok(Some(session)) => ended.push(session),
                Ok(None) => break,
                Err(error) if ended.is_empty() => return Err(error),
                // Those that have ended are to be told; the others end the next time.
                Err(error) => {
                    tracing::warn!(%error, "an abandoned session is not ended yet");
                    break;
                }
            }
        }
        Ok(ended)
    }

    async fn spans(&self, host: UserId, window: Window) -> Result<Vec<SessionSpan>, StoreError> {
        let mut connection = self.database.connection().await?;
        let mut spans = sessions::table
            .filter(sessions::host_id.eq(host.value()))
            .order(sessions::start_time)
            .select((sessions::start_time, sessions::last_sign_at, sessions::end_time))
            .into_boxed();
        if let Some(start) = window.start {
            // No session is longer: the index has not to be read from its beginning.
            spans = spans
                .filter(sessions::start_time.gt(horizons(start).1))
                .filter(sessions::end_time.is_null().or(sessions::end_time.gt(start)));
        }
        if let Some(end) = window.end {
            spans = spans.filter(sessions::start_time.lt(end));
        }
        let rows: Vec<(DateTime<Utc>, DateTime<Utc>, Option<DateTime<Utc>>)> =
            spans.load(&mut connection).await.map_err(read_error)?;
        let span =
            |(started_at, last_sign_at, ended_at)| SessionSpan { signs: Signs { started_at, last_sign_at }, ended_at };
        Ok(rows.into_iter().map(span).collect())
    }
}
