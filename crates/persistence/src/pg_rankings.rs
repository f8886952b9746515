//! Rankings, read from the totals by their indexes: fans in their order, hosts by the steps of their coins.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName, sql_query,
    sql_types::{BigInt, Integer, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    id::UserId,
    money::AMOUNT_MAX,
    page::Limit,
    ranking::{Board, RankCursor, Ranked, Rankings, Standing},
    store::StoreError,
    time::{Period, Span},
    user::AvatarPath,
};

use crate::{error::read_error, pg_gift_history::coins, pg_totals, pool::Database};

/// Reads rankings from PostgreSQL.
pub struct PgRankings {
    database: Database,
}

impl PgRankings {
    /// The rankings of this database.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

/// Where a ranking stands.
struct Place {
    table: &'static str,
    /// The column of who is ranked.
    user: &'static str,
    /// What picks the ranking: `$1` is a host, or nobody; `$2` a period, `$3` the start of the span.
    board: String,
    /// The column of the coins.
    coins: String,
    host: Option<UserId>,
    /// Whether the index has the steps of the coins (`host_totals_ranking_idx`), and not the coins.
    is_by_steps: bool,
}

/// The step of the coins of the entry before the page; as in `host_totals.coins_step`.
const STEP: &str = "length($4::bigint::text) * 100 + left($4::bigint::text, 2)::integer";

impl Place {
    fn new(board: Board, period: Period) -> Self {
        match board {
            Board::Hosts => Self {
                table: "host_totals",
                user: "host_id",
                board: "$1::bigint IS NULL AND t.period = $2 AND t.starts_at = $3".to_owned(),
                coins: "coins".to_owned(),
                host: None,
                is_by_steps: true,
            },
            Board::FansOf(host) => {
                let span = pg_totals::fan_span(period);
                // Of all time there is but one span.
                let start =
                    if period == Period::All { "$3::timestamptz".to_owned() } else { format!("t.{span}_starts_at") };
                Self {
                    table: "fan_totals",
                    user: "fan_id",
                    board: format!("t.host_id = $1 AND $2::text IS NOT NULL AND {start} = $3"),
                    coins: format!("{span}_coins"),
                    host: Some(host),
                    is_by_steps: false,
                }
            }
        }
    }

    /// `$4` to `$6` are the coins, the instant and the id of the entry before the page.
    fn top(&self) -> String {
        let Self { table, user, board, coins, .. } = self;
        let behind = format!(
            "{board} AND t.{coins} <= $4
                AND (t.{coins} < $4 OR t.reached_at > $5 OR (t.reached_at = $5 AND t.{user} > $6))"
        );
        // Down to the step of the last one on the page.
        let within = if self.is_by_steps {
            format!(
                "AND t.coins_step <= {STEP} AND t.coins_step >= COALESCE(
                    (SELECT t.coins_step FROM {table} t WHERE {behind} AND t.coins_step <= {STEP}
                      ORDER BY t.coins_step DESC OFFSET $7 - 1 LIMIT 1), 0)"
            )
        } else {
            String::new()
        };
        format!(
            "SELECT t.user_id, u.name, u.avatar_url, u.level, t.coins, t.reached_at
               FROM (SELECT t.{user} AS user_id, t.{coins} AS coins, t.reached_at
                       FROM {table} t WHERE {behind} {within}
                      ORDER BY t.{coins} DESC, t.reached_at, t.{user} LIMIT $7) t
              CROSS JOIN LATERAL
                    -- By its key, row by row: for a page of a ranking nobody reads all users.
                    (SELECT name, avatar_url, level FROM users WHERE id = t.user_id OFFSET 0) u
              ORDER BY t.coins DESC, t.reached_at, t.user_id"
        )
    }

