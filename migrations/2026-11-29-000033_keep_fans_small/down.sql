LOCK TABLE fan_totals; -- nothing is added meanwhile
CREATE TEMP TABLE fans_before ON COMMIT DROP AS SELECT * FROM fan_totals;
DROP TABLE fan_totals;
CREATE TABLE fan_totals (
  host_id bigint NOT NULL,
  fan_id bigint NOT NULL,
  hour_starts_at timestamptz NOT NULL,
  hour_coins bigint NOT NULL,
  hour_reached_at timestamptz NOT NULL,
  day_starts_at timestamptz NOT NULL,
  day_coins bigint NOT NULL,
  day_reached_at timestamptz NOT NULL,
  week_starts_at timestamptz NOT NULL,
  week_coins bigint NOT NULL,
  week_reached_at timestamptz NOT NULL,
  month_starts_at timestamptz NOT NULL,
  month_coins bigint NOT NULL,
  month_reached_at timestamptz NOT NULL,
  all_coins bigint NOT NULL,
  all_reached_at timestamptz NOT NULL,
  CONSTRAINT fan_totals_pkey PRIMARY KEY (host_id, fan_id),
  CONSTRAINT fan_totals_hour_coins_within_range CHECK (hour_coins BETWEEN 1 AND 9007199254740991),
  CONSTRAINT fan_totals_day_coins_within_range CHECK (day_coins BETWEEN 1 AND 9007199254740991),
  CONSTRAINT fan_totals_week_coins_within_range CHECK (week_coins BETWEEN 1 AND 9007199254740991),
  CONSTRAINT fan_totals_month_coins_within_range CHECK (month_coins BETWEEN 1 AND 9007199254740991),
  CONSTRAINT fan_totals_all_coins_within_range CHECK (all_coins BETWEEN 1 AND 9007199254740991)
) WITH (fillfactor = 80);
INSERT INTO fan_totals
SELECT host_id, fan_id, hour_starts_at, hour_coins, reached_at, day_starts_at, day_coins, reached_at, week_starts_at, week_coins,
       reached_at, month_starts_at, month_coins, reached_at, all_coins, reached_at
  FROM fans_before;
CREATE INDEX fan_totals_hour_idx ON fan_totals (host_id, hour_starts_at, hour_coins DESC, hour_reached_at, fan_id);
CREATE INDEX fan_totals_day_idx ON fan_totals (host_id, day_starts_at, day_coins DESC, day_reached_at, fan_id);
CREATE INDEX fan_totals_week_idx ON fan_totals (host_id, week_starts_at, week_coins DESC, week_reached_at, fan_id);
CREATE INDEX fan_totals_month_idx ON fan_totals (host_id, month_starts_at, month_coins DESC, month_reached_at, fan_id);
CREATE INDEX fan_totals_all_idx ON fan_totals (host_id, all_coins DESC, all_reached_at, fan_id);
