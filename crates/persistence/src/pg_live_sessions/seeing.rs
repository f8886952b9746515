//! Signs of life: of sessions by their heartbeats, of everybody who was seen in a room.

use chrono::{DateTime, Utc};
use diesel::{
    QueryResult, sql_query,
    sql_types::{Array, BigInt, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use domain::{
    id::{LiveSessionId, UserId},
    live::Sighting,
};

use super::horizons;

/// What was seen: `$1` rooms, `$2` users, `$3` instants, `$4` and `$5` their horizons.
///
/// The sessions are locked in one order for all servers, so that none waits for another in a circle; and against their end,
/// which counts everybody who is noted, or nobody is noted any more.
fn places(whose: &str, strength: &str) -> String {
    format!(
        "WITH sightings AS (
           SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[])
             AS sighting (room_id, user_id, at, silent, stale)
         ), open AS MATERIALIZED (
           SELECT id, host_id, room_id, start_time, last_sign_at FROM live_sessions
            WHERE room_id = ANY ($1) AND end_time IS NULL {whose} ORDER BY id FOR {strength}
         ), places AS (
           SELECT o.id, o.host_id, v.user_id, MAX(v.at) AS at
             FROM sightings v JOIN open o USING (room_id)
            WHERE o.start_time <= v.at AND o.last_sign_at > v.silent AND o.start_time > v.stale
            GROUP BY o.id, o.host_id, v.user_id
         )"
    )
}

/// Notes users as viewers of what goes on where they are.
pub(super) async fn view(connection: &mut AsyncPgConnection, sightings: &[Sighting]) -> QueryResult<()> {
    let insert = "INSERT INTO live_session_viewers (session_id, user_id)
                  SELECT id, user_id FROM places WHERE user_id <> host_id ORDER BY id, user_id
                      ON CONFLICT ON CONSTRAINT live_session_viewers_pkey DO NOTHING";
    note(connection, sightings, format!("{} {insert}", places("", "SHARE"))).await
}

/// Notes signs of life of hosts who are where they are live.
pub(super) async fn sign(connection: &mut AsyncPgConnection, sightings: &[Sighting]) -> QueryResult<()> {
    let update = "UPDATE live_sessions s SET last_sign_at = GREATEST(s.last_sign_at, p.at)
                    FROM places p WHERE p.id = s.id AND p.user_id = s.host_id";
    let own = places("AND host_id = ANY ($2)", "NO KEY UPDATE");
    note(connection, sightings, format!("{own} {update}")).await
}

async fn note(connection: &mut AsyncPgConnection, sightings: &[Sighting], statement: String) -> QueryResult<()> {
    let rooms: Vec<&str> = sightings.iter().map(|sighting| sighting.room.as_str()).collect();
    let users: Vec<i64> = sightings.iter().map(|sighting| sighting.user.value()).collect();
    let instants: Vec<DateTime<Utc>> = sightings.iter().map(|sighting| sighting.at).collect();
    let (silent, stale): (Vec<_>, Vec<_>) = instants.iter().copied().map(horizons).unzip();
    sql_query(statement)
        .bind::<Array<Text>, _>(&rooms)
        .bind::<Array<BigInt>, _>(&users)
        .bind::<Array<Timestamptz>, _>(&instants)
        .bind::<Array<Timestamptz>, _>(&silent)
        .bind::<Array<Timestamptz>, _>(&stale)
        .execute(connection)
        .await
        .map(drop)
}

/// Notes the sign of life of one session; whether it goes on.
pub(super) async fn beat(
    connection: &mut AsyncPgConnection,
    id: LiveSessionId,
    host: UserId,
    at: DateTime<Utc>,
) -> QueryResult<bool> {
    let (silent, stale) = horizons(at);
    let noted = sql_query(
        "UPDATE live_sessions SET last_sign_at = GREATEST(last_sign_at, $3)
          WHERE id = $1 AND host_id = $2 AND end_time IS NULL AND last_sign_at > $4 AND start_time > $5",
    )
    .bind::<BigInt, _>(id.value())
    .bind::<BigInt, _>(host.value())
    .bind::<Timestamptz, _>(at)
    .bind::<Timestamptz, _>(silent)
    .bind::<Timestamptz, _>(stale)
    .execute(connection)
    .await?;
    Ok(noted > 0)
}
