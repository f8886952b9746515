//! The statements of a roll-up.

/// Notes gifts, by the spans that they lie in.
pub(super) const NOTE: &str = "
INSERT INTO pending_rollups (hour_starts_at, day_starts_at, week_starts_at, month_starts_at, gift_ids)
SELECT (?::timestamptz[])[place], (?::timestamptz[])[place], (?::timestamptz[])[place], (?::timestamptz[])[place],
       array_agg(id)
  FROM unnest(?::bigint[], ?::integer[]) AS gift (id, place) GROUP BY place ORDER BY place";

/// Whether the totals lack anything, and whether this session may only read.
pub(super) const IS_PENDING: &str = "
SELECT EXISTS (SELECT FROM pending_rollups), current_setting('transaction_read_only')::boolean";

/// One roll-up at a time, of all servers: "roll" in ASCII.
pub(crate) const LOCK: &str = "SELECT pg_advisory_xact_lock(1919904876)";

/// What a roll-up sets for itself: plans that look everything up by its key, made when the tables may be empty and kept (facts.rs of the
/// gift ledger tells more). Its commit is as durable as any other: an exchange may have read what it wrote, and be tried again on a
/// database that has forgotten it.
pub(super) const SETTINGS: &str = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off;
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/// Adds the gifts of one hour to the totals of their hosts, of their fans, and of the memberships that cover their instants; answers
/// whether others are pending. The rows come, and so are locked, in the order of hosts or memberships, and of periods or fans.
///
/// Of a fan, a later span takes the place of an earlier one, and gifts of an earlier one that come late are passed over. The last
/// coins of every span came with the same gift, so all of them have one instant.
pub(super) const ROLL_UP: &str = "
WITH batch AS (
  DELETE FROM pending_rollups
   WHERE id = ANY (ARRAY(
     SELECT id FROM (SELECT id, SUM(cardinality(gift_ids)) OVER (ORDER BY id) - cardinality(gift_ids) AS gifts_before
                       FROM (SELECT id, gift_ids FROM pending_rollups
                              WHERE (hour_starts_at, day_starts_at, week_starts_at, month_starts_at)
                                    = (SELECT hour_starts_at, day_starts_at, week_starts_at, month_starts_at
                                         FROM pending_rollups ORDER BY id LIMIT 1)
                              ORDER BY id LIMIT ?) AS oldest) AS note
      WHERE gifts_before < ?))
  RETURNING *
), span AS (
  SELECT DISTINCT hour_starts_at, day_starts_at, week_starts_at, month_starts_at FROM batch
), period AS (
  SELECT place, period, starts_at
    FROM span CROSS JOIN LATERAL
         (VALUES (1, 'hourly', hour_starts_at), (2, 'daily', day_starts_at), (3, 'weekly', week_starts_at),
                 (4, 'monthly', month_starts_at), (5, 'all', 'epoch')) AS each (place, period, starts_at)
), gift AS MATERIALIZED (
  SELECT g.receiver_id AS host_id, g.sender_id AS fan_id, g.total_cost AS coins, g.host_income AS income, g.category, g.created_at
    FROM batch CROSS JOIN LATERAL unnest(batch.gift_ids) AS noted (id) JOIN gifts g ON g.id = noted.id
), hosts AS (
  INSERT INTO host_totals AS t (host_id, period, starts_at, coins, gifts, normal_income, luxury_income, lucky_income,
                                s_lucky_income, reached_at)
  SELECT host_id, period, starts_at, coins, gifts, normal_income, luxury_income, lucky_income, s_lucky_income, reached_at
    FROM (SELECT host_id, SUM(coins)::bigint AS coins, COUNT(*) AS gifts,
                 COALESCE(SUM(income) FILTER (WHERE category = 'normal'), 0)::bigint AS normal_income,
                 COALESCE(SUM(income) FILTER (WHERE category = 'luxury'), 0)::bigint AS luxury_income,
                 COALESCE(SUM(income) FILTER (WHERE category = 'lucky'), 0)::bigint AS lucky_income,
                 COALESCE(SUM(income) FILTER (WHERE category = 's-lucky'), 0)::bigint AS s_lucky_income,
                 MAX(created_at) AS reached_at
            FROM gift GROUP BY host_id) AS host
   CROSS JOIN period
   ORDER BY host_id, place
  ON CONFLICT ON CONSTRAINT host_totals_pkey DO UPDATE SET
    coins = t.coins + EXCLUDED.coins,
    gifts = t.gifts + EXCLUDED.gifts,
    normal_income = t.normal_income + EXCLUDED.normal_income,
    luxury_income = t.luxury_income + EXCLUDED.luxury_income,
    lucky_income = t.lucky_income + EXCLUDED.lucky_income,
    s_lucky_income = t.s_lucky_income + EXCLUDED.s_lucky_income,
    reached_at = GREATEST(t.reached_at, EXCLUDED.reached_at)
), fans AS (
  INSERT INTO fan_totals AS t (host_id, fan_id, hour_starts_at, hour_coins, day_starts_at, day_coins, week_starts_at, week_coins,
                               month_starts_at, month_coins, all_coins, reached_at)
  SELECT host_id, fan_id, hour_starts_at, coins, day_starts_at, coins, week_starts_at, coins, month_starts_at, coins, coins,
         reached_at
    FROM (SELECT host_id, fan_id, SUM(coins)::bigint AS coins, MAX(created_at) AS reached_at
            FROM gift GROUP BY host_id, fan_id) AS fan
   CROSS JOIN span
   ORDER BY host_id, fan_id
  ON CONFLICT ON CONSTRAINT fan_totals_pkey DO UPDATE SET
    hour_starts_at = GREATEST(t.hour_starts_at, EXCLUDED.hour_starts_at),
    hour_coins = CASE WHEN t.hour_starts_at = EXCLUDED.hour_starts_at THEN t.hour_coins + EXCLUDED.hour_coins
                    WHEN t.hour_starts_at < EXCLUDED.hour_starts_at THEN EXCLUDED.hour_coins ELSE t.hour_coins END,
    day_starts_at = GREATEST(t.day_starts_at, EXCLUDED.day_starts_at),
    day_coins = CASE WHEN t.day_starts_at = EXCLUDED.day_starts_at THEN t.day_coins + EXCLUDED.day_coins
                    WHEN t.day_starts_at < EXCLUDED.day_starts_at THEN EXCLUDED.day_coins ELSE t.day_coins END,
    week_starts_at = GREATEST(t.week_starts_at, EXCLUDED.week_starts_at),
    week_coins = CASE WHEN t.week_starts_at = EXCLUDED.week_starts_at THEN t.week_coins + EXCLUDED.week_coins
                    WHEN t.week_starts_at < EXCLUDED.week_starts_at THEN EXCLUDED.week_coins ELSE t.week_coins END,
    month_starts_at = GREATEST(t.month_starts_at, EXCLUDED.month_starts_at),
    month_coins = CASE WHEN t.month_starts_at = EXCLUDED.month_starts_at THEN t.month_coins + EXCLUDED.month_coins
                    WHEN t.month_starts_at < EXCLUDED.month_starts_at THEN EXCLUDED.month_coins ELSE t.month_coins END,
    all_coins = t.all_coins + EXCLUDED.all_coins,
    reached_at = GREATEST(t.reached_at, EXCLUDED.reached_at)
), memberships_of_hosts AS (
  INSERT INTO membership_totals AS t (membership_id, host_id, agency_id, period, starts_at, income)
  SELECT membership_id, host_id, agency_id, period, starts_at, income
    FROM (SELECT m.id AS membership_id, m.host_id, m.agency_id, SUM(gift.income)::bigint AS income
            FROM gift JOIN memberships m
              ON m.host_id = gift.host_id AND m.starts_at <= gift.created_at
                 AND (m.ends_at IS NULL OR m.ends_at > gift.created_at)
           WHERE gift.income > 0 -- what brings nothing leaves no row
           GROUP BY m.id) AS membership
   CROSS JOIN period WHERE period <> 'hourly'
   ORDER BY membership_id, place
  ON CONFLICT ON CONSTRAINT membership_totals_pkey DO UPDATE SET income = t.income + EXCLUDED.income
)
SELECT EXISTS (SELECT FROM pending_rollups WHERE id NOT IN (SELECT id FROM batch))";
