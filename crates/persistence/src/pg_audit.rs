//! The proof of the books.

use async_trait::async_trait;
use diesel::sql_query;
use diesel_async::RunQueryDsl as _;
use domain::{
    store::StoreError,
    time::BusinessCalendar,
    wallet::{Discrepancy, MoneyAudit},
};

use crate::{
    error::read_error,
    pg_totals::{self, Row},
    pool::Database,
};

/// Proves the books on PostgreSQL.
pub struct PgMoneyAudit {
    database: Database,
    calendar: BusinessCalendar,
}

impl PgMoneyAudit {
    /// The audit of this database, whose totals are kept in this calendar.
    #[must_use]
    pub const fn new(database: Database, calendar: BusinessCalendar) -> Self {
        Self { database, calendar }
    }
}

/// Everything that must not be in the books themselves. Outcomes, which are kept as text, are taken apart once where there are many
/// (`OFFSET 0` keeps PostgreSQL from doing it for each member anew).
const DISCREPANCIES: &str = "
WITH coins AS (
  SELECT user_id, SUM(amount)::bigint AS amount FROM ledger_entries WHERE account = 'user_coins' GROUP BY user_id
), taken AS (
  SELECT COALESCE('exchange ' || exchange_id, 'income ' || id) AS subject, COUNT(*) AS count, MIN(host_id) AS host_id,
         SUM(income)::bigint AS amount, MIN(type) AS type, MIN(created_at) AS created_at
    FROM diamond_movements WHERE type = 'exchange' OR exchange_id IS NOT NULL GROUP BY 1
), given AS (
  SELECT COALESCE('exchange ' || exchange_id, 'movement ' || id) AS subject, COUNT(*) AS count, MIN(user_id) AS host_id,
         SUM(amount)::bigint AS amount, MIN(kind) AS type, MIN(created_at) AS created_at
    FROM coin_movements WHERE kind = 'exchange' OR exchange_id IS NOT NULL GROUP BY 1
), exchanged AS (
  SELECT 'exchange ' || id AS subject, host_id, diamonds, coins, created_at FROM exchanges
), paid AS (
  SELECT COALESCE('salary request ' || salary_request_id, 'income ' || id) AS subject, COUNT(*) AS count,
         MIN(host_id) AS host_id, SUM(income)::bigint AS amount, MIN(type) AS type, MIN(created_at) AS created_at
    FROM diamond_movements WHERE type = 'salary' OR salary_request_id IS NOT NULL GROUP BY 1
), approved AS (
  SELECT 'salary request ' || id AS subject, host_id, salary_amount, decided_at
    FROM salary_requests WHERE status = 'approved'
), receipts AS (
  SELECT operation, COALESCE(outcome -> 'sent' ->> 'gift_id', outcome -> 'granted' ->> 'movement_id',
                             outcome -> 'corrected' ->> 'movement_id', outcome -> 'exchanged' ->> 'exchange_id')::bigint AS id
    FROM (SELECT operation, outcome::jsonb FROM idempotency_keys OFFSET 0) k
), counted AS (
  SELECT host_id, monday, gift_diamonds,
         (SELECT COALESCE(SUM((gift ->> 'diamonds')::bigint), 0)::bigint
            FROM jsonb_array_elements(inputs -> 'gifts') gift) AS gifts
    FROM salary_statements
)
SELECT 'balance equals movements minus gifts' AS proof, 'user ' || u.id AS subject,
       u.balance - COALESCE(c.amount, 0) AS difference
  FROM users u LEFT JOIN coins c ON c.user_id = u.id WHERE u.balance <> COALESCE(c.amount, 0)
UNION ALL
SELECT 'a gift is split exactly', 'gift ' || id, host_income - total_cost * host_share_bp / 10000
  FROM gifts WHERE host_income <> total_cost * host_share_bp / 10000
UNION ALL
SELECT 'diamonds are never overdrawn', 'user ' || host_id, SUM(income)::bigint
  FROM host_income GROUP BY host_id HAVING SUM(income) < 0