    /// `$4` is who asks, `$5` how many ahead of him are counted at most.
    fn standing(&self) -> String {
        let Self { table, user, board, coins, .. } = self;
        let within = if self.is_by_steps { "AND t.coins_step >= own.coins_step" } else { "" };
        let earlier = format!("(t.reached_at, t.{user}) < (own.reached_at, own.{user})");
        let count = |ahead: String| {
            format!(
                "(SELECT COUNT(*) FROM (SELECT 1 FROM {table} t WHERE {board} AND {ahead} {within} LIMIT $5) AS ahead)"
            )
        };
        // The index of fans ends with the coins: those with more are counted in it alone, and only rows with as many are looked at.
        // That of hosts has steps, whose rows are looked at anyway.
        let ahead = if self.is_by_steps {
            count(format!("t.{coins} >= own.{coins} AND (t.{coins} > own.{coins} OR {earlier})"))
        } else {
            let more = count(format!("t.{coins} > own.{coins}"));
            format!("LEAST({more} + {}, $5)", count(format!("t.{coins} = own.{coins} AND {earlier}")))
        };
        format!(
            "SELECT own.{coins} AS coins, {ahead} AS ahead FROM {table} own WHERE {own} AND own.{user} = $4",
            own = board.replace("t.", "own.")
        )
    }
}

#[derive(QueryableByName)]
struct RankedRow {
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    avatar_url: Option<String>,
    #[diesel(sql_type = Integer)]
    level: i32,
    #[diesel(sql_type = BigInt)]
    coins: i64,
    #[diesel(sql_type = Timestamptz)]
    reached_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct StandingRow {
    #[diesel(sql_type = BigInt)]
    coins: i64,
    #[diesel(sql_type = BigInt)]
    ahead: i64,
}

#[async_trait]
impl Rankings for PgRankings {
    async fn top(
        &self,
        board: Board,
        span: Span,
        limit: Limit,
        after: Option<RankCursor>,
    ) -> Result<Vec<Ranked>, StoreError> {
        let mut connection = self.database.with_totals().await?;
        let place = Place::new(board, span.period);
        // Before the first page nobody has more.
        let (most, reached_at, user_id) = after.map_or((AMOUNT_MAX, DateTime::UNIX_EPOCH, 0), |after| {
            (after.coins.value(), after.reached_at, after.user_id.value())
        });
        let rows: Vec<RankedRow> = sql_query(place.top())
            .bind::<Nullable<BigInt>, _>(place.host.map(UserId::value))
            .bind::<Text, _>(span.period.word())
            .bind::<Timestamptz, _>(span.starts_at())
            .bind::<BigInt, _>(most)
            .bind::<Timestamptz, _>(reached_at)
            .bind::<BigInt, _>(user_id)
            .bind::<BigInt, _>(i64::from(limit.items()).saturating_add(1))
            .load(&mut connection)
            .await
            .map_err(read_error)?;
        let ranked = |row: RankedRow| {
            Ok(Ranked {
                user_id: UserId::new(row.user_id),
                name: row.name,
                avatar: row.avatar_url.map(AvatarPath::new),
                level: row.level,
                coins: coins(row.coins)?,
                reached_at: row.reached_at,
            })
        };
        rows.into_iter().map(ranked).collect()
    }

    async fn standing(
        &self,
        board: Board,
        span: Span,
        user: UserId,
        ahead_max: u32,
    ) -> Result<Option<Standing>, StoreError> {
        let mut connection = self.database.with_totals().await?;
        let place = Place::new(board, span.period);
        let row: Option<StandingRow> = sql_query(place.standing())
            .bind::<Nullable<BigInt>, _>(place.host.map(UserId::value))
            .bind::<Text, _>(span.period.word())
            .bind::<Timestamptz, _>(span.starts_at())
            .bind::<BigInt, _>(user.value())
            .bind::<BigInt, _>(i64::from(ahead_max))
            .get_result(&mut connection)
            .await
            .optional()
            .map_err(read_error)?;
        row.map(|row| Ok(Standing { ahead: u32::try_from(row.ahead).unwrap_or(ahead_max), coins: coins(row.coins)? }))
            .transpose()
    }
}
