-- A fan's row and its indexes, smaller: a gift writes them all. The last coins of every span came with the same gift, so one
-- instant serves them all; and the indexes of the rankings end with the coins. Equal coins share an entry
-- there, and rankings sort them by the instant themselves.
LOCK TABLE fan_totals; -- nothing is added meanwhile
CREATE TEMP TABLE fans_before ON COMMIT DROP AS SELECT * FROM fan_totals;
DROP TABLE fan_totals;
CREATE TABLE fan_totals (
  host_id bigint NOT NULL, -- neither host nor fan has a foreign key: the gifts that this is made of have them
  fan_id bigint NOT NULL,
  hour_starts_at timestamptz NOT NULL,
  hour_coins bigint NOT NULL,
  day_starts_at timestamptz NOT NULL,
  day_coins bigint NOT NULL,
  week_starts_at timestamptz NOT NULL,
  week_coins bigint NOT NULL,
  month_starts_at timestamptz NOT NULL,
  month_coins bigint NOT NULL,
  all_coins bigint NOT NULL,
  reached_at timestamptz NOT NULL, -- when the last of these coins came: who got there first ranks first
  CONSTRAINT fan_totals_pkey PRIMARY KEY (host_id, fan_id),
  CONSTRAINT fan_totals_coins_within_range -- one rule for all: each is read anew by every statement
    CHECK (LEAST(hour_coins, day_coins, week_coins, month_coins, all_coins) >= 1
      AND GREATEST(hour_coins, day_coins, week_coins, month_coins, all_coins) <= 9007199254740991)
) WITH (fillfactor = 80);
INSERT INTO fan_totals
SELECT host_id, fan_id, hour_starts_at, hour_coins, day_starts_at, day_coins, week_starts_at, week_coins, month_starts_at,
       month_coins, all_coins, all_reached_at
  FROM fans_before;
CREATE INDEX fan_totals_hour_idx ON fan_totals (host_id, hour_starts_at, hour_coins DESC);
CREATE INDEX fan_totals_day_idx ON fan_totals (host_id, day_starts_at, day_coins DESC);
CREATE INDEX fan_totals_week_idx ON fan_totals (host_id, week_starts_at, week_coins DESC);
CREATE INDEX fan_totals_month_idx ON fan_totals (host_id, month_starts_at, month_coins DESC);
CREATE INDEX fan_totals_all_idx ON fan_totals (host_id, all_coins DESC);