UNION ALL
SELECT 'a sent gift has one key', 'gift ' || g.id, COUNT(k.key) - 1
  FROM gifts g
  LEFT JOIN (SELECT actor_id, key, outcome::jsonb FROM idempotency_keys WHERE operation = 'gift' OFFSET 0) k
    ON k.actor_id = g.sender_id AND (k.outcome -> 'sent' ->> 'gift_id')::bigint = g.id
   AND (k.outcome -> 'sent' ->> 'total')::bigint = g.total_cost
   AND (k.outcome -> 'sent' ->> 'host_income')::bigint = g.host_income
   AND (k.outcome -> 'sent' ->> 'quantity')::integer = g.quantity
   AND (k.outcome -> 'sent' ->> 'created_at')::timestamptz = g.created_at
 GROUP BY g.id HAVING COUNT(k.key) <> 1
UNION ALL
SELECT 'a ' || m.kind || ' has its key', 'movement ' || m.id, COUNT(k.key) - 1
  FROM coin_movements m LEFT JOIN idempotency_keys k
    ON k.actor_id = COALESCE(m.actor_id, 0) AND k.key = m.reference AND k.operation = m.kind
   AND (k.outcome -> CASE m.kind WHEN 'grant' THEN 'granted' ELSE 'corrected' END ->> 'movement_id')::bigint = m.id
 WHERE m.kind IN ('grant', 'correction') GROUP BY m.id HAVING COUNT(k.key) <> 1
UNION ALL
SELECT 'a kept receipt has its row', r.operation || ' ' || r.id, -1
  FROM receipts r LEFT JOIN gifts g ON g.id = r.id WHERE r.operation = 'gift' AND r.id IS NOT NULL AND g.id IS NULL
UNION ALL
SELECT 'a kept receipt has its row', r.operation || ' ' || r.id, -1
  FROM receipts r LEFT JOIN coin_movements m ON m.id = r.id AND m.kind = r.operation
 WHERE r.operation IN ('grant', 'correction') AND r.id IS NOT NULL AND m.id IS NULL
UNION ALL
SELECT 'a kept receipt has its row', r.operation || ' ' || r.id, -1
  FROM receipts r LEFT JOIN exchanges e ON e.id = r.id
 WHERE r.operation = 'exchange' AND r.id IS NOT NULL AND e.id IS NULL
UNION ALL
SELECT 'an exchange takes exactly its diamonds', COALESCE(e.subject, t.subject),
       COALESCE(t.amount, 0) + COALESCE(e.diamonds, 0)
  FROM exchanged e FULL JOIN taken t ON t.subject = e.subject
 WHERE (t.count, t.host_id, t.amount, t.type, t.created_at)
       IS DISTINCT FROM (1, e.host_id, -e.diamonds, 'exchange', e.created_at)
UNION ALL
SELECT 'an exchange gives exactly its coins', COALESCE(e.subject, g.subject),
       COALESCE(g.amount, 0) - COALESCE(e.coins, 0)
  FROM exchanged e FULL JOIN given g ON g.subject = e.subject
 WHERE (g.count, g.host_id, g.amount, g.type, g.created_at)
       IS DISTINCT FROM (1, e.host_id, e.coins, 'exchange', e.created_at)
UNION ALL
SELECT 'an exchange is rated exactly', 'exchange ' || id, (coins - div(diamonds::numeric * rate_bp, 10000))::bigint
  FROM exchanges WHERE coins <> div(diamonds::numeric * rate_bp, 10000)
UNION ALL
SELECT 'an exchange has one key', 'exchange ' || e.id, COUNT(k.key) - 1
  FROM exchanges e LEFT JOIN idempotency_keys k
    ON k.actor_id = e.host_id AND k.operation = 'exchange'
   AND (k.outcome -> 'exchanged' ->> 'exchange_id')::bigint = e.id
   AND (k.outcome -> 'exchanged' ->> 'diamonds')::bigint = e.diamonds
   AND (k.outcome -> 'exchanged' ->> 'coins')::bigint = e.coins
 GROUP BY e.id HAVING COUNT(k.key) <> 1
UNION ALL
SELECT 'an approved salary is paid exactly once', COALESCE(a.subject, p.subject),
       COALESCE(p.amount, 0) - COALESCE(a.salary_amount, 0)
  FROM approved a FULL JOIN paid p ON p.subject = a.subject
 WHERE (p.count, p.host_id, p.amount, p.type, p.created_at)
       IS DISTINCT FROM (1, a.host_id, a.salary_amount, 'salary', a.decided_at)
UNION ALL
SELECT 'a salary is what its statement says',
       'host ' || COALESCE(r.host_id, s.host_id) || ' week of ' || COALESCE(r.monday, s.monday),
       COALESCE(r.salary_amount, 0) - COALESCE(s.salary_amount, 0)
  FROM salary_requests r FULL JOIN salary_statements s ON s.host_id = r.host_id AND s.monday = r.monday
 WHERE (r.id IS NOT NULL OR s.salary_amount > 0)
   AND (r.agency_id, r.salary_amount, r.total_lives) IS DISTINCT FROM (s.agency_id, s.salary_amount, s.total_lives)
UNION ALL
SELECT 'a statement counts exactly its gifts', 'host ' || host_id || ' week of ' || monday, gift_diamonds - gifts
  FROM counted WHERE gift_diamonds <> gifts
UNION ALL
SELECT 'a decided salary has one key', 'salary request ' || r.id, COUNT(k.key) - 1
  FROM salary_requests r LEFT JOIN idempotency_keys k
    ON k.actor_id = r.decided_by AND k.operation = 'salary'
   AND (k.outcome -> 'decided' ->> 'request_id')::bigint = r.id
   AND k.outcome -> 'decided' ->> 'status' = r.status
 WHERE r.status <> 'pending' GROUP BY r.id HAVING COUNT(k.key) <> 1
UNION ALL
SELECT 'a gift is between two users', 'gift ' || g.id, -1
  FROM gifts g LEFT JOIN users sender ON sender.id = g.sender_id LEFT JOIN users receiver ON receiver.id = g.receiver_id
 WHERE sender.id IS NULL OR receiver.id IS NULL
UNION ALL
SELECT 'a user has one id', 'user ' || COALESCE(u.id, i.id), CASE WHEN u.id IS NULL THEN 1 ELSE -1 END
  FROM users u FULL JOIN user_ids i ON i.id = u.id WHERE u.id IS NULL OR i.id IS NULL
UNION ALL
SELECT 'a gift is rolled up once', 'gift ' || pending.id, COUNT(*) - COUNT(DISTINCT g.id)
  FROM (SELECT unnest(gift_ids) AS id FROM pending_rollups) pending LEFT JOIN gifts g USING (id)
 GROUP BY pending.id HAVING COUNT(*) <> 1 OR COUNT(g.id) <> 1
UNION ALL
SELECT 'entries add up to zero', currency, SUM(amount)::bigint
  FROM ledger_entries GROUP BY currency HAVING SUM(amount) <> 0
ORDER BY 1, 2";

#[async_trait]
impl MoneyAudit for PgMoneyAudit {
    async fn discrepancies(&self) -> Result<Vec<Discrepancy>, StoreError> {
        let mut connection = self.database.connection().await?;
        let calendar = self.calendar;
        connection
            .build_transaction()
            .read_only()
            // All proofs see the same snapshot.
            .repeatable_read()
            .run(async |connection| {
                pg_totals::take_time(connection).await?;
                let rows: Vec<Row> = sql_query(DISCREPANCIES).load(connection).await?;
                let totals = pg_totals::differences(connection, calendar).await?;
                Ok(rows.into_iter().map(Discrepancy::from).chain(totals).collect())
            })
            .await
            .map_err(read_error)
    }
}
